// Goal: a process that lives is looked at twice and goes on: a circle, a thread that goes round, one that gets on.
// Method: children of the test that really hang, spin or log.
#include "harness/runner/live_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "harness/runner/testing/temporary_folder.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::harness {
namespace {

// Runs `work` in a process of its own, which is killed with this object; the work says when it is where it should be.
class Child {
 public:
  using Ready = std::function<void()>;

  explicit Child(const std::function<void(const Ready&)>& work) {
    int ends[2] = {-1, -1};
    BOOST_REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    BOOST_REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      work([&] { (void)!::write(ends[1], "r", 1); });
      ::_exit(0);
    }
    char ready = 0;
    ::close(ends[1]);
    BOOST_REQUIRE(::read(ends[0], &ready, 1) == 1);
    ::close(ends[0]);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool lives() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  pid_t pid_ = 0;
};

void lock_in_two_orders(const Child::Ready& ready) {
  std::mutex locks[2];
  std::atomic<int> arrived{0};
  const auto take = [&](size_t first) {
    const std::lock_guard one(locks[first]);
    arrived.fetch_add(1);
    while (arrived.load() < 2) std::this_thread::yield();
    if (first == 0) ready();
    const std::lock_guard two(locks[1 - first]);
  };
  std::thread other(take, 1);
  take(0);
}

[[gnu::noinline]] void spin(std::atomic<uint64_t>& spins) {
  for (;;) spins.fetch_add(1, std::memory_order_relaxed);
}

rca::AutopsyReport autopsy_of(const Child& child) {
  const TemporaryFolder folder;
  const auto report = autopsy_live_process(child.pid(), folder.path());
  BOOST_REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  BOOST_TEST(child.lives());
  return *report;
}

BOOST_AUTO_TEST_CASE(a_process_that_hangs_in_a_circle_of_locks_is_told_and_goes_on) {
  const Child child(lock_in_two_orders);
  rca::AutopsyReport report;
  const Deadline deadline(std::chrono::seconds(20));
  while (report.cause != "DEADLOCK" && !deadline.passed()) report = autopsy_of(child);
  BOOST_TEST(report.cause == "DEADLOCK");
  BOOST_TEST(report.involved.size() == 2U);
  const std::string page = rca::autopsy_to_text(report);
  BOOST_TEST(page.find("the one that died") == std::string::npos);
  BOOST_TEST(page.find("the one to look at") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thread_that_spins_is_the_one_to_look_at_but_no_proof) {
  const Child child([](const Child::Ready& ready) {
    std::atomic<uint64_t> spins{0};
    std::thread one([&] { spin(spins); });
    while (spins.load() == 0) std::this_thread::yield();
    ready();
    one.join();
  });
  const rca::LiveObservation live = observe_live_process(child.pid());
  BOOST_REQUIRE(live.threads.size() == 2U);
  BOOST_TEST(live.threads[1].cpu_ns > live.threads[0].cpu_ns);
  BOOST_TEST(!live.threads[1].records.has_value());
  const rca::AutopsyReport report = autopsy_of(child);
  BOOST_TEST(report.cause == "UNKNOWN");
  // However little of a processor a busy machine gave it.
  BOOST_TEST(report.tid == live.threads[1].tid);
  for (const rca::Evidence& one : report.evidence) {
    BOOST_TEST(one.excerpt.find("no thread used a processor") == std::string::npos, one.excerpt);
  }
}

BOOST_AUTO_TEST_CASE(a_process_whose_flight_recorder_grows_gets_on) {
  const TemporaryFolder folder;
  const Child child([&](const Child::Ready& ready) {
    postmortem::FlightRecorderOptions options;
    options.path = folder / "flight-1.rec";
    if (!postmortem::open_flight_recorder(options)) return;
    CRASHWRIGHT_LOG_INFO("begun");
    ready();
    for (uint64_t i = 0;; ++i) CRASHWRIGHT_LOG_INFO("step {}", i);
  });
  const rca::LiveObservation live = observe_live_process(child.pid());
  BOOST_REQUIRE(!live.threads.empty());
  BOOST_TEST(live.threads[0].records.value_or(0) > 0U);
  BOOST_TEST(autopsy_of(child).cause == "NONE");
}

}  // namespace
}  // namespace crashwright::harness
