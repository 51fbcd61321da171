// Audit records for people and programs: one line of text, one JSON object, one line of CSV; and which to show.
//
// Threads: pure functions. Errors: none; a value that no enumerator names is shown as its number. Signal context: no.
// Units: prices and cash as decimals with four places in text, as integer ticks in JSON and CSV; times in UTC with
// nanoseconds in text, as nanoseconds since the epoch in JSON and CSV.
// Bytes of a symbol or a side that are not printable ASCII are escaped as in JSON, in CSV too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postmortem/audit_record.h"

namespace crashwright::postmortem {

[[nodiscard]] std::string audit_record_to_text(const AuditRecord& record);
[[nodiscard]] std::string audit_record_to_json(const AuditRecord& record);
[[nodiscard]] std::string audit_record_to_csv(const AuditRecord& record);
[[nodiscard]] std::string audit_csv_header();

// "2026-11-25T03:12:00.000000001Z".
[[nodiscard]] std::string wall_time_text(uint64_t wall_ns);
// The same and its beginnings ("2026", "2026-11-25T03:12", without Z too), or nanoseconds since the epoch; four digits
// alone are a year. Nothing for a date that no calendar has, and for times that do not fit (before 1970, behind 2554).
[[nodiscard]] std::optional<uint64_t> parse_wall_time(std::string_view text);
// The last nanosecond of the year, month or day that `text` names; whatever else names one moment, that moment.
[[nodiscard]] std::optional<uint64_t> parse_wall_time_end(std::string_view text);
// Ticks of 1/10,000 as a decimal: "-12.0500".
[[nodiscard]] std::string ticks_text(int64_t ticks);

// What is left at its default lets everything through.
struct AuditFilter {
  uint64_t from_sequence = 0;
  uint64_t to_sequence = ~uint64_t{0};
  uint64_t since_ns = 0;  // wall clock
  uint64_t until_ns = ~uint64_t{0};
  std::optional<uint32_t> order = std::nullopt;  // as the order itself or as the one it replaces
  std::string symbol = {};
  std::vector<std::string> types = {};  // audit_record_type_name() of each; none: all

  [[nodiscard]] bool lets_through(const AuditRecord& record) const;
  bool operator==(const AuditFilter&) const = default;
};

}  // namespace crashwright::postmortem
