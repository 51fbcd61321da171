// Many crashes, few bugs: groups autopsies by their signature, and tells what is new from what is known or came back.
//
// A ledger of known bugs is a file that a team keeps (triage_format.md). A crash is NEW when its signature is not in
// it, KNOWN when it is there as open, REGRESSED when it is there as fixed. One that nothing tells from others of its
// cause (no frame, no message) has no signature: it is a group of its own and NEW, and no ledger can keep it.
// Threads: free functions without shared state. Signal context: no.
// Errors:  kCorrupt for a ledger that cannot be read as one; a ledger that is not there yet is an empty one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "rca/autopsy.h"

namespace crashwright::rca {

enum class BugState : uint8_t { kOpen, kFixed };
enum class TriageVerdict : uint8_t { kNew, kKnown, kRegressed };

[[nodiscard]] const char* triage_verdict_name(TriageVerdict verdict) noexcept;  // "NEW" "KNOWN" "REGRESSED"

struct KnownBug {
  std::string signature;
  BugState state = BugState::kOpen;
  std::string note;  // of people: a ticket, a word
  std::string cause;
  std::string function;
  uint64_t crashes = 0;  // seen so far
};

struct Crash {
  std::string path;  // where it was found
  AutopsyReport report;
};

struct CrashGroup {
  std::string signature;  // as it is written now; empty for a crash that stands alone
  TriageVerdict verdict = TriageVerdict::kNew;
  std::string note;
  std::vector<const Crash*> crashes;  // the one with the highest confidence first
};

[[nodiscard]] Result<std::vector<KnownBug>> read_ledger(const std::string& path);
[[nodiscard]] Status write_ledger(const std::string& path, const std::vector<KnownBug>& bugs);

// Regressed groups first, then new, then known; within these the largest first. What is no crash (NONE, NO_FAULT) is
// left out. Valid as long as `crashes`.
[[nodiscard]] std::vector<CrashGroup> triage(const std::vector<Crash>& crashes, const std::vector<KnownBug>& known);

// What is new becomes open, what came back open again, and the counts grow; entries of an older version are rewritten.
void record_groups(const std::vector<CrashGroup>& groups, std::vector<KnownBug>& known);

}  // namespace crashwright::rca
