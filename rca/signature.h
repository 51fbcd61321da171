// The stable key of a crash: "cw3:<family>:<kind>:<16 hex digits>".
//
// The kind is the cause; damage of memory that one build sees as a wild access and another as an overflow or a use
// after free is of one kind, CORRUPTION. The digits are a hash of the family and, by cause, of the top three project
// frames, the failed expression, the lock sites, the scope of the limit or the words of an exception. No address that
// ASLR moves, no line, argument or tid takes part, so that the same bug has the same signature in every build and on
// every run. Where there is none of these, a crash has no signature: it stands alone, rather than with others of its
// cause. "cw3" changes when any of this does.
// Threads: any. Signal context: no.
#pragma once

#include <string>
#include <vector>

namespace crashwright::rca {

struct SignatureParts {
  std::string cause;
  std::vector<std::string> frames;      // short names, innermost first
  std::string expression;               // ASSERTION: what did not hold; otherwise empty
  std::vector<std::string> lock_sites;  // DEADLOCK: functions that wait, in any order
  std::string scope;                    // OOM: "cgroup", "address space", ...
  std::string raised;                   // with frames of another runtime: the exception's type
  std::string message;                  // without frames: exception_words
};

// Empty when nothing tells the bug from others of its cause. The families PROCESS and STORAGE are told by the cause.
[[nodiscard]] std::string make_signature(const SignatureParts& parts);

// What of an exception tells a bug: its type, if it is the program's own, and the words of its message, if a person
// wrote it; numbers do not count. Empty for what the standard library says of every misuse of the same kind.
[[nodiscard]] std::string exception_words(const std::string& type, const std::string& what);

// A signature of an older version as it would be written now; what means something else now becomes empty.
[[nodiscard]] std::string current_signature(const std::string& signature);

}  // namespace crashwright::rca
