// Checks a log format string against its argument types, at compile time.
//
// Grammar: that of the fmt library without positions and without nested widths: "{}", "{:spec}", "{{" and "}}", with
//          spec = [[fill]align][sign]["#"]["0"][width]["." precision][type]. What passes here formats without an error
//          in the reader.
// Threads: pure functions. Signal context: not called at run time.
#pragma once

#include <cstddef>
#include <string_view>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem::detail {

constexpr bool is_integer(LogArgument type) { return type >= LogArgument::kInt8 && type <= LogArgument::kUint64; }

constexpr bool is_number(LogArgument type) { return is_integer(type) || type == LogArgument::kDouble; }

constexpr bool is_signed(LogArgument type) {
  return type == LogArgument::kInt8 || type == LogArgument::kInt16 || type == LogArgument::kInt32 ||
         type == LogArgument::kInt64 || type == LogArgument::kDouble;
}

constexpr bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

constexpr std::string_view presentations(LogArgument type) {
  if (is_integer(type)) return "dxXobB";
  switch (type) {
    case LogArgument::kBool:
      return "sd";
    case LogArgument::kChar:
      return "c";
    case LogArgument::kDouble:
      return "aAeEfFgG";
    case LogArgument::kString:
      return "s";
    case LogArgument::kPointer:
      return "p";
    default:
      return "";
  }
}

// Skips up to three digits; more is refused by what follows.
constexpr size_t skip_number(std::string_view text, size_t at) {
  for (int digits = 0; digits < 3 && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++digits) ++at;
  return at;
}

// `spec` is what stands between ':' and '}'. Null when it fits the type, else what is wrong.
constexpr const char* check_log_spec(std::string_view spec, LogArgument type) {
  size_t at = 0;
  if (spec.size() >= 2 && is_one_of(spec[1], "<>^") && spec[0] >= ' ' && spec[0] <= '~' && spec[0] != '{') {
    at = 2;
  } else if (!spec.empty() && is_one_of(spec[0], "<>^")) {
    at = 1;
  }
  if (at < spec.size() && is_one_of(spec[at], "+- ")) {
    if (!is_signed(type)) return "a sign needs a signed number";
    ++at;
  }
  if (at < spec.size() && spec[at] == '#') {
    if (!is_number(type)) return "'#' needs a number";
    ++at;
  }
  if (at < spec.size() && spec[at] == '0') {
    if (!is_number(type)) return "'0' needs a number";
    ++at;
  }
  at = skip_number(spec, at);
  if (at < spec.size() && spec[at] == '.') {
    if (type != LogArgument::kDouble && type != LogArgument::kString) return "a precision needs a double or a string";
    const size_t end = skip_number(spec, at + 1);
    if (end == at + 1) return "a precision needs digits";
    at = end;
  }
  if (at < spec.size()) {
    if (!is_one_of(spec[at], presentations(type))) return "the presentation does not fit the argument's type";
    ++at;
  }
  return at == spec.size() ? nullptr : "cannot be understood after the presentation";
}

// Null when `format` takes exactly these arguments, else what is wrong.
constexpr const char* check_log_format(std::string_view format, const LogArgument* types, size_t count) {
  size_t used = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    const char next = at + 1 < format.size() ? format[at + 1] : '\0';
    if (format[at] == '}') {
      if (next != '}') return "'}' alone: write '}}'";
      ++at;
    } else if (format[at] == '{') {
      if (next == '{') {
        ++at;
        continue;
      }
      const size_t end = format.find('}', at);
      if (end == std::string_view::npos) return "'{' without '}'";
      if (used == count) return "more placeholders than arguments";
      const std::string_view inside = format.substr(at + 1, end - at - 1);
      if (!inside.empty()) {
        if (inside[0] != ':') return "positions and names are not supported: write '{}' or '{:...}'";
        if (const char* wrong = check_log_spec(inside.substr(1), types[used])) return wrong;
      }
      ++used;
      at = end;
    }
  }
  return used == count ? nullptr : "fewer placeholders than arguments";
}

}  // namespace crashwright::postmortem::detail
