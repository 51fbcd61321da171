// What a text says about a crash: sanitizer reports, messages of libraries, debugger output, kernel lines.
//
// Only what a runtime itself prints counts: a wording inside quotation marks, or in a log line of severity INFO or
// below, is someone talking about a crash. Of several reports the first of the process in question is the cause.
// Threads: any. Signal context: no. Errors: none; any bytes are accepted, and looked at up to a stated size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"
#include "rca/memory_scope.h"

namespace crashwright::rca {

inline constexpr size_t kCrashTextMax = size_t{2} << 20;  // bytes looked at; of longer texts the beginning and the end

struct CrashText {
  std::vector<Evidence> evidence;
  bool crash_seen = false;   // something died, even if nothing says of what
  std::vector<Frame> stack;  // of the first report, or the first stack of the text
  int32_t pid = 0;           // as in "==123==ERROR"
  std::optional<uint64_t> fault_address;
  std::string expression;  // what did not hold
  std::string exception_type;
  std::string exception_what;
  std::string raised;                 // the exception's type, in a stack of another runtime than C++'s
  std::optional<MemoryScope> memory;  // whose memory ran out
};

// `pid` 0: of any process. `source` names the text in the evidence ("asan report", "stderr").
[[nodiscard]] CrashText read_crash_text(std::string_view text, int32_t pid, const std::string& source);

// The cause of a bad access at `address`.
[[nodiscard]] const char* cause_of_access(uint64_t address);

}  // namespace crashwright::rca
