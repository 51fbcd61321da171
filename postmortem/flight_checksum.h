// The checksum of a flight recorder's record: CRC32C in three chains that a processor computes side by side.
//
// One chain over all words would be as long as everything else that a log call does. Per line, words 0, 3, 6 continue
// chain A, words 1, 4, 7 chain B, words 2, 5 chain C; at the end C takes in A and B as one word. Any change of one word
// changes its chain, and with it the result, as surely as CRC32C tells it.
// Version 1 had one chain over all words. Format: flight_recorder_format.md
// Threads: a value. Signal context: yes.
#pragma once

#include <cstdint>

#include "base/checksum.h"
#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

// One step of the raw (not inverted) CRC32C over a word of 8 bytes.
struct PortableCrc {
  static uint64_t step(uint64_t raw, uint64_t word) noexcept {
    return static_cast<uint32_t>(~crc32c(&word, sizeof word, static_cast<uint32_t>(~raw)));
  }
};

#if defined(__x86_64__)
// Only where the processor has SSE 4.2. By name, because the kit is compiled for processors without it too.
struct HardwareCrc {
  static uint64_t step(uint64_t raw, uint64_t word) noexcept {
    __asm__("crc32q %1, %0" : "+r"(raw) : "r"(word));
    return raw;
  }
};
#endif

template <typename Crc = PortableCrc>
class RecordChecksum {
 public:
  explicit RecordChecksum(uint32_t seed) noexcept : a_(static_cast<uint32_t>(~seed)) {}

  void add(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6,
           uint64_t w7) noexcept {
    a_ = Crc::step(Crc::step(Crc::step(a_, w0), w3), w6);
    b_ = Crc::step(Crc::step(Crc::step(b_, w1), w4), w7);
    c_ = Crc::step(Crc::step(c_, w2), w5);
  }
  void add(const FlightLine& line) noexcept {
    const uint64_t* const w = line.words;
    add(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
  }
  [[nodiscard]] uint32_t result() const noexcept { return static_cast<uint32_t>(~Crc::step(c_, a_ | b_ << 32)); }

 private:
  uint64_t a_;
  uint64_t b_ = 0xffffffffU;
  uint64_t c_ = 0xffffffffU;
};

}  // namespace crashwright::postmortem
