// A small seeded generator: the same seed gives the same numbers on every machine and compiler.
//
// Threads: one owner. Signal context: yes (arithmetic only).
// Source: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
#pragma once

#include <cstdint>

namespace crashwright {

class Random {
 public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}

  constexpr uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound); bound > 0. Multiply-shift, bias below 2^-32 for bounds below 2^32.
  constexpr uint64_t below(uint64_t bound) noexcept {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  // True with probability `parts_per_billion` / 1e9.
  constexpr bool chance_ppb(uint64_t parts_per_billion) noexcept { return below(1'000'000'000U) < parts_per_billion; }

 private:
  uint64_t state_;
};

}  // namespace crashwright
