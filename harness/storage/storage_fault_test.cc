// Goal: each storage fault fires where its trigger says, shows its effect, and says what it did. Method: a real mount,
// rules told to it, and what a program then sees, what the record holds and what a power loss would leave.
#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "harness/storage/mounted_folder.h"
#include "harness/storage/power_loss.h"
#include "harness/storage/storage_fault_rule.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

struct Fixture : MountedFolder {
  Fixture() { start('E', 4); }

  void arm(const std::string& rule) {
    const auto armed = mount->arm(rule);
    BOOST_REQUIRE_MESSAGE(armed, (armed ? "" : armed.error().message));
  }
  std::string faults() const { return mount->faults().value(); }
  UniqueFd open(const std::string& name, int flags = O_RDWR | O_CREAT) const {
    UniqueFd fd(::open(in_mount(name).c_str(), flags, 0644));
    BOOST_REQUIRE(fd.valid());
    return fd;
  }
  // The kernel drops its pages on its own thread: what is there shows soon, not at once.
  void require_content(const std::string& name, const std::string& wanted) const {
    const Deadline deadline(std::chrono::seconds(60));
    while (read_file(in_mount(name)).value() != wanted && !deadline.passed()) ::usleep(1000);
    BOOST_REQUIRE(read_file(in_mount(name)).value() == wanted);
  }
};

int64_t put(const UniqueFd& fd, const std::string& text, off_t offset = 0) {
  const ssize_t result = ::pwrite(fd.get(), text.data(), text.size(), offset);
  return result < 0 ? -errno : result;
}

int outcome(int result) { return result < 0 ? -errno : 0; }

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_write_fails_with_eio_the_nth_time_on_the_named_file, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  arm("eio_write path=*.log nth=2");
  const UniqueFd other = open("other");
  const UniqueFd fd = open("a.log");
  BOOST_TEST(put(other, "x") == 1);
  BOOST_TEST(put(other, "x") == 1);
  BOOST_TEST(put(fd, "one") == 3);
  BOOST_TEST(faults() == "eio_write armed 0\n");
  BOOST_TEST(put(fd, "two", 3) == -EIO);
  BOOST_TEST(put(fd, "two", 3) == 3);
  BOOST_TEST(faults() == "eio_write confirmed 5\n");
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_rule_meets_as_many_operations_as_it_says, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  arm("eio_write path=*.log nth=2 times=2");
  arm("slow_fsync path=other times=0 delay_ms=1");
  const UniqueFd fd = open("a.log");
  BOOST_TEST(put(fd, "one") == 3);
  BOOST_TEST(put(fd, "two") == -EIO);
  BOOST_TEST(put(fd, "two") == -EIO);
  BOOST_TEST(put(fd, "two") == 3);
  const UniqueFd other = open("other");
  for (int i = 0; i < 5; ++i) {
    const uint64_t begun_ns = monotonic_ns();
    BOOST_TEST(put(other, "x") == 1);
    BOOST_TEST(outcome(::fsync(other.get())) == 0);
    BOOST_TEST(monotonic_ns() - begun_ns >= 1'000'000U);
  }
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_and_a_short_write_wait_for_their_bytes, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  arm("enospc range=100-200");
  arm("short_write range=300-400 bytes=2");
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, std::string(100, 'a')) == 100);
  BOOST_TEST(put(fd, std::string(100, 'b'), 199) == -ENOSPC);
  BOOST_TEST(put(fd, "abcd", 397) == 2);
  BOOST_TEST(faults() == "enospc confirmed 28\nshort_write confirmed 2\n");
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_short_write_stays_short_through_io_uring_and_direct, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd cached = open("cached");
  arm("short_write path=cached bytes=3");
  BOOST_TEST(ring_write(cached.get(), "abcdef", 0, 0) == 3);
  const UniqueFd direct = open("direct", O_RDWR | O_CREAT | O_DIRECT);
  arm("short_write path=direct bytes=512");
  alignas(4096) static const std::array<char, 4096> block{};
  BOOST_TEST(::pwrite(direct.get(), block.data(), block.size(), 0) == 512);
}

BOOST_FIXTURE_TEST_CASE(a_torn_write_keeps_its_prefix_and_ends_the_record, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  mount.reset();
  start('K');
  arm("torn_write bytes=2");
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "abcdef") == -EIO);
  BOOST_TEST(put(fd, "later", 10) == -EIO);
  BOOST_TEST(faults() == "torn_write confirmed 2\n");
  BOOST_REQUIRE(mount->materialise(root + "/image"));
  BOOST_TEST(read_file(root + "/image/file").value() == "ab");
}

