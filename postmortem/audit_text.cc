#include "postmortem/audit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include "base/json_text.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kTicksPerUnit = 10'000;
constexpr size_t kYearDigits = 4;  // fewer or more digits alone are nanoseconds

const char* type_name(const AuditRecord& record) { return audit_record_type_name(record.type); }

std::string letter_text(char letter) { return letter == 0 ? std::string() : std::string(1, letter); }

// RFC 4180: what holds a separator or a quote stands in quotes, with its own quotes doubled. Bytes that are not
// printable are escaped first, as in JSON, so that they reach no terminal.
std::string csv_field(std::string_view bytes) {
  const bool printable = std::ranges::all_of(bytes, [](char c) { return c >= ' ' && c <= '~'; });
  const std::string text = printable ? std::string(bytes) : json_text(bytes);
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

// What the fields of a type mean, beyond those that every line shows.
std::string details(const AuditRecord& record) {
  std::string text;
  if (record.user_ref != 0) text += fmt::format(" order {}", record.user_ref);
  if (record.original_user_ref != 0) text += fmt::format(" (was {})", record.original_user_ref);
  if (record.side != 0) text += " " + json_text(letter_text(record.side));
  if (record.quantity != 0) text += fmt::format(" {}", record.quantity);
  if (!record.symbol.empty()) text += " " + json_text(record.symbol.view());
  if (record.price_ticks != 0) text += fmt::format(" at {}", ticks_text(record.price_ticks));
  if (record.match_id != 0) text += fmt::format(" {} {}", audit_figure_name(record.type), record.match_id);
  if (record.exchange_order_id != 0) text += fmt::format(" exchange order {}", record.exchange_order_id);
  if (record.leaves != 0) text += fmt::format(" leaves {}", record.leaves);
  if (record.type == AuditRecordType::kExecuted || record.type == AuditRecordType::kBrokenTrade) {
    text += fmt::format(" position {} cash {}", record.position_after, ticks_text(record.cash_after_ticks));
  }
  if (record.reason != 0) text += fmt::format(" reason {}", record.reason);
  if ((record.flags & kPossibleResend) != 0) text += " possible resend";
  if ((record.flags & kTermsUnknown) != 0) text += " terms unknown";
  if (record.feed_sequence != 0) text += fmt::format(" because of feed {}", record.feed_sequence);
  if (record.session_sequence != 0) text += fmt::format(" session {}", record.session_sequence);
  return text;
}

// Takes exactly `width` digits off the front.
bool take_digits(std::string_view& text, size_t width, unsigned& value) {
  if (text.size() < width) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc() || end != text.data() + width) return false;
  text.remove_prefix(width);
  return true;
}

// A further part of a time, behind its separator. True when the text goes on with something else, or ends; false when
// the separator stands there without the part.
bool take_part(std::string_view& text, char separator, unsigned& value, bool& there) {
  there = there && !text.empty() && text.front() == separator;
  if (!there) return true;
  text.remove_prefix(1);
  return take_digits(text, 2, value);
}

bool take_fraction(std::string_view& text, uint64_t& ns) {
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  uint64_t unit = kNsPerSecond / 10;
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
    ns += static_cast<uint64_t>(text[digits] - '0') * unit;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

}  // namespace

std::string ticks_text(int64_t ticks) {
  const char* const sign = ticks < 0 ? "-" : "";
  const uint64_t size = ticks < 0 ? uint64_t{0} - static_cast<uint64_t>(ticks) : static_cast<uint64_t>(ticks);
  return fmt::format("{}{}.{:04}", sign, size / kTicksPerUnit, size % kTicksPerUnit);
}

std::string wall_time_text(uint64_t wall_ns) {
  const auto seconds = static_cast<std::time_t>(wall_ns / kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, wall_ns % kNsPerSecond);
}

std::optional<uint64_t> parse_wall_time(std::string_view text) {
  const bool number = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (number && text.size() != kYearDigits) {
    uint64_t ns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
    return error == std::errc() ? std::optional(ns) : std::nullopt;
  }
  unsigned year = 0;
  unsigned month = 1;
  unsigned day = 1;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  uint64_t ns = 0;
  bool there = true;  // the part before, without which the next one means nothing
  if (!take_digits(text, kYearDigits, year) || !take_part(text, '-', month, there) ||
      !take_part(text, '-', day, there) || !take_part(text, 'T', hour, there)) {
    return std::nullopt;
  }
  const bool of_day = there;
  if (!take_part(text, ':', minute, there) || !take_part(text, ':', second, there)) return std::nullopt;
  if (there && !take_fraction(text, ns)) return std::nullopt;
  if (of_day && text == "Z") text.remove_prefix(1);
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day));
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  if (days < 0) return std::nullopt;
  const uint64_t seconds = ((static_cast<uint64_t>(days) * 24 + hour) * 60 + minute) * 60 + second;
  if (seconds >= ~uint64_t{0} / kNsPerSecond) return std::nullopt;  // in the year 2554
  return seconds * kNsPerSecond + ns;
}

