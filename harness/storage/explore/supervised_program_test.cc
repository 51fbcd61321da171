// Goal: nothing of a program outlives it, whatever it does to get away, several programs do not touch each other, and
// the process between does without the heap, which another thread may hold locked at the moment of fork().
// Method: shells that leave children behind in other groups and sessions, with an empty environment; a heap that counts
// who calls it, and threads that never let go of it.
#include "harness/storage/explore/supervised_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "harness/storage/explore/heap_after_fork.h"
#include "harness/storage/explore/process_tree.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr std::chrono::milliseconds kPatience{20'000};

struct Place {
  Place() {
    char name[] = "/tmp/crashwright-supervised-XXXXXX";
    path = ::mkdtemp(name);
    output = UniqueFd(::open((path + "/output").c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_APPEND, 0644));
  }
  ~Place() { std::filesystem::remove_all(path); }

  SupervisedCommand shell(const std::string& script) const {
    SupervisedCommand command;
    command.argv = {"sh", "-c", script};
    command.folder = path;
    command.output = output.get();
    return command;
  }
  // The number in a file that the program writes; it is there when the program says so.
  pid_t number(const std::string& name) const {
    std::ifstream file(path + "/" + name);
    pid_t pid = 0;
    file >> pid;
    return pid;
  }

  std::string path;
  UniqueFd output;
};

