#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <limits>
#include <new>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

constexpr size_t kStepBytes = size_t{1} << 20;
constexpr uint64_t kOomLimitBytes = uint64_t{8} << 30;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

uint64_t address_space_in_use_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0;
  const int fields = std::fscanf(file, "%lu", &pages);
  std::fclose(file);
  return fields == 1 ? pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

CRASHWRIGHT_FAULT_FUNCTION void exhaust_address_space(int64_t headroom_bytes) {
  if (kAddressSanitizer) {
    for (;;) opaque(::operator new(std::numeric_limits<size_t>::max() / 4));
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = address_space_in_use_bytes() + static_cast<uint64_t>(headroom_bytes > 0 ? headroom_bytes : 0);
  ::setrlimit(RLIMIT_AS, &limit);
  for (size_t bytes = kStepBytes;; bytes += kStepBytes) opaque(::operator new(bytes));
}

CRASHWRIGHT_FAULT_FUNCTION void exhaust_memory(int64_t limit_bytes) {
  const uint64_t limit = limit_bytes > 0 ? static_cast<uint64_t>(limit_bytes) : kOomLimitBytes;
  for (uint64_t taken = 0; taken < limit; taken += kStepBytes) {
    void* const step = ::mmap(nullptr, kStepBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (step == MAP_FAILED) return;
    std::memset(opaque(step), 0x5a, kStepBytes);
  }
}

}  // namespace crashwright::postmortem::injection
