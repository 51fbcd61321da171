// A folder with what a small engine leaves that really died: flight recorder, audit log, crash record; beside it a drop
// copy and a feed as an exchange writes them. For tests of the time axis.
//
// Threads: one owner. Errors: assertions of the test. Signal context: no.
#pragma once

#include <cstdint>
#include <string>

namespace crashwright::rca::testing {

class DeadEngine {
 public:
  DeadEngine();  // forks a child that logs on two threads, appends to the audit log and dies of SIGSEGV
  ~DeadEngine();
  DeadEngine(const DeadEngine&) = delete;
  DeadEngine& operator=(const DeadEngine&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  void write_drop_copy(uint64_t monotonic_ns) const;
  void write_feed() const;

  std::string folder_;
};

}  // namespace crashwright::rca::testing