std::optional<uint64_t> parse_wall_time_end(std::string_view text) {
  constexpr size_t kMonthSize = 7;  // 2026-11
  constexpr size_t kDaySize = 10;
  const auto first = parse_wall_time(text);
  const bool date =
      text.size() == kYearDigits || ((text.size() == kMonthSize || text.size() == kDaySize) && text[4] == '-');
  if (!first || !date) return first;
  using namespace std::chrono;
  const sys_days begin = floor<days>(sys_seconds(seconds(*first / kNsPerSecond)));
  const year_month_day day(begin);
  sys_days behind = begin + days(1);
  if (text.size() == kYearDigits) behind = (day.year() + years(1)) / January / 1;
  if (text.size() == kMonthSize) behind = sys_days((day.year() / day.month() + months(1)) / 1);
  const uint64_t seconds_behind = static_cast<uint64_t>(sys_seconds(behind).time_since_epoch().count());
  return seconds_behind > ~uint64_t{0} / kNsPerSecond ? ~uint64_t{0} : seconds_behind * kNsPerSecond - 1;
}

std::string audit_record_to_text(const AuditRecord& record) {
  return fmt::format("{:>8}  {}  {:<16}{}", record.sequence, wall_time_text(record.wall_ns), type_name(record),
                     details(record));
}

std::string audit_record_to_json(const AuditRecord& record) {
  return fmt::format(
      R"({{"sequence":{},"type":"{}","wall_ns":{},"monotonic_ns":{},"user_ref":{},"original_user_ref":{},)"
      R"("symbol":"{}","side":"{}","quantity":{},"price_ticks":{},"leaves":{},"position_after":{},)"
      R"("cash_after_ticks":{},"exchange_order_id":{},"match_id":{},"session_sequence":{},"feed_sequence":{},)"
      R"("reason":{},"possible_resend":{},"time_in_force":"{}","account":{},"algorithm":{},"state_hash":"{:016x}",)"
      R"("terms_unknown":{}}})",
      record.sequence, type_name(record), record.wall_ns, record.monotonic_ns, record.user_ref,
      record.original_user_ref, json_text(record.symbol.view()), json_text(letter_text(record.side)), record.quantity,
      record.price_ticks, record.leaves, record.position_after, record.cash_after_ticks, record.exchange_order_id,
      record.match_id, record.session_sequence, record.feed_sequence, record.reason,
      (record.flags & kPossibleResend) != 0, json_text(letter_text(record.time_in_force)), record.account,
      record.algorithm, record.state_hash, (record.flags & kTermsUnknown) != 0);
}

std::string audit_csv_header() {
  return "sequence,type,wall_ns,monotonic_ns,user_ref,original_user_ref,symbol,side,quantity,price_ticks,leaves,"
         "position_after,cash_after_ticks,exchange_order_id,match_id,session_sequence,feed_sequence,reason,"
         "possible_resend,time_in_force,account,algorithm,state_hash,terms_unknown";
}

std::string audit_record_to_csv(const AuditRecord& record) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{:016x},{}", record.sequence,
                     type_name(record), record.wall_ns, record.monotonic_ns, record.user_ref, record.original_user_ref,
                     csv_field(record.symbol.view()), csv_field(letter_text(record.side)), record.quantity,
                     record.price_ticks, record.leaves, record.position_after, record.cash_after_ticks,
                     record.exchange_order_id, record.match_id, record.session_sequence, record.feed_sequence,
                     record.reason, (record.flags & kPossibleResend) != 0 ? 1 : 0,
                     csv_field(letter_text(record.time_in_force)), record.account, record.algorithm, record.state_hash,
                     (record.flags & kTermsUnknown) != 0 ? 1 : 0);
}

bool AuditFilter::lets_through(const AuditRecord& record) const {
  if (record.sequence < from_sequence || record.sequence > to_sequence) return false;
  if (record.wall_ns < since_ns || record.wall_ns > until_ns) return false;
  if (order && record.user_ref != *order && record.original_user_ref != *order) return false;
  if (!symbol.empty() && record.symbol.view() != symbol) return false;
  return types.empty() || std::ranges::find(types, type_name(record)) != types.end();
}

}  // namespace crashwright::postmortem
