// The orders as the exchange saw them come in, from its drop copy: all terms as they were sent. An answer does not
// repeat them: a replaced order tells the shares that are left of it, a rejected one nothing.
//
// The exchange writes its drop copy before it answers, so the order behind an answer is in it.
// Threads: one owner. Signal context: no.
// Errors:  kIo, kCorrupt for a line that is not one of a drop copy. A last line without its end is no error.
// Format:  exchange/drop_copy_format.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine {

class EnteredOrders {
 public:
  // `path` empty: no drop copy is given, and no order is found.
  explicit EnteredOrders(std::string path) : path_(std::move(path)) {}

  // The intent behind the exchange's answer to that order; empty when the drop copy has none. The file is read again
  // when the order is not among those read before, and orders below the one asked for are not kept.
  [[nodiscard]] Result<std::optional<postmortem::AuditRecord>> find(uint32_t user_ref);

 private:
  [[nodiscard]] Status read(uint32_t first);

  const std::string path_;
  std::map<uint32_t, postmortem::AuditRecord> orders_;
};

}  // namespace crashwright::mock_engine
