// Fuzz target. Control blocks as an engine left them. With bits of the first byte the size and the magic are put right,
// without which nothing else would ever be read.
#include <algorithm>
#include <cstring>

#include "base/fuzz/fuzz_target.h"
#include "base/fuzz/memory_file.h"
#include "verifiers/control_dump.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(control_block) {
  static std::string block(sizeof(postmortem::ControlBlock), '\0');
  const uint8_t choice = fuzz::take_byte(input);
  std::ranges::fill(block, static_cast<char>(choice));
  const size_t size = std::min(input.size(), block.size());
  if (size > 0) std::memcpy(block.data(), input.data(), size);
  const uint64_t magic = postmortem::kControlBlockMagic;
  if ((choice & 1) != 0) std::memcpy(block.data(), &magic, sizeof magic);
  const fuzz::MemoryFile file((choice & 2) != 0 ? std::string_view(block) : input);
  const auto dump = verifiers::read_control_dump(file.path());
  if (dump) (void)verifiers::fired_fault(**dump, choice);
}
