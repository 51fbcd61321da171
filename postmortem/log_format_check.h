// Checks a log format string against its argument types, at compile time.
//
// Grammar: that of the fmt library without positions and without nested widths: "{}", "{:spec}", "{{" and "}}", with
//          spec = [[fill]align][sign]["#"]["0"][width]["." precision][type]. What passes here formats without an error
//          in the reader.
// Fields:  a placeholder may have a name: "{price}", "{price:.2f}", or "{price=}", which is worded "price=1.5". Names
//          begin with a letter and go on with letters, digits, '_' and '.'; no two in one format are the same. The
//          reader gives named arguments as key-value fields.
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

constexpr bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '.'; }

// What stands between '{' and '}': [name ["="]] [":" spec].
struct LogPlaceholder {
  std::string_view name;
  bool worded = false;  // with "=": the name is part of the text
  std::string_view spec;
  const char* wrong = nullptr;
};

constexpr LogPlaceholder parse_log_placeholder(std::string_view inside) {
  LogPlaceholder found;
  size_t at = 0;
  if (!inside.empty() && is_name_start(inside[0])) {
    while (at < inside.size() && is_name_part(inside[at])) ++at;
    found.name = inside.substr(0, at);
    if (at < inside.size() && inside[at] == '=') {
      found.worded = true;
      ++at;
    }
  }
  if (at == inside.size()) return found;
  if (inside[at] != ':') {
    found.wrong = "positions are not supported: write '{}', '{:...}', '{name}' or '{name=}'";
    return found;
  }
  found.spec = inside.substr(at + 1);
  return found;
}

// True when a placeholder before `end` has this name.
constexpr bool log_name_used(std::string_view format, size_t end, std::string_view name) {
  for (size_t at = 0; at < end; ++at) {
    if (format[at] != '{') continue;
    if (format[at + 1] == '{') {
      ++at;
      continue;
    }
    const size_t close = format.find('}', at);
    if (parse_log_placeholder(format.substr(at + 1, close - at - 1)).name == name) return true;
    at = close;
  }
  return false;
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
      const LogPlaceholder found = parse_log_placeholder(format.substr(at + 1, end - at - 1));
      if (found.wrong != nullptr) return found.wrong;
      if (const char* wrong = check_log_spec(found.spec, types[used])) return wrong;
      if (!found.name.empty() && log_name_used(format, at, found.name)) return "two placeholders have the same name";
      ++used;
      at = end;
    }
  }
  return used == count ? nullptr : "fewer placeholders than arguments";
}

}  // namespace crashwright::postmortem::detail
