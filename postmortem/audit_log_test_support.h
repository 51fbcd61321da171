// Shared by the tests that open audit logs: an open log and a readout or a failed test, and a log that seals because
// its file may not grow.
//
// Threads: the test's own; seal_in_child() forks and wants no other one. Errors: a failed requirement ends the case.
// Signal context: no.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>

#include "postmortem/audit_log.h"
#include "postmortem/audit_test_support.h"

namespace crashwright::postmortem::test {

inline constexpr auto kLong = std::chrono::seconds(30);

inline std::unique_ptr<AuditLog> must_open(const AuditLogOptions& options, AuditReadout* readout = nullptr) {
  auto log = AuditLog::open(options, readout);
  BOOST_REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().message));
  return std::move(*log);
}

inline AuditReadout must_read(const std::string& path) {
  auto readout = read_audit_log(path);
  BOOST_REQUIRE_MESSAGE(readout.has_value(), (readout ? "" : readout.error().message));
  return std::move(*readout);
}

// What a test does with the log before and after its file may no longer grow beyond the next block's border: 0 when all
// went as it should, otherwise a number that tells what did not.
using SealStep = std::function<int(AuditLog& log)>;

inline int live_until_sealed(const AuditLogOptions& options, const SealStep& before, const SealStep& after) {
  constexpr const char* kReason = "write: File too large";
  ::signal(SIGXFSZ, SIG_IGN);
  auto log = AuditLog::open(options, nullptr);
  if (!log) return 10;
  if (const int wrong = before(**log)) return wrong;
  const rlimit limit{must_read(options.path).torn_tail_offset + 1000, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 12;
  if (const int wrong = after(**log)) return wrong;
  AuditRecord record = make_record(1);
  if (!(*log)->sealed() || (*log)->append(record) != 0) return 14;
  if ((*log)->seal_reason().message != kReason) return 15;
  const auto closed = (*log)->close();
  return !closed && closed.error().message == kReason ? 0 : 16;
}

// In a child, because the limit is the process's; its exit status, or 1000 and the signal that ended it.
inline int seal_in_child(const AuditLogOptions& options, const SealStep& before, const SealStep& after) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(live_until_sealed(options, before, after));
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace crashwright::postmortem::test
