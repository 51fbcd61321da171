// What the notes of a core say when the core is of another machine type: 32 bits or 64, of either byte order.
//
// Signals and their codes are the same on all of them; registers and stacks are not read.
// Threads: any. Signal context: no.
// Errors:  kCorrupt for what is no ELF core; notes that a cut or damage took are missing, not an error.
// Source:  elf(5), core(5), <linux/elfcore.h>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace crashwright::rca {

struct ForeignCore {
  std::string machine;  // "AArch64", or "machine 183"
  int32_t pid = 0;
  std::string program;
  std::string arguments;
  std::vector<int32_t> tids;  // the one that died first
  int signal = 0;
  int code = 0;  // of the signal; 0 when the core has no NT_SIGINFO
  std::optional<uint64_t> address;
  int32_t sender = 0;               // of a signal that a process sent
  std::vector<std::string> mapped;  // files, each once
};

[[nodiscard]] Result<ForeignCore> read_foreign_core(const std::string& path);

}  // namespace crashwright::rca
