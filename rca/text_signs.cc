#include "rca/text_signs.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "rca/text_talk.h"

namespace crashwright::rca {
namespace {

// In small letters: in any case. With a capital: as it stands. Adding a sign: one line; whole words only.
constexpr std::string_view kSigns[] = {
    // Signals.
    "sigsegv",
    "sigabrt",
    "sigbus",
    "sigfpe",
    "sigill",
    "sigkill",
    "sigtrap",
    "sigsys",
    "sigxcpu",
    "sigxfsz",
    "segmentation fault",
    "segmentation violation",
    "segfaulted",
    "segfault at",
    "access violation",
    "bus error",
    "floating point exception",
    "illegal instruction",
    "abort trap",
    "general protection fault",
    // Ends.
    "core dumped",
    "core dump written",
    "dumped core",
    "crashed",
    "crash report",
    "crash the server",
    "died",
    "was killed",
    "is killed",
    "been killed",
    "got killed",
    "exited unexpectedly",
    "died unexpectedly",
    "terminated unexpectedly",
    "unexpectedly terminated",
    "quit unexpectedly",
    "stopped unexpectedly",
    "has stopped working",
    "is not responding",
    "terminated abruptly",
    "exited prematurely",
    "abnormally",
    "abnormal termination",
    "abnormal program termination",
    "aborting at",
    "aborting due",
    ", aborting",
    "execution halted",
    "halting the process",
    "exiting forcefully",
    "CrashLoopBackOff",
    "Failed with result",
    "request repeated too quickly",
    // Severities of the last word.
    "fatal error",
    "fatal signal",
    "fatal exception",
    "fatal:",
    "[fatal]",
    "<fatal>",
    "FATAL",
    "Fatal",
    "CRITICAL",
    "[critical]",
    "[emerg]",
    "PANIC",
    "panic:",
    "panicked",
    "Guru Meditation",
    // Exceptions and checks.
    "unhandled exception",
    "uncaught exception",
    "exception:",
    "exception in",
    "exception encountered",
    "exception thrown",
    "traceback (most",
    "stack trace:",
    "stack traceback:",
    "backtrace:",
    "assertion failed",
    "assertion failure",
    "assert failed",
    "ASSERT",
    "i/o failure",
    "uncorrectable",
    "deadlocks detected",
    "internal error",
    "internal compiler error",
    // Kinds of bugs.
    "double free",
    "use after free",
    "use-after-free",
    "heap corruption",
    "memory corruption",
    "corrupted",
    "corrupt value",
    "buffer overflow",
    "buffer overrun",
    "stack overflow",
    "heap overflow",
    "null pointer",
    "nil pointer",
    "was not allocated",
    "data race",
    "memory leak",
    "memory leaks",
    "deadlock detected",
    "lockup on",
    // What ran out.
    "out of memory",
    "out-of-memory",
    "oom-killer",
    "oom killed",
    "oomkilled",
    "memory limit",
    "not enough memory",
    "could not allocate",
    "disk full",
    "disk is full",
    "quota exceeded",
    // A program that never began.
    "error while loading shared libraries",
    "symbol lookup error",
    "exec format error",
    "UndefinedBehaviorSanitizer:",
};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool is_part_of_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

std::string_view trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

bool stands_alone(std::string_view text, size_t at, std::string_view word) {
  const size_t end = at + word.size();
  const bool begins = at == 0 || !is_part_of_word(word.front()) || !is_part_of_word(text[at - 1]);
  return begins && (end == text.size() || !is_part_of_word(word.back()) || !is_part_of_word(text[end]));
}

// "NullPointerException", "InternalError:": the type of an exception, alone or with its message behind it.
bool names_exception(std::string_view line) {
  for (const std::string_view suffix : {"Exception", "Error"}) {
    for (size_t at = line.find(suffix, 1); at != std::string_view::npos; at = line.find(suffix, at + 1)) {
      const size_t end = at + suffix.size();
      const bool ends = end == line.size() || line[end] == ':' || line[end] == ')' || line[end] == '\r';
      if (ends && std::islower(static_cast<unsigned char>(line[at - 1])) != 0 && !is_talk(line, at) &&
          !is_denied(line, at)) {
        return true;
      }
    }
  }
  return false;
}

bool has_sign(std::string_view line, std::string_view text, std::string_view sign) {
  for (size_t at = text.find(sign); at != std::string_view::npos; at = text.find(sign, at + 1)) {
    if (stands_alone(text, at, sign) && !is_talk(line, at) && !is_denied(line, at)) return true;
  }
  return false;
}

// "Killed" alone, or behind the name of a program; "code=exited, status=203/EXEC" of systemd.
bool is_end_of_process(std::string_view line) {
  constexpr std::string_view kKilled = "Killed";
  constexpr std::string_view kExited = "code=exited, status=";
  const std::string_view text = trimmed(line);
  if (text == kKilled || text.ends_with(": Killed") || text.ends_with("] Killed")) return true;
  if (text.starts_with("Killed ./") || text.starts_with("Killed /")) return true;
  const size_t at = text.find(kExited);
  return at != std::string_view::npos && text.find("/SUCCESS", at) == std::string_view::npos && !is_talk(line, at);
}

// "    at Desk.run (/app/desk.js:4:9)" and "  File "/opt/desk.py", line 4, in run".
bool is_frame(std::string_view line) {
  if (!line.starts_with("  ") && !line.starts_with('\t')) return false;
  const std::string_view text = trimmed(line);
  if (text.starts_with("File \"") && text.find(", line ") != std::string_view::npos) return true;
  const size_t colon = text.rfind(':');
  return text.starts_with("at ") && colon != std::string_view::npos && colon + 1 < text.size() &&
         is_digit(text[colon + 1]);
}

}  // namespace

bool has_sign_of_death(std::string_view line) {
  if (is_mended(line)) return false;
  if (is_end_of_process(line) || is_frame(line) || names_exception(line)) return true;
  std::string small(line);
  std::ranges::transform(small, small.begin(),
                         [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return std::ranges::any_of(kSigns, [&](std::string_view sign) {
    const bool as_it_stands = std::ranges::any_of(sign, is_upper);
    return has_sign(line, as_it_stands ? line : std::string_view(small), sign);
  });
}

}  // namespace crashwright::rca
