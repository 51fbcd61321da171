// A call site of the flight recorder: format string, place, severity and argument types, checked and put together at
// compile time; its number in the open file is claimed at its first call.
//
// Internal to the recorder's macros (flight_recorder.h). Threads: `key` only changes. Errors: a format that does not
// fit its arguments stops the compilation at the log call. Signal context: yes.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "postmortem/flight_format.h"
#include "postmortem/log_format_check.h"
#include "postmortem/log_packing.h"

namespace crashwright::postmortem {

// Made by the macros only.
struct LogSite {
  const char* format;
  const char* file;
  uint32_t line;
  Severity severity;
  uint8_t argument_count;
  LogArgument arguments[kLogArgumentsMax];
  std::atomic<uint32_t> key;  // generation of the open file << 16 | number of the site in it
};

namespace detail {

template <LogArgument... Types>
struct LogArguments {};

// Never defined: gives the argument types of a call without evaluating it.
template <typename... Args>
LogArguments<log_argument<Args>()...> log_arguments(const Args&...);

// Not constexpr: reaching it stops the compilation at the log call that is wrong.
void log_format_is_wrong(const char* what);

template <LogArgument... Types>
consteval LogSite make_log_site(LogArguments<Types...>, std::string_view format, const char* file, uint32_t line,
                                Severity severity) {
  static_assert(sizeof...(Types) <= kLogArgumentsMax, "a log call takes at most 16 arguments");
  constexpr LogArgument types[sizeof...(Types) + 1] = {Types..., LogArgument::kNone};
  if (const char* what = check_log_format(format, types, sizeof...(Types))) log_format_is_wrong(what);
  if (format.size() > kLogFormatBytesMax) log_format_is_wrong("a format has at most 319 bytes");
  return LogSite{format.data(), file, line, severity, sizeof...(Types), {Types...}, 0};
}

}  // namespace detail
}  // namespace crashwright::postmortem
