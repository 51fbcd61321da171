// Shared by the flight recorder's tests: a folder that goes away, small files, a control block without a harness.
//
// Threads: one owner. Errors: assertions of the test. Signal context: no.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "postmortem/control_block.h"
#include "postmortem/flight_reader.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char path[] = "/tmp/crashwright-flight-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    path_ = path;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline FlightRecorderOptions small_options(const std::string& path) {
  FlightRecorderOptions options;
  options.path = path;
  options.ring_bytes_per_thread = 8192;
  options.threads_max = 4;
  options.threads_prefaulted = 2;
  options.sites_max = 64;
  return options;
}

// Opens, lets a thread of its own log, closes and reads.
inline FlightReadout record_and_read(const FlightRecorderOptions& options, const std::function<void()>& log) {
  BOOST_REQUIRE(open_flight_recorder(options));
  std::thread(log).join();
  close_flight_recorder();
  auto readout = read_flight_file(options.path);
  BOOST_REQUIRE(readout);
  return *readout;
}

inline std::vector<std::string> texts(const FlightThread& thread) {
  std::vector<std::string> found;
  for (const FlightRecord& record : thread.records) found.push_back(record.text);
  return found;
}

// Every record is intact and nothing was refused.
inline void check_clean(const FlightThread& thread) {
  BOOST_TEST(thread.refused_records == 0U);
  BOOST_TEST(thread.in_flight == 0U);
  for (const std::string& line : thread.refused) BOOST_TEST(false, line);
}

// What a harness makes: the block in a memfd, to be inherited by a forked engine.
class ControlBlockForTest {
 public:
  ControlBlockForTest() : fd_(::memfd_create("crashwright-test", 0)) {
    BOOST_REQUIRE(::ftruncate(fd_, sizeof(ControlBlock)) == 0);
    void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    BOOST_REQUIRE(mapping != MAP_FAILED);
    block_ = static_cast<ControlBlock*>(mapping);
    initialise_control_block(*block_);
  }
  ControlBlockForTest(const ControlBlockForTest&) = delete;
  ControlBlockForTest& operator=(const ControlBlockForTest&) = delete;
  ~ControlBlockForTest() {
    ::munmap(block_, sizeof(ControlBlock));
    ::close(fd_);
  }
  [[nodiscard]] ControlBlock& operator*() { return *block_; }
  [[nodiscard]] ControlBlock* operator->() { return block_; }
  // In the child.
  void attach() {
    ::setenv(kControlFdVariable, std::to_string(fd_).c_str(), 1);
    if (!attach_control_block()) ::_exit(99);
  }

 private:
  int fd_;
  ControlBlock* block_ = nullptr;
};

}  // namespace crashwright::postmortem
