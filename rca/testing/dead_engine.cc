#undef BOOST_TEST_MODULE  // the main function is in the test itself
#include "rca/testing/dead_engine.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/audit_log.h"
#include "postmortem/crash_handler.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::rca::testing {
namespace {

constexpr uint64_t kFeedMessages = 30;

void append_audit(postmortem::AuditLog& log, postmortem::AuditRecordType type, uint32_t order, uint64_t feed) {
  postmortem::AuditRecord record{};
  record.type = type;
  record.user_ref = order;
  record.quantity = 100;
  record.side = 'B';
  record.price_ticks = 1'234'500;
  record.symbol.assign("ACME");
  record.feed_sequence = feed;
  if (!log.wait_durable(log.append(record), std::chrono::seconds(30))) ::_exit(3);
}

// `middle_ns` receives a moment between the two orders: when the exchange answered.
[[noreturn]] void live_and_die(const std::string& folder, uint64_t* middle_ns) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::pthread_setname_np(::pthread_self(), "trading");
  ::signal(SIGSEGV, SIG_DFL);  // in a sanitized build the next handler would be the sanitizer's, which exits
  if (!postmortem::install_crash_handler({folder + "/crash-1.rec"})) ::_exit(1);
  postmortem::FlightRecorderOptions recorder;
  recorder.path = folder + "/flight-1.rec";
  recorder.ring_bytes_per_thread = 8192;
  recorder.threads_max = 4;  // the audit log's committer may want one
  recorder.sites_max = 16;
  postmortem::AuditLogOptions audit;
  audit.path = folder + "/audit.log";
  auto log = postmortem::AuditLog::open(audit, nullptr);
  if (!log || !postmortem::open_flight_recorder(recorder)) ::_exit(2);
  CRASHWRIGHT_LOG_INFO("order {} decided", 1);
  append_audit(**log, postmortem::AuditRecordType::kIntentEnter, 1, 10);
  CRASHWRIGHT_LOG_DEBUG("order {} handed to the socket", 1);
  *middle_ns = monotonic_ns();
  std::thread([] {
    ::pthread_setname_np(::pthread_self(), "feed");
    CRASHWRIGHT_LOG_WARN("feed message {} cannot be decoded", 15);
  }).join();
  append_audit(**log, postmortem::AuditRecordType::kIntentEnter, 2, 20);
  CRASHWRIGHT_LOG_ERROR("position limit of {} reached", "ACME");
  ::kill(::getpid(), SIGSEGV);
  ::_exit(4);
}

std::string big_endian(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i));
  return text;
}

}  // namespace

DeadEngine::DeadEngine() {
  char path[] = "/tmp/crashwright-timeline-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(path) != nullptr);
  folder_ = path;
  void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_REQUIRE(shared != MAP_FAILED);
  auto* const middle_ns = static_cast<uint64_t*>(shared);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) live_and_die(folder_, middle_ns);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_REQUIRE_MESSAGE(WIFSIGNALED(status), "status " << status);
  write_drop_copy(*middle_ns);
  write_feed();
  ::munmap(shared, 4096);
}

DeadEngine::~DeadEngine() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void DeadEngine::write_drop_copy(uint64_t monotonic_ns) const {
  const std::string time = std::to_string(monotonic_ns);
  BOOST_REQUIRE(write_file(
      file("drop_copy.jsonl"),
      "{\"n\":1,\"t\":" + time +
          ",\"kind\":\"in\",\"type\":\"enter\",\"user_ref\":1,\"symbol\":\"ACME\",\"side\":\"B\",\"quantity\":100}\n"
          "{\"n\":2,\"t\":" +
          time +
          ",\"kind\":\"out\",\"seq\":1,\"type\":\"rejected\",\"user_ref\":1,\"reason\":\"X\"}\n{\"n\":3,\"t\":"));
}

// Add orders (A, 36 bytes), framed by two bytes of length.
void DeadEngine::write_feed() const {
  std::string bytes;
  for (uint64_t i = 1; i <= kFeedMessages; ++i) {
    const std::string message = "A" + big_endian(1, 2) + big_endian(0, 2) + big_endian(34'200'000'000'000 + i, 6) +
                                big_endian(1000 + i, 8) + "S" + big_endian(500, 4) + "ACME    " +
                                big_endian(1'234'500, 4);
    bytes += big_endian(message.size(), 2) + message;
  }
  BOOST_REQUIRE(write_file(file("feed.itch"), bytes));
}

}  // namespace crashwright::rca::testing
