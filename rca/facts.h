// What the harness knows about a case from outside the dying process: the strongest evidence there is.
//
// Written by the runner as `facts.json` in the case folder, read by the autopsy and by every verifier.
// Paths are relative to the case folder. Times are CLOCK_MONOTONIC nanoseconds. Format: facts_format.md.
// Threads: values. Signal context: no.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::rca {

// How the supervisor saw one process (one incarnation of the engine, or one recover-only run) end.
struct ProcessFacts {
  std::string role;  // "engine" or "recover_only"
  uint32_t incarnation = 0;
  std::string folder;  // "inc0": working directory, core, crash record, flight recorder, output
  std::vector<std::string> argv;
  std::string build;     // "release", "asan" or "planted"
  std::string build_id;  // hex, of the executable
  int32_t pid = 0;
  uint64_t started_ns = 0;
  uint64_t ended_ns = 0;            // when waitpid returned
  int32_t wait_status = 0;          // as of waitpid(2)
  bool core_dumped = false;         // WCOREDUMP
  std::string core_path;            // empty: none found
  std::string core_absent_because;  // why, when there is none
  std::string core_way;             // "kernel", "outside" (by a tracer), "self" (by the crash handler)
  std::string killed_by;            // "harness" when we sent the ending signal, otherwise empty
  std::string kill_reason;          // "fault" "deadline" "interrupt" when killed_by is "harness"
  int32_t kill_signal = 0;
  bool seen_stopped = false;  // state T in /proc/PID/stat while supervised
  uint64_t cpu_time_ns = 0;   // user + system, wait4(2)
  uint64_t max_rss_bytes = 0;
  uint64_t cgroup_memory_limit_bytes = 0;  // 0: none
  int64_t cgroup_limit_hits = -1;          // how often the cgroup's own limit was reached; -1: not known
  uint64_t oom_kills = 0;                  // oom_kill events of the case's cgroup during this process
  uint64_t address_space_limit_bytes = 0;  // 0: none
  bool finished = false;                   // witness: session completed in order
  std::string control_dump;                // "inc0/control.bin"
};

struct InjectedFaultFact {
  std::string kind;          // "null_dereference"
  std::string point;         // may be empty for timed faults
  std::string state;         // "armed" "fired" "confirmed"
  std::string confirmed_by;  // what was observed: "wait status SIGSEGV", "storage layer: 512 of 4096 bytes", ...
  uint32_t incarnation = 0;  // in which it fired
  uint64_t fired_ns = 0;
  std::string file;  // that a storage fault was meant for; empty: none or any
};

struct CaseFacts {
  std::string name;
  uint64_t seed = 0;
  std::vector<ProcessFacts> processes;       // in order of start
  std::vector<InjectedFaultFact> faults;     // in order of the plan
  std::vector<std::string> leftovers;        // what the clean-up had to report as left behind by the case
  std::optional<uint64_t> recovery_time_ns;  // fault to first correct order after restart
  bool power_lost = false;
  std::string environment_error;  // non-empty: the harness could not carry the case out
  std::string skipped_need;       // non-empty: what this machine lacks
};

[[nodiscard]] Result<CaseFacts> read_case_facts(const std::string& path);
[[nodiscard]] Status write_case_facts(const std::string& path, const CaseFacts& facts);

}  // namespace crashwright::rca
