// Deaths that the language, the processor or a mapping ends in.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {

// The destructor's base part calls what only the derived part had. Not in the unnamed namespace: see FillListener.
struct RiskCheck {
  RiskCheck() = default;
  virtual ~RiskCheck() { ask(); }
  [[gnu::noinline]] void ask() { allowed(); }
  virtual void allowed() = 0;
};
struct SizeCheck final : RiskCheck {
  void allowed() override { opaque(this); }
};

namespace {

CRASHWRIGHT_FAULT_FUNCTION void look_up_price_band() {
  if (opaque(1) != 0) throw std::runtime_error("price band is missing");
}

}  // namespace

CRASHWRIGHT_FAULT_FUNCTION void exception_through_noexcept() noexcept {
  look_up_price_band();
  asm volatile("");  // no tail call
}

CRASHWRIGHT_FAULT_FUNCTION void pure_virtual_call() {
  RiskCheck* const check = opaque(static_cast<RiskCheck*>(new SizeCheck));
  delete check;
}

CRASHWRIGHT_FAULT_FUNCTION void illegal_instruction() { asm volatile("ud2"); }

// With the processor's alignment check on (AC), which no ABI lets a program leave on.
[[gnu::noinline, gnu::no_sanitize("address", "undefined")]] void misaligned_access() {
  alignas(8) static char bytes[16] = {};
  char* const place = opaque(static_cast<char*>(bytes) + 1);
  asm volatile(
      "pushfq\n"
      "orl $0x40000, (%%rsp)\n"
      "popfq\n"
      "movq (%0), %%rax\n"
      :
      : "r"(place)
      : "rax", "cc", "memory");
}

CRASHWRIGHT_HIDDEN_FROM_UBSAN void truncated_mapping() {
  const int fd = ::memfd_create("journal", MFD_CLOEXEC);
  if (::ftruncate(fd, 8192) != 0) std::abort();
  void* const journal = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (::ftruncate(fd, 0) != 0) std::abort();
  static_cast<volatile char*>(opaque(journal))[4096] = 'A';
}

}  // namespace crashwright::postmortem::injection
