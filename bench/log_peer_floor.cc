// The floor: a time stamp and one 64-byte store to memory that is already mapped. Nothing that keeps a record in memory
// that outlives the process can cost less.
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <string>

#include "bench/log_peers.h"

namespace crashwright::bench {
namespace {

constexpr size_t kRingBytes = 1 << 20;

__m128i* g_ring = nullptr;
size_t g_next = 0;

// Past the caches where nobody will read it, as the recorder does.
inline void store(int64_t number, int small, double real, uint64_t stamp) {
  __m128i* const line = g_ring + g_next;
  g_next = (g_next + 4) & (kRingBytes / sizeof(__m128i) - 1);
  _mm_stream_si128(line, _mm_set_epi64x(static_cast<long long>(stamp), number));
  _mm_stream_si128(line + 1, _mm_set_epi64x(small, std::bit_cast<long long>(real)));
  _mm_stream_si128(line + 2, _mm_setzero_si128());
  _mm_stream_si128(line + 3, _mm_setzero_si128());
}

int open_floor(const char* folder) {
  const std::string path = std::string(folder) + "/floor";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const int full = ::posix_fallocate(fd, 0, kRingBytes);
  if (full != 0) return full;
  void* const mapped = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return errno;
  ::madvise(mapped, kRingBytes, MADV_POPULATE_WRITE);
  g_ring = static_cast<__m128i*>(mapped);
  return 0;
}

void burst_numbers(int64_t first) {
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) {
    store(i, static_cast<int>(i), static_cast<double>(i), __rdtsc());
  }
}

void burst_numbers_stamped(int64_t first, uint64_t stamp) {
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) {
    store(i, static_cast<int>(i), static_cast<double>(i), stamp);
  }
}

void burst_string(const char* text, size_t length) {
  for (int i = 0; i < CRASHWRIGHT_LOG_BURST; ++i) {
    __m128i* const line = g_ring + g_next;
    g_next = (g_next + 4) & (kRingBytes / sizeof(__m128i) - 1);
    const auto* const from = reinterpret_cast<const __m128i*>(text);
    _mm_stream_si128(line, _mm_set_epi64x(static_cast<long long>(__rdtsc()), static_cast<long long>(length)));
    _mm_stream_si128(line + 1, _mm_loadu_si128(from));
    _mm_stream_si128(line + 2, _mm_loadu_si32(text + 16));
    _mm_stream_si128(line + 3, _mm_setzero_si128());
  }
}

uint64_t saturate(uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) {
    store(static_cast<int64_t>(i), static_cast<int>(i), static_cast<double>(i), __rdtsc());
  }
  return calls;
}

}  // namespace

const crashwright_log_peer& floor_log_peer() {
  static const crashwright_log_peer peer = {CRASHWRIGHT_LOG_PEER_VERSION, open_floor,   burst_numbers,
                                            burst_numbers_stamped,        burst_string, saturate};
  return peer;
}

}  // namespace crashwright::bench
