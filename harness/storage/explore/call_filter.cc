#include "harness/storage/explore/call_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>

namespace crashwright::harness {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

#if !defined(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
constexpr unsigned long SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1UL << 5;
#endif

// Handed over whatever their arguments are.
constexpr long kHandedOver[] = {
#if defined(__x86_64__)
    __NR_creat,     __NR_rename,          __NR_link,      __NR_symlink,     __NR_unlink,       __NR_mkdir,
    __NR_rmdir,     __NR_mknod,           __NR_chmod,     __NR_chown,       __NR_lchown,
#endif
    __NR_write,     __NR_pwrite64,        __NR_writev,    __NR_pwritev,     __NR_pwritev2,     __NR_sendfile,
    __NR_splice,    __NR_copy_file_range, __NR_truncate,  __NR_ftruncate,   __NR_fallocate,    __NR_openat2,
    __NR_renameat,  __NR_renameat2,       __NR_linkat,    __NR_symlinkat,   __NR_unlinkat,     __NR_mkdirat,
    __NR_mknodat,   __NR_fchmod,          __NR_fchmodat,  __NR_fchown,      __NR_fchownat,     __NR_fsync,
    __NR_fdatasync, __NR_msync,           __NR_sync,      __NR_syncfs,      __NR_io_submit,    __NR_io_uring_enter,
    __NR_setxattr,  __NR_lsetxattr,       __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr,
    __NR_utimensat, __NR_sync_file_range,
};

// Handed over when one of these bits is set in this argument, and none of the others.
struct ByBits {
  long call;
  uint32_t argument;
  uint32_t bits;
  uint32_t unless;
};
constexpr ByBits kByBits[] = {
    {__NR_mmap, 3, MAP_SHARED, MAP_ANONYMOUS},
    {__NR_openat, 2, O_CREAT | O_TRUNC, 0},
    {__NR_fadvise64, 3, POSIX_FADV_DONTNEED, 1},  // of all advices the even one of those with this bit
#if defined(__x86_64__)
    {__NR_open, 1, O_CREAT | O_TRUNC, 0},
#endif
};

// Lines of a filter with two ends: the last line hands over, the one before it lets pass.
class FilterText {
 public:
  void load(uint32_t from) { add(BPF_LD | BPF_W | BPF_ABS, from, 0, 0); }
  void returns(uint32_t what) { add(BPF_RET | BPF_K, what, 0, 0); }
  // Goes on with the next line, over some lines, or to an end.
  void branch(uint16_t how, uint32_t value, uint8_t when_true, uint8_t when_false) {
    add(static_cast<uint16_t>(BPF_JMP | how | BPF_K), value, when_true, when_false);
  }
  sock_fprog finish() {
    returns(SECCOMP_RET_ALLOW);
    returns(SECCOMP_RET_USER_NOTIF);
    for (unsigned short at = 0; at < size_; ++at) {
      if (BPF_CLASS(lines_[at].code) != BPF_JMP) continue;
      for (uint8_t* const end : {&lines_[at].jt, &lines_[at].jf}) {
        if (*end == kPass) *end = static_cast<uint8_t>(size_ - 2 - at - 1);
        if (*end == kHandOver) *end = static_cast<uint8_t>(size_ - 1 - at - 1);
      }
    }
    return {size_, lines_};
  }

  static constexpr uint8_t kPass = 254;
  static constexpr uint8_t kHandOver = 255;

 private:
  void add(uint16_t code, uint32_t value, uint8_t when_true, uint8_t when_false) {
    lines_[size_++] = {code, when_true, when_false, value};
  }

  sock_filter lines_[std::size(kHandedOver) + std::size(kByBits) * 4 + 5]{};
  unsigned short size_ = 0;
};
static_assert(std::size(kHandedOver) + std::size(kByBits) * 4 + 5 < FilterText::kPass, "jumps reach to the ends");

}  // namespace

int install_call_filter() noexcept {
  FilterText text;
  text.load(offsetof(seccomp_data, arch));
  text.branch(BPF_JEQ, kArchitecture, 0, FilterText::kPass);
  text.load(offsetof(seccomp_data, nr));
  for (const long call : kHandedOver) text.branch(BPF_JEQ, static_cast<uint32_t>(call), FilterText::kHandOver, 0);
  for (const ByBits& each : kByBits) {
    text.branch(BPF_JEQ, static_cast<uint32_t>(each.call), 0, 3);
    text.load(static_cast<uint32_t>(offsetof(seccomp_data, args) + each.argument * sizeof(uint64_t)));
    text.branch(BPF_JSET, each.unless, FilterText::kPass, 0);
    text.branch(BPF_JSET, each.bits, FilterText::kHandOver, FilterText::kPass);
  }
  const sock_fprog program = text.finish();
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  const auto install = [&] {
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  };
  int listener = install();
  if (listener < 0 && errno == EINVAL) {  // older kernels: a signal begins a call that waits anew
    flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    listener = install();
  }
  if (listener >= 0 || errno != EACCES) return listener;
  // Without privilege only for a process that can gain none.
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? install() : -1;
}

}  // namespace crashwright::harness
