// One parser under hostile bytes, written once for two uses.
//
//   CRASHWRIGHT_FUZZ_TARGET(ledger) { (void)read_ledger(fuzz::MemoryFile(input).path()); }
//
// In the preset `fuzz` the body is libFuzzer's target, a program NAME_fuzz of its own. Everywhere else it is one of the
// targets of its room's replay test (replay_test.cc), which feeds it the inputs kept in fuzz/seeds/NAME and what
// becomes of them by cuts and flipped bits: what the fuzzer once found stays found.
// Threads: one; a target is called again and again in one process.
// Errors:  a target returns whatever the parser says; it aborts when the parser breaks a promise of its header.
// Signal context: no.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crashwright::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
};

// All targets of this program, in order of their names' registration.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

inline bool add_target(const char* name, void (*run)(std::string_view)) {
  targets().push_back({name, run});
  return true;
}

// Takes `size` bytes, or what is left, off the front of `input`.
inline std::string_view take(std::string_view& input, size_t size) {
  const std::string_view front = input.substr(0, size);
  input.remove_prefix(front.size());
  return front;
}

// The next byte, 0 behind the end: for choices.
inline uint8_t take_byte(std::string_view& input) {
  const std::string_view byte = take(input, 1);
  return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte[0]);
}

// The first of two parts of `input`; two bytes in front say how long it is.
inline std::string_view take_part(std::string_view& input) {
  const size_t low = take_byte(input);
  const size_t high = take_byte(input);
  return take(input, high << 8 | low);
}

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

}  // namespace crashwright::fuzz

#ifdef CRASHWRIGHT_FUZZER
#define CRASHWRIGHT_FUZZ_TARGET(name)                                        \
  static void fuzz_##name(std::string_view input);                           \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) { \
    fuzz_##name({reinterpret_cast<const char*>(bytes), size});               \
    return 0;                                                                \
  }                                                                          \
  static void fuzz_##name([[maybe_unused]] std::string_view input)
#else
#define CRASHWRIGHT_FUZZ_TARGET(name)                                                                      \
  static void fuzz_##name(std::string_view input);                                                         \
  [[maybe_unused]] static const bool is_added_##name = crashwright::fuzz::add_target(#name, &fuzz_##name); \
  static void fuzz_##name([[maybe_unused]] std::string_view input)
#endif
