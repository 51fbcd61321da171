// What lies in a folder of unknown origin, told by the files' content rather than by their names.
//
// Folders inside are searched too, to a fixed depth. Source code, data formats and pages (.cc, .json, .html, ...) are
// passed over: they quote crash texts without being any.
// Threads: any. Signal context: no. Errors: what cannot be read is passed over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crashwright::rca {

enum class FileKind : uint8_t {
  kCore,
  kPackedCore,
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
  std::vector<std::string> cores;         // ELF, of any machine
  std::vector<std::string> packed_cores;  // by name and by how they are packed (unpacked_file.h)
  std::vector<std::string> programs;      // executables, shared objects and their debug files
  std::vector<std::string> records;       // of the crash handler
  std::vector<std::string> control_blocks;
  std::vector<std::string> reports;  // of sanitizers, by name: "asan.4711"
  std::vector<std::string> cgroup;   // event files of control groups, by name
  std::vector<std::string> texts;
  size_t binaries = 0;  // of no kind that is known
};

// All regular files, in order of name.
[[nodiscard]] std::vector<std::string> files_below(const std::string& folder);

[[nodiscard]] FoundFiles search_files(const std::string& folder);

// The beginning and the end of a text, at most kCrashTextMax bytes in all; empty when it cannot be read.
[[nodiscard]] std::string read_text_ends(const std::string& path);

// The same of whatever a person named: a file, a pipe, standard input; kUsage for a device, which has no end.
[[nodiscard]] Result<std::string> read_named_text(const std::string& path);

// Bytes that no text has among those that tell what a file is.
[[nodiscard]] bool is_binary(std::string_view start);

}  // namespace crashwright::rca
