// A storage fault with its trigger, as told to a mounted layer: "torn_write path=*.wal nth=3 range=0-4096 bytes=512".
//
// Words after the name, all optional: `path` a glob over the path from the mount point ("/a/b"; without a slash, over
// the last name), `operation` (write, sync, create, rename, unlink, truncate, any), `nth` the match that
// meets it (1), `times` how many from there on (1; 0: all), `range` bytes that a write must touch, `after_ack` a token
// that must have been acknowledged, `after_ms` since the mount; and what the fault takes: `bytes` (torn_write,
// short_write: kept; misdirected_write: how far off), `delay_ms` (slow_fsync).
// Threads: values. Errors: parse_storage_fault() names the word that it does not understand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "postmortem/control_block.h"

namespace crashwright::harness {

enum class OperationClass : uint8_t { kWrite, kSync, kCreate, kRename, kUnlink, kTruncate, kAny };

// Where an operation is about to happen.
struct FaultSite {
  OperationClass operation = OperationClass::kAny;
  std::string path;     // "/a/b"; empty for a file without a name
  uint64_t offset = 0;  // of a write
  uint64_t size = 0;
  bool zeros = false;  // the write holds nothing but zeros
};

struct StorageFaultRule {
  postmortem::FaultAction action = postmortem::FaultAction::kNone;
  std::string path;
  OperationClass operation = OperationClass::kAny;
  uint64_t nth = 1;
  uint64_t times = 1;  // 0: without end
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;
  std::string after_ack;
  uint64_t after_ms = 0;
  int64_t argument = 0;  // bytes, or nanoseconds of delay
};

[[nodiscard]] Result<StorageFaultRule> parse_storage_fault(std::string_view text);
// Path, operation and byte range; not the counting and not the time.
[[nodiscard]] bool matches(const StorageFaultRule& rule, const FaultSite& site);
// The operation that `action` meets unless a rule says otherwise.
[[nodiscard]] OperationClass usual_operation(postmortem::FaultAction action) noexcept;
// All faults, and all words that may stand before `=` behind one.
[[nodiscard]] std::vector<std::string> storage_fault_names();
[[nodiscard]] std::vector<std::string> storage_fault_keys();
// For people: "write", "sync"; "change" for any.
[[nodiscard]] const char* operation_word(OperationClass operation) noexcept;
[[nodiscard]] const char* storage_fault_name(postmortem::FaultAction action) noexcept;  // null: not of this layer

}  // namespace crashwright::harness