BOOST_FIXTURE_TEST_CASE(a_lost_write_is_reported_as_done_and_is_not_there, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "old content") == 11);
  arm("lost_write");
  BOOST_TEST(put(fd, "new") == 3);
  BOOST_TEST(outcome(::fsync(fd.get())) == 0);
  require_content("file", "old content");
  BOOST_TEST(faults() == "lost_write confirmed 3\n");
  arm("lost_write");
  BOOST_TEST(put(fd, "tail", 11) == 4);
  require_content("file", std::string("old content\0\0\0\0", 15));  // its size is metadata and was not lost
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_misdirected_write_lands_off_its_place, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "0123456789") == 10);
  arm("misdirected_write bytes=4");
  BOOST_TEST(put(fd, "XY", 6) == 2);
  require_content("file", "01XY456789");
  BOOST_TEST(faults() == "misdirected_write confirmed 2\n");
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_flipped_write_changes_one_bit, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  arm("flipped_write");
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "aaaa") == 4);
  require_content("file", "aa`a");
  BOOST_TEST(faults() == "flipped_write confirmed 2\n");
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_reordered_write_arrives_behind_the_sync_that_should_have_covered_it, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  arm("reordered_write");
  BOOST_TEST(put(fd, "first") == 5);
  BOOST_TEST(put(fd, "second", 5) == 6);
  BOOST_TEST(outcome(::fsync(fd.get())) == 0);
  BOOST_TEST(faults() == "reordered_write confirmed 5\n");
  BOOST_TEST(read_file(in_mount("file")).value() == "firstsecond");
  require_record_equals_folder();
  std::set<std::string> outcomes;
  for (uint64_t seed = 1; seed < 40; ++seed) {
    const PowerLossImage image = power_loss_image(record->first(record->size()), {'E', seed, 512});
    outcomes.insert(image.tree.node(*image.tree.find("/file"))->content.text());
  }
  BOOST_TEST((outcomes == std::set<std::string>{std::string("\0\0\0\0\0second", 11), "firstsecond"}));
}

BOOST_FIXTURE_TEST_CASE(a_failed_sync_is_told_once_and_its_data_never_becomes_durable, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "old") == 3);
  BOOST_TEST(outcome(::fsync(fd.get())) == 0);
  BOOST_TEST(put(fd, "new") == 3);
  arm("eio_fsync");
  BOOST_TEST(outcome(::fdatasync(fd.get())) == -EIO);
  BOOST_TEST(outcome(::fdatasync(fd.get())) == 0);  // the trap
  BOOST_TEST(read_file(in_mount("file")).value() == "new");
  bool old_seen = false;
  for (uint64_t seed = 1; seed < 40; ++seed) {
    const PowerLossImage image = power_loss_image(record->first(record->size()), {'E', seed, 512});
    old_seen = old_seen || image.tree.node(*image.tree.find("/file"))->content.text() == "old";
  }
  BOOST_TEST(old_seen);
  BOOST_TEST(faults() == "eio_fsync confirmed 5\n");
}

BOOST_FIXTURE_TEST_CASE(after_a_failed_sync_stale_data_can_be_read, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "old old") == 7);
  BOOST_TEST(outcome(::fsync(fd.get())) == 0);
  BOOST_TEST(put(fd, "new", 2) == 3);
  BOOST_TEST(put(fd, "tail", 7) == 4);
  arm("stale_read");
  BOOST_TEST(outcome(::fsync(fd.get())) == -EIO);
  require_content("file", std::string("old old\0\0\0\0", 11));
  require_record_equals_folder();
}

BOOST_FIXTURE_TEST_CASE(a_slow_sync_takes_its_time_and_lets_others_pass, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "x") == 1);
  arm("slow_fsync delay_ms=60");
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(outcome(::fsync(fd.get())) == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(60)));
  BOOST_TEST(faults() == "slow_fsync confirmed 60000000\n");
}

BOOST_FIXTURE_TEST_CASE(without_inodes_nothing_new_can_be_made_and_old_files_go_on, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  arm("no_inodes");
  BOOST_TEST(outcome(::mkdir(in_mount("folder").c_str(), 0755)) == -ENOSPC);
  BOOST_TEST(outcome(::open(in_mount("new").c_str(), O_RDWR | O_CREAT, 0644)) == -ENOSPC);
  BOOST_TEST(put(fd, "goes on") == 7);
  BOOST_TEST(faults() == "no_inodes confirmed 28\n");
}

