// For tests: a mounted power-loss file system over an empty temporary folder, gone with the object.
//
// Use with `*boost::unit_test::precondition(fuse_possible)`: without FUSE a case is skipped, never passed.
// Threads: one owner.
#pragma once

#include <liburing.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/storage/operation_list.h"
#include "harness/storage/storage_mount.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {

inline boost::test_tools::assertion_result fuse_possible(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result possible(::access("/dev/fuse", R_OK | W_OK) == 0);
  possible.message() << "/dev/fuse is not usable here";
  return possible;
}

struct MountedFolder {
  MountedFolder() {
    char path[] = "/tmp/crashwright-mounted-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    for (const char* name : {"backing", "mount", "image", "record", "plain"}) {
      ::mkdir((root + "/" + name).c_str(), 0755);
    }
  }
  ~MountedFolder() {
    mount.reset();
    std::filesystem::remove_all(root);
  }

  void start(char profile = 'E', uint64_t seed = 1) {
    StorageOptions options;
    options.backing = root + "/backing";
    options.mount_point = root + "/mount";
    options.record_folder = root + "/record";
    options.profile = profile;
    options.seed = seed;
    options.ack_pipes = ack_pipes;
    options.places = places;
    auto started = StorageMount::start(options);
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    mount = std::move(*started);
    auto opened = StorageRecord::open(root + "/record");
    BOOST_REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
    record = std::move(*opened);
  }

  std::string in_mount(const std::string& name) const { return root + "/mount/" + name; }

  void require_record_equals_folder() {
    const auto same = mount->verify_record();
    BOOST_REQUIRE_MESSAGE(same, (same ? "" : same.error().message));
  }

  std::vector<Operation> operations(OperationKind kind) const {
    std::vector<Operation> found;
    for (const Operation& operation : record->first(record->size())) {
      if (operation.kind == kind) found.push_back(operation);
    }
    return found;
  }

  std::string root;
  std::vector<int> ack_pipes;
  bool places = false;
  std::unique_ptr<StorageMount> mount;
  std::unique_ptr<StorageRecord> record;
};

// One write through io_uring; its result, a negative errno when it failed.
inline int ring_write(int fd, const std::string& text, uint64_t offset, int rw_flags) {
  io_uring ring;
  BOOST_REQUIRE(io_uring_queue_init(4, &ring, 0) == 0);
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring);
  io_uring_prep_write(sqe, fd, text.data(), static_cast<unsigned>(text.size()), offset);
  sqe->rw_flags = rw_flags;
  io_uring_submit(&ring);
  io_uring_cqe* cqe = nullptr;
  BOOST_REQUIRE(io_uring_wait_cqe(&ring, &cqe) == 0);
  const int result = cqe->res;
  io_uring_queue_exit(&ring);
  return result;
}

}  // namespace crashwright::harness
