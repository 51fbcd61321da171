// Reads a crash record, as the crash handler left it or as something tore or damaged it later.
//
// Threads: free functions without shared state. Signal context: no.
// Errors:  kIo when the file cannot be read, kCorrupt when it is no crash record or of a newer version. A missing tail
// or
//          a damaged section is not an error: what is intact is returned, `complete` is false, `notes` say what is
//          gone.
// Format:  crash_record_format.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::postmortem {

struct CrashModule {
  std::string path;
  std::string build_id;  // hex, empty when the module has none
  uint64_t base = 0;     // load bias: address in memory minus address in the file's program headers
  uint64_t begin = 0;    // first mapped address
  uint64_t end = 0;      // one past the last
};

// A fault inside the handler, or the deadline that ended a hung stage.
struct NestedFault {
  uint32_t stage = 0;
  int32_t signal = 0;
  int32_t code = 0;
  bool deadline = false;
  uint64_t fault_address = 0;
  uint64_t pc = 0;
};

// Another thread that died while the record was being written.
struct OtherDeath {
  uint32_t tid = 0;
  std::string thread_name;
  int32_t signal = 0;
  int32_t code = 0;
  uint64_t fault_address = 0;
  uint64_t pc = 0;
};

// Order of uc_mcontext.gregs on x86-64, <sys/ucontext.h>.
struct CrashRegisters {
  uint64_t r8 = 0, r9 = 0, r10 = 0, r11 = 0, r12 = 0, r13 = 0, r14 = 0, r15 = 0;
  uint64_t rdi = 0, rsi = 0, rbp = 0, rbx = 0, rdx = 0, rax = 0, rcx = 0, rsp = 0, rip = 0;
  uint64_t eflags = 0, segments = 0, error_code = 0, trap_number = 0, old_mask = 0, cr2 = 0;
};

// Part of a stack as it was, lowest address first.
struct CrashStack {
  uint64_t address = 0;
  std::string bytes;
};

enum class CrashThreadState { kStopped = 1, kAnswered = 2, kSilent = 3, kDying = 4 };

// A thread that was not the one to die.
struct CrashThread {
  uint32_t tid = 0;
  std::string name;
  CrashThreadState state = CrashThreadState::kSilent;  // kSilent: registers and backtrace are missing
  CrashRegisters registers;
  std::vector<uint64_t> backtrace;  // innermost first
  bool backtrace_truncated = false;
  CrashStack stack;
};

struct CrashRecorderPosition {
  uint32_t tid = 0;
  uint64_t committed = 0;  // flight recorder: log calls of this thread that had returned
};

struct CompletedStage {
  uint32_t stage = 0;  // crash_record_format.md, "Stages"
  uint64_t monotonic_ns = 0;
};

struct CrashRecord {
  uint32_t version = 0;
  uint32_t pid = 0;
  bool crashed = false;   // false: the handler was installed and never entered (or died before its first write)
  bool complete = false;  // the handler wrote its last section and nothing in the file is damaged
  uint32_t tid = 0;
  std::string thread_name;
  int32_t signal = 0;
  int32_t code = 0;
  std::optional<uint64_t> fault_address;  // only where the kernel raised the signal for an access or an instruction
  uint32_t sender_pid = 0;                // only where a process sent the signal (code <= 0)
  uint64_t wall_ns = 0;
  uint64_t monotonic_ns = 0;
  CrashRegisters registers;
  std::string last_fault_point;  // last one the thread passed while a control block was attached, empty: none
  std::string exception_type;    // demangled
  std::string exception_what;
  std::string abort_message;         // glibc's: failed assertion, heap corruption, smashed stack
  std::string check_message;         // CRASHWRIGHT_CHECK
  std::string sanitizer;             // ASan's own verdict: "heap-use-after-free"
  std::string watchdog;              // "watchdog: thread trading stalled for 612 ms"
  std::vector<uint64_t> backtrace;   // innermost first; [0] is the crashing instruction
  bool backtrace_truncated = false;  // the middle of a very deep stack is left out
  CrashStack stack;
  std::vector<CrashModule> modules;
  // Since version 2; of an older record all of it is empty.
  std::vector<CrashThread> threads;
  uint32_t threads_found = 0;    // other threads that there were; more than are recorded where they were too many
  uint64_t threads_done_ns = 0;  // monotonic time when registers and frames of all threads were written, 0: never
  std::vector<CrashRecorderPosition> recorder_positions;
  std::vector<CompletedStage> stages_completed;
  std::vector<NestedFault> nested_faults;
  std::vector<OtherDeath> other_deaths;
  std::vector<std::string> notes;  // damage and torn tail, one line each with the offset
};

[[nodiscard]] Result<CrashRecord> read_crash_record(const std::string& path);
// The same from bytes in memory; `name` is for messages.
[[nodiscard]] Result<CrashRecord> parse_crash_record(const std::string& bytes, const std::string& name);

}  // namespace crashwright::postmortem