BOOST_FIXTURE_TEST_CASE(a_read_only_remount_refuses_every_change_and_still_reads, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "before") == 6);
  arm("read_only operation=sync");
  BOOST_TEST(outcome(::fsync(fd.get())) == -EROFS);
  BOOST_TEST(put(fd, "after") == -EROFS);
  BOOST_TEST(outcome(::unlink(in_mount("file").c_str())) == -EROFS);
  BOOST_TEST(outcome(::rename(in_mount("file").c_str(), in_mount("b").c_str())) == -EROFS);
  BOOST_TEST(read_file(in_mount("file")).value() == "before");
}

BOOST_FIXTURE_TEST_CASE(a_fault_waits_for_an_acknowledgement_for_its_time_and_for_its_operation, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  arm("eio_write after_ack=T7");
  const UniqueFd fd = open("file");
  BOOST_TEST(put(fd, "x") == 1);
  BOOST_REQUIRE(mount->acknowledge("T7"));
  BOOST_TEST(put(fd, "x") == -EIO);
  arm("eio_write after_ms=3600000");
  BOOST_TEST(put(fd, "x") == 1);
  arm("eio_write operation=rename path=/file");
  BOOST_TEST(outcome(::rename(in_mount("file").c_str(), in_mount("b").c_str())) == -EIO);
  BOOST_TEST(outcome(::rename(in_mount("file").c_str(), in_mount("b").c_str())) == 0);
  BOOST_TEST(faults() == "eio_write confirmed 5\neio_write armed 0\neio_write confirmed 5\n");
}

BOOST_FIXTURE_TEST_CASE(a_fault_fires_once_its_time_has_come, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  arm("eio_write after_ms=1");
  const UniqueFd fd = open("file");
  const Deadline deadline(std::chrono::seconds(60));
  while (put(fd, "x") == 1 && !deadline.passed()) {
  }
  BOOST_TEST(faults() == "eio_write confirmed 5\n");
}

BOOST_FIXTURE_TEST_CASE(a_power_loss_by_rule_ends_the_record_where_its_trigger_says, Fixture,
                        *boost::unit_test::precondition(fuse_possible)) {
  mount.reset();
  start('K');
  arm("power_loss operation=rename path=a");
  const UniqueFd fd = open("a");
  BOOST_TEST(put(fd, "before") == 6);
  BOOST_TEST(outcome(::rename(in_mount("a").c_str(), in_mount("b").c_str())) == -EIO);
  BOOST_TEST(put(fd, "after") == -EIO);
  BOOST_TEST(outcome(::fsync(fd.get())) == -EIO);
  BOOST_TEST(outcome(::open(in_mount("c").c_str(), O_CREAT | O_WRONLY, 0644)) == -EIO);
  BOOST_REQUIRE(mount->materialise(root + "/image"));
  BOOST_TEST(read_file(root + "/image/a").value_or("gone") == "before");
  BOOST_TEST(faults().starts_with("power_loss confirmed "));
}

// The table for people names every fault and every trigger, each with a case of this file that shows it.
BOOST_AUTO_TEST_CASE(the_documentation_names_every_fault_and_trigger_with_the_test_that_shows_it) {
  const std::string page = read_file(CRASHWRIGHT_SOURCE "/docs/storage.md").value();
  const std::string tests = read_file(CRASHWRIGHT_SOURCE "/harness/storage/storage_fault_test.cc").value();
  std::vector<std::string> rows;
  for (const char* const trigger : {"path=", "operation=", "nth=", "range=", "after_ack=", "after_ms="}) {
    rows.push_back(std::string("| `") + trigger);
  }
  for (uint32_t action = 0; action < 256; ++action) {
    const char* const name = storage_fault_name(static_cast<postmortem::FaultAction>(action));
    if (name != nullptr) rows.push_back(std::string("| `") + name + "` |");
  }
  BOOST_TEST(rows.size() == 6U + 14U);
  for (const std::string& row : rows) {
    const size_t at = page.find("\n" + row);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, "docs/storage.md has no row " << row);
    const std::string line = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
    const size_t end = line.rfind('`');
    const size_t begin = line.rfind('`', end - 1) + 1;
    const std::string test = line.substr(begin, end - begin);
    BOOST_TEST(tests.find("_CASE(" + test + ",") != std::string::npos,
               "no case " << test << ", which " << row << " names");
  }
}

BOOST_AUTO_TEST_CASE(a_rule_that_is_not_understood_names_the_word) {
  for (const char* rule : {"melted_write", "eio_write nth=0", "eio_write range=5-5", "eio_write operation=read",
                           "eio_write path=", "eio_write colour=red", "eio_write loud"}) {
    const auto parsed = parse_storage_fault(rule);
    BOOST_REQUIRE(!parsed);
    const std::string text(rule);
    BOOST_TEST(parsed.error().message == "storage fault: `" + text.substr(text.rfind(' ') + 1) + "` is not understood");
  }
}
