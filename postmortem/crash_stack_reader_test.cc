// Goal: memory of the own process is read as far as it is there and no further, and no fault comes of it, where the
// kernel copies it and where a seccomp filter denies that.
// Method: two pages of which the second cannot be read; the denial in a child, which reports by its exit status.
#include "postmortem/crash_stack_reader.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstring>

namespace crashwright::postmortem {
namespace {

constexpr size_t kPageBytes = 4096;

bool deny_copies_by_the_kernel() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offsetof(seccomp_data, nr))),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(sizeof program / sizeof program[0]), program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Three pages, of which the last cannot be read.
struct Pages {
  uint8_t* begin = static_cast<uint8_t*>(
      ::mmap(nullptr, 3 * kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

  Pages() {
    std::memset(begin, 0x5a, 2 * kPageBytes);
    ::mprotect(begin + 2 * kPageBytes, kPageBytes, PROT_NONE);
  }
  ~Pages() { ::munmap(begin, 3 * kPageBytes); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
};

// 0: as it should be, else which expectation failed.
int check_reads() {
  const Pages pages;
  const auto at = reinterpret_cast<uint64_t>(pages.begin);
  static uint8_t copy[4 * kPageBytes];
  if (read_memory(at + 100, copy, sizeof copy) != 2 * kPageBytes - 100) return 1;
  if (std::memcmp(copy, pages.begin + 100, 2 * kPageBytes - 100) != 0) return 2;
  if (read_memory(at + 2 * kPageBytes, copy, 8) != 0) return 3;
  if (read_memory(at + 2 * kPageBytes - 3, copy, 8) != 3) return 4;
  if (read_memory(0x10, copy, 8) != 0) return 5;
  if (read_memory(at, copy, 24) != 24) return 6;
  if (read_memory(uint64_t{1} << 63, copy, 8) != 0) return 7;  // no address at all
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(memory_is_read_as_far_as_it_is_there) { BOOST_TEST(check_reads() == 0); }

BOOST_AUTO_TEST_CASE(memory_is_read_as_far_as_it_is_there_where_the_kernel_may_not_copy_it) {
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) ::_exit(deny_copies_by_the_kernel() ? check_reads() : 100);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

}  // namespace crashwright::postmortem
