// Goal: nothing of a program outlives it, whatever it does to get away, and several programs do not touch each other.
// Method: shells that leave children behind in other groups and sessions, with an empty environment.
#include "harness/storage/explore/supervised_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/clock.h"

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

}  // namespace

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
