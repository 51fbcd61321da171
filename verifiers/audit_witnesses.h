// What stands beside an audit log and knows how far it reached: state store and seal.
//
// A log that lost its end looks like one whose writer died: the blocks that would contradict are gone with it, and a
// closing block in front of them still says that it closed. Only what lies outside can tell (docs/durability.md, "What
// a log's end cannot say").
// Threads: pure functions over the file system. Signal context: no.
// Errors:  those of reading the folder; a store or a seal that cannot be read is told as a witness that says nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "postmortem/audit_mark.h"
#include "postmortem/audit_segments.h"

namespace crashwright::verifiers {

struct AuditWitness {
  std::string path;
  std::string what;                       // "the state store", "the seal"
  uint64_t sequence = 0;                  // the log once reached this one at least
  std::string trouble;                    // why it says nothing; empty: it does
  postmortem::AuditMark mark = {};        // of a store's newest snapshot
  std::vector<std::string> remarks = {};  // what is odd about it although it speaks, a sentence each
};

// The seal of the log, and the state stores in its folder. One that belongs to another log there, or names none and
// may, says nothing, and names that log; one of a log that is not there is for check_audit_mark() to judge. Copies of
// this log's files and kept torn tails are no other log.
// Of a log that is being written: ask before it is read. What they know of then, the log has by then.
[[nodiscard]] Result<std::vector<AuditWitness>> find_audit_witnesses(const postmortem::AuditSegments& segments);

// The highest sequence that a snapshot beside the log holds; what lies before it may be archived elsewhere.
[[nodiscard]] uint64_t snapshot_beside(const std::vector<AuditWitness>& witnesses);

}  // namespace crashwright::verifiers
