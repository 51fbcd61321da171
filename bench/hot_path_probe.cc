// The hot paths, a thousand times each, for an instruction counter (hot_path_instructions.py runs it under callgrind).
//
// Each hot path is a function `hot_NAME` of its own; `hot_empty_loop` is what the others have besides it. They run
// twice: once to claim rings and register call sites, then below measured(). The committer works without io_uring here:
// valgrind runs one thread at a time and holds the others while one waits in io_uring_enter(2).
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>

#include "postmortem/audit_log.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"

namespace {

using namespace crashwright::postmortem;

constexpr int kTimes = 1000;

const char* const kText = "twenty characters ok";

// io_uring_setup(2) fails with EPERM from now on, as in a container with the usual profile.
bool forbid_io_uring() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

extern "C" {

[[gnu::noinline]] void hot_empty_loop() {
  for (int i = 0; i < kTimes; ++i) asm volatile("" : : "r"(i) : "memory");
}

[[gnu::noinline]] void hot_dormant_fault_point() {
  for (int i = 0; i < kTimes; ++i) {
    asm volatile("" : : "r"(i) : "memory");
    CRASHWRIGHT_FAULT_POINT("probe.dormant");
  }
}

[[gnu::noinline]] void hot_log_numbers() {
  for (int i = 0; i < kTimes; ++i) {
    asm volatile("" : : "r"(i) : "memory");
    CRASHWRIGHT_LOG_INFO("order {} quantity {} value {}", static_cast<int64_t>(i), i, static_cast<double>(i));
  }
}

[[gnu::noinline]] void hot_log_numbers_stamped() {
  const FlightStamp stamp = FlightStamp::now();
  for (int i = 0; i < kTimes; ++i) {
    asm volatile("" : : "r"(i) : "memory");
    CRASHWRIGHT_LOG_AT(stamp, Severity::kInfo, "order {} quantity {} value {}", static_cast<int64_t>(i), i,
                       static_cast<double>(i));
  }
}

[[gnu::noinline]] void hot_log_string20() {
  const std::string_view view(kText, 20);
  for (int i = 0; i < kTimes; ++i) {
    asm volatile("" : : "r"(i) : "memory");
    CRASHWRIGHT_LOG_INFO("text {}", view);
  }
}

[[gnu::noinline]] void hot_audit_append(AuditLog& log, AuditRecord& record) {
  for (int i = 0; i < kTimes; ++i) {
    asm volatile("" : : "r"(i) : "memory");
    log.append(record);
  }
}

[[gnu::noinline]] void all_hot_paths(AuditLog& log) {
  hot_empty_loop();
  hot_dormant_fault_point();
  hot_log_numbers();
  hot_log_numbers_stamped();
  hot_log_string20();
  AuditRecord record{};
  record.type = AuditRecordType::kIntentEnter;
  hot_audit_append(log, record);
  static_cast<void>(log.wait_durable(record.sequence, std::chrono::seconds(60)));
}

// Apart, so that the counter can tell the calls of one from those of the other.
[[gnu::noinline]] void measured(AuditLog& log) {
  all_hot_paths(log);
  asm volatile("");  // no tail call
}
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: hot_path_probe FOLDER\n");
    return 2;
  }
  if (!forbid_io_uring()) {
    std::perror("hot_path_probe: seccomp");
    return 1;
  }
  const std::string folder = argv[1];
  FlightRecorderOptions options;
  options.path = folder + "/flight.rec";
  options.threads_max = 2;
  options.threads_prefaulted = 1;
  auto audit = AuditLog::open({.path = folder + "/audit.log"}, nullptr);
  if (!open_flight_recorder(options) || !audit) return 1;
  prepare_flight_thread();
  all_hot_paths(**audit);
  measured(**audit);
  return 0;
}