bool lives(pid_t pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

bool wait_for(const std::string& path) {
  const Deadline deadline(kPatience);
  while (!std::filesystem::exists(path)) {
    if (deadline.passed()) return false;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

// Leaves orphans behind, more than are looked at together, one of them deep.
constexpr const char* kFamily =
    "i=0; while [ $i -lt 40 ]; do sleep 600 & i=$((i+1)); done; "
    "setsid env -i sh -c 'sh -c \"sleep 600 & wait\" & wait' & exit 3";

boost::test_tools::assertion_result heap_can_be_watched(boost::unit_test::test_unit_id /*unit*/) {
  return heap_is_watched();
}

void call_the_heap_in_a_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    auto* volatile block = new std::array<char, 100>;
    delete block;
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_process_between_never_calls_the_heap, *boost::unit_test::precondition(heap_can_be_watched)) {
  const Place place;
  watch_heap_after_fork();
  for (const bool killed : {false, true}) {
    auto program = SupervisedProgram::start(place.shell(kFamily));
    BOOST_REQUIRE(program);
    BOOST_TEST((*program)->wait(kPatience));
    if (killed) (*program)->kill();
    BOOST_TEST(WEXITSTATUS((*program)->end().value_or(0)) == 3);
  }
  SupervisedCommand absent = place.shell("");
  absent.argv = {"no_such_program"};
  BOOST_TEST(!SupervisedProgram::start(absent));
  BOOST_TEST(heap_calls_after_fork() == 0U);
  call_the_heap_in_a_child();
  BOOST_TEST(heap_calls_after_fork() == 2U);
}

BOOST_AUTO_TEST_CASE(threads_that_use_the_heap_meanwhile_do_not_stop_it) {
  const Place place;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (size_t i = 1; i <= 3; ++i) {
    threads.emplace_back([&over, i] {
      for (size_t size = i; !over; size = size * 5 % 4'093) static_cast<void>(std::make_unique<char[]>(size + 1));
    });
  }
  for (int round = 0; round < 20; ++round) {
    auto program = SupervisedProgram::start(place.shell("sleep 600 & exit 3"));
    BOOST_REQUIRE(program);
    BOOST_TEST((*program)->wait(kPatience));
    BOOST_TEST(WEXITSTATUS((*program)->end().value_or(0)) == 3);
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
}

BOOST_AUTO_TEST_CASE(children_are_listed_in_parts_and_killed_with_their_parent) {
  constexpr size_t kChildren = 70;
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    for (size_t i = 0; i < kChildren; ++i) {
      if (::fork() == 0) ::pause();
    }
    static_cast<void>(::write(ends[1], "x", 1) < 0);
    for (;;) ::pause();
  }
  char ready = 0;
  BOOST_REQUIRE(::read(ends[0], &ready, 1) == 1);
  std::set<pid_t> seen;
  std::array<pid_t, 32> some;
  for (size_t count = children_of(parent, 0, some); count > 0; count = children_of(parent, some[count - 1], some)) {
    seen.insert(some.begin(), some.begin() + static_cast<ptrdiff_t>(count));
  }
  BOOST_TEST(seen.size() == kChildren);
  BOOST_TEST(children_of(parent, ::getpid(), some) == some.size(), "who is no child: from the first one on");
  kill_tree(parent);
  size_t killed = 0;
  for (int status = 0; ::waitpid(-1, &status, 0) > 0;) killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  BOOST_TEST(killed == kChildren + 1);
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(the_wait_status_is_that_of_the_program) {
  const Place place;
  auto program = SupervisedProgram::start(place.shell("exit 7"));
  BOOST_REQUIRE(program);
  BOOST_TEST((*program)->wait(kPatience));
  const auto status = (*program)->end();
  BOOST_REQUIRE(status);
  BOOST_TEST(WIFEXITED(*status));
  BOOST_TEST(WEXITSTATUS(*status) == 7);
}

BOOST_AUTO_TEST_CASE(orphans_in_a_session_of_their_own_without_environment_are_killed) {
  const Place place;
  const char* const script =
      "setsid env -i sh -c 'echo $$ > orphan.new; mv orphan.new orphan; exec sleep 600' & "
      "while [ ! -e orphan ]; do sleep 0.01; done; exit 0";
  auto program = SupervisedProgram::start(place.shell(script));
  BOOST_REQUIRE(program);
  BOOST_TEST((*program)->wait(kPatience));
  BOOST_REQUIRE((*program)->end());
  const pid_t orphan = place.number("orphan");
  BOOST_TEST(orphan > 0);
  BOOST_TEST(!lives(orphan));
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_end_is_killed_and_another_one_is_left_alone) {
  const Place place;
  const Place other;
  const char* const script = "echo $$ > me.new; mv me.new me; exec sleep 600";
  auto first = SupervisedProgram::start(place.shell(script));
  auto second = SupervisedProgram::start(other.shell(script));
  BOOST_REQUIRE(first);
  BOOST_REQUIRE(second);
  BOOST_REQUIRE(wait_for(place.path + "/me"));
  BOOST_REQUIRE(wait_for(other.path + "/me"));
  BOOST_TEST(!(*first)->wait(std::chrono::milliseconds(1)));
  const auto status = (*first)->end();
  BOOST_REQUIRE(status);
  BOOST_TEST(WIFSIGNALED(*status));
  BOOST_TEST(!lives(place.number("me")));
  BOOST_TEST(lives(other.number("me")));
  second->reset();
  BOOST_TEST(!lives(other.number("me")));
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_an_error_with_its_name) {
  const Place place;
  SupervisedCommand command = place.shell("");
  command.argv = {"./no_such_program"};
  const auto program = SupervisedProgram::start(command);
  BOOST_REQUIRE(!program);
  BOOST_TEST(program.error().message == "cannot start ./no_such_program: No such file or directory");
}

BOOST_AUTO_TEST_CASE(it_inherits_its_output_one_more_descriptor_and_nothing_else) {
  const Place place;
  SupervisedCommand command = place.shell("ls /proc/self/fd | sort -n | tr '\\n' ' ' > descriptors; echo said >&9");
  const UniqueFd more(::fcntl(place.output.get(), F_DUPFD_CLOEXEC, 9));
  BOOST_REQUIRE(more.get() == 9);
  command.handed_on = more.get();
  auto program = SupervisedProgram::start(command);
  BOOST_REQUIRE(program);
  BOOST_TEST((*program)->wait(kPatience));
  BOOST_REQUIRE((*program)->end());
  std::ifstream file(place.path + "/descriptors");
  std::string all;
  std::getline(file, all);
  BOOST_TEST(all == "0 1 2 3 9 ");  // 3: the folder that ls reads
  std::ifstream output(place.path + "/output");
  std::string said;
  std::getline(output, said);
  BOOST_TEST(said == "said");
}
