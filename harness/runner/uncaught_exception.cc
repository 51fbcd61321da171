#include "harness/runner/uncaught_exception.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace crashwright::harness {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last):";
constexpr std::string_view kNoSyntax = "  File \"";  // what does not compile has no stack
constexpr std::array<std::string_view, 3> kSyntax = {"SyntaxError", "IndentationError", "TabError"};
constexpr std::array<std::string_view, 4> kOfProgram = {"ModuleNotFoundError", "ImportError", "NameError",
                                                        "UnboundLocalError"};

template <size_t kSize>
bool is_one_of(const std::string& what, const std::array<std::string_view, kSize>& names) {
  const std::string_view name = std::string_view(what).substr(0, what.find(':'));
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The last line at the margin: below a traceback the exception; what it carries on further lines comes after it, and a
// second traceback ("During handling ...") ends with the exception that ended the program.
std::string last_exception(std::string_view text) {
  std::string found;
  bool awaited = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(kTraceback)) {
      awaited = true;
    } else if (awaited && !line.empty() && line.front() != ' ') {
      found = line;
      awaited = false;
    }
  }
  return found;
}

}  // namespace

std::optional<UncaughtException> uncaught_exception(const std::string& said) {
  const bool at_start = said.starts_with(kTraceback) || said.starts_with(kNoSyntax);
  const size_t below = at_start ? 0 : said.find("\n" + std::string(kTraceback));
  if (below == std::string::npos) return std::nullopt;
  const std::string_view trace = std::string_view(said).substr(at_start ? 0 : below + 1);
  UncaughtException exception;
  exception.what = last_exception(trace);
  const bool no_syntax = is_one_of(exception.what, kSyntax);
  if (exception.what.empty() || (said.starts_with(kNoSyntax) && !no_syntax)) return std::nullopt;
  exception.of_program = no_syntax || is_one_of(exception.what, kOfProgram);
  return exception;
}

std::string reason_given(const std::string& said) {
  const std::string first = said.substr(0, said.find('\n'));
  if (!first.starts_with(kTraceback) && !first.starts_with(kNoSyntax)) return first;
  const auto exception = uncaught_exception(said);
  return exception ? "uncaught exception: " + exception->what : first;
}

}  // namespace crashwright::harness
