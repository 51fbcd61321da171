// For the tests of crash handler, watchdog and injection: runs crash_test_child in a folder of its own and reads what
// it left. Every wait has a deadline and ends in SIGKILL.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "postmortem/control_block.h"
#include "postmortem/crash_record_reader.h"

namespace crashwright::postmortem {

// What the kernel wrote about the death, read from the notes of the core.
struct CoreFacts {
  int32_t signal = 0;
  int32_t code = 0;
  uint64_t fault_address = 0;
  int32_t sender_pid = 0;
  int32_t tid = 0;  // of the first thread, the one that died
  uint64_t pc = 0;  // of that thread
  size_t threads = 0;
};

class ChildRun {
 public:
  ChildRun();
  ~ChildRun();  // kills what still runs, removes the folder
  ChildRun(const ChildRun&) = delete;
  ChildRun& operator=(const ChildRun&) = delete;

  // Arms `action` at child.point, or where `point` says; call before start().
  ArmedFault& arm(FaultAction action, const char* point = "child.point");
  // Puts the record on a file system of one megabyte, which the death disk_full fills. False when this machine lets
  // nobody mount one; then start() puts it where it always is.
  bool use_small_disk();
  // `program`: one of the paths below; the rest are its arguments behind the record's path.
  void start(const char* program, std::vector<std::string> arguments);
  // False when the child had to be killed because it did not end in time.
  bool wait(int seconds_max = 60);
  // Waits until the child is as the condition wants it; false when it never was.
  bool wait_until(bool (*condition)(const ControlBlock& block));

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] ControlBlock& block() { return *block_; }
  [[nodiscard]] int signal() const;     // 0 when it exited
  [[nodiscard]] int exit_code() const;  // -1 when it was killed by a signal
  [[nodiscard]] std::string text(const std::string& file) const;
  [[nodiscard]] std::string text_of_prefix(const std::string& prefix) const;
  [[nodiscard]] CrashRecord record() const;
  [[nodiscard]] std::optional<CoreFacts> core() const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::string find(const std::string& prefix) const;

  std::string folder_;
  bool small_disk_ = false;
  int control_fd_ = -1;
  ControlBlock* block_ = nullptr;
  pid_t pid_ = -1;
  int status_ = 0;
};

// False, with a message, when the kernel does not leave cores as files in the working directory here.
bool cores_land_in_the_working_directory();

extern const char* const kChild;
extern const char* const kChildAsan;
extern const char* const kChildPlanted;
extern const char* const kChildInterposed;
extern const char* const kChildInterposedPlanted;

}  // namespace crashwright::postmortem
