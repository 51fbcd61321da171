// Limits that the process has come up against: descriptors, threads, the size of files. The thread goes on; what the
// kernel answered confirms the fault.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "postmortem/control_block.h"
#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

constexpr int kDescriptorsMax = 1 << 20;
constexpr size_t kThreadStackBytes = size_t{1} << 46;  // no address space has room for it twice

void* never_runs(void*) { return nullptr; }

}  // namespace

void confirm(ArmedFault& fault, int64_t detail) noexcept {
  fault.confirmed_detail.store(detail);
  fault.confirmed_ns.store(monotonic_ns());
  fault.state.store(FaultState::kConfirmed);
}

// The limit is lowered to what is in use, so that no other process of the machine feels it.
CRASHWRIGHT_FAULT_FUNCTION void exhaust_descriptors(ArmedFault& fault) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_cur < 256 ? limit.rlim_cur : 256;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = 0; i < kDescriptorsMax; ++i) {
    if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return confirm(fault, errno);
  }
}

CRASHWRIGHT_FAULT_FUNCTION void exhaust_threads(ArmedFault& fault) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  for (int i = 0; i < 4; ++i) {
    pthread_t thread{};
    const int refused = pthread_create(&thread, &attributes, never_runs, nullptr);
    if (refused != 0) {
      confirm(fault, refused);
      break;
    }
    pthread_detach(thread);
  }
  pthread_attr_destroy(&attributes);
}

// From here on nothing that this process writes into a file is taken.
CRASHWRIGHT_FAULT_FUNCTION void limit_file_size(ArmedFault& fault) {
  const rlimit limit{0, RLIM_INFINITY};
  ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const int fd = ::memfd_create("limited", MFD_CLOEXEC);
  if (::write(fd, "x", 1) < 0) confirm(fault, errno);
  ::close(fd);
}

}  // namespace crashwright::postmortem::injection
