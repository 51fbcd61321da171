// What lies in a folder of unknown origin, told by the files' content rather than by their names.
//
// Folders inside are searched too, to a fixed depth. Source code, data formats and pages (.cc, .json, .html, ...) are
// passed over: they quote crash texts without being any.
// Threads: any. Signal context: no. Errors: what cannot be read is passed over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crashwright::rca {

enum class FileKind : uint8_t {
  kCore,
  kProgram,
  kCrashRecord,
  kControlBlock,
  kSanitizerReport,
  kCgroup,
  kText,
  kOther
};

[[nodiscard]] FileKind kind_of_file(const std::string& path);

// Paths, in order of name.
struct FoundFiles {
  std::vector<std::string> cores;     // ELF, of any machine
  std::vector<std::string> programs;  // executables, shared objects and their debug files
  std::vector<std::string> records;   // of the crash handler
  std::vector<std::string> control_blocks;
  std::vector<std::string> reports;  // of sanitizers, by name: "asan.4711"
  std::vector<std::string> cgroup;   // event files of control groups, by name
  std::vector<std::string> texts;
};

// All regular files, in order of name.
[[nodiscard]] std::vector<std::string> files_below(const std::string& folder);

[[nodiscard]] FoundFiles search_files(const std::string& folder);

// The beginning and the end of a text, at most kCrashTextMax bytes in all; empty when it cannot be read.
[[nodiscard]] std::string read_text_ends(const std::string& path);

}  // namespace crashwright::rca
