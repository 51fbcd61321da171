// Goal: what keeps an engine from starting has an exit code and a sentence of its own, and what it merely has to wait
// for is neither a stalled thread nor a storm of restarts.
// Method: the real engine with the watchdog's usual patience, before an exchange that is gone, a drop copy that takes
// its time, and a lock that somebody holds.
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "mock_engine/engine_process.h"
#include "mock_engine/engine_process_checks.h"
#include "mock_engine/lock_holder.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

constexpr std::chrono::milliseconds kPatience{500};
const std::vector<std::string> kUsualPatience = {"--stall-after", std::to_string(kPatience.count())};

// Takes the exchange away and gives the session a port where nobody listens; another one may get that of the exchange.
UniqueFd take_the_exchange_away(EngineSession& session) {
  session.exchange.stop();
  UniqueFd held(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  BOOST_REQUIRE(::bind(held.get(), generic, size) == 0);
  BOOST_REQUIRE(::getsockname(held.get(), generic, &size) == 0);
  session.exchange.port = ntohs(address.sin_port);
  return held;
}

// The writer's end of a FIFO, once the engine has opened the other.
UniqueFd await_reader(const std::string& path) {
  const Deadline deadline(std::chrono::seconds(20));
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd) return fd;
    BOOST_REQUIRE(!deadline.passed());
    std::this_thread::yield();
  }
}

// Until the watchdog has taken the engine down, or has had three times its patience for it.
void await_the_watchdog(const EngineSession& session) {
  const Deadline deadline(3 * kPatience);
  while (session.control->handler.watchdog_stalled_tid.load() == 0 && !deadline.passed()) std::this_thread::yield();
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_exchange_that_is_away_ends_every_start_in_order_and_is_no_restart_storm) {
  EngineSession session(kShort);
  const UniqueFd held = take_the_exchange_away(session);
  std::vector<std::string> more = kUsualPatience;
  more.insert(more.end(), {"--restarts-max", "1"});
  for (int start = 0; start < 2; ++start) {
    const int status = session.run(more);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 5), session.errors());
    BOOST_TEST(session.errors().find("connect to 127.0.0.1") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_drop_copy_that_takes_its_time_is_no_stalled_thread) {
  EngineSession session(kShort);
  const std::string path = session.folder + "/drop_copy.fifo";
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::vector<std::string> more = kUsualPatience;
  more.insert(more.end(), {"--drop-copy", path});
  session.start(more);
  {
    const UniqueFd copy = await_reader(path);
    await_the_watchdog(session);
    const std::string told = session.exchange.drop_copy();
    BOOST_TEST(::write(copy.get(), told.data(), told.size()) == static_cast<ssize_t>(told.size()));
  }
  BOOST_TEST(session.await() == 0, session.errors());
}

BOOST_AUTO_TEST_CASE(a_second_engine_on_the_same_data_is_turned_away) {
  EngineSession session(kShort);
  const UniqueFd lock(::open((session.folder + "/data/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  BOOST_REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  BOOST_TEST(WEXITSTATUS(session.run()) == 6);
  BOOST_TEST(session.errors().find("is held by another engine") != std::string::npos);
}

// The kernel holds a dead engine's locks for as long as its device takes: longer than a living one is waited for.
BOOST_AUTO_TEST_CASE(the_lock_of_a_dead_engine_is_waited_for_until_the_kernel_lets_go_of_it) {
  EngineSession session(kShort);
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  siginfo_t info{};
  BOOST_REQUIRE(::waitid(P_PID, static_cast<id_t>(dead), &info, WEXITED | WNOWAIT) == 0);
  UniqueFd lock(::open((session.folder + "/data/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  BOOST_REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  write_lock_holder(lock.get(), holder_of(dead).value());
  BOOST_REQUIRE(::waitpid(dead, nullptr, 0) == dead);
  session.start();
  const std::string told = "waits for process " + std::to_string(dead) + ", which is dead or dying";
  const Deadline deadline(std::chrono::seconds(20));
  while (session.errors().find(told) == std::string::npos && !deadline.passed()) std::this_thread::yield();
  BOOST_TEST(!deadline.passed(), session.errors());
  lock.reset();
  BOOST_TEST(session.await() == 0, session.errors());
}
