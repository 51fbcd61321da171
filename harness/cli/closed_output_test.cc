// Goal: what a command does when its standard output takes nothing, as a shell sees it.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "rca/testing/dead_engine.h"

using namespace crashwright::harness::cli;

namespace {

// In a child whose standard output takes nothing.
int code_without_output(int fd, const std::vector<std::string>& words) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_IGN);
    ::dup2(fd, STDOUT_FILENO);
    ::_exit(run_command(words));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_reader_that_left_ends_a_command_quietly_and_a_full_device_is_an_error) {
  int pipe[2];
  BOOST_REQUIRE(::pipe(pipe) == 0);
  ::close(pipe[0]);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  BOOST_REQUIRE(full >= 0);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--help"}, {"schema"}, {"faults"}, {"version"}}) {
    BOOST_TEST(code_without_output(pipe[1], words) == 128 + SIGPIPE, words[0]);
    BOOST_TEST(code_without_output(full, words) == kExitEnvironment, words[0]);
  }
  ::close(pipe[1]);
  ::close(full);
}

BOOST_AUTO_TEST_CASE(a_reader_that_left_in_the_middle_of_a_log_is_no_trouble_of_the_environment) {
  const crashwright::rca::testing::DeadEngine dead;
  int pipe[2];
  BOOST_REQUIRE(::pipe(pipe) == 0);
  ::close(pipe[0]);
  for (int i = 0; i < 2; ++i) {  // long enough to be written before the command ends, and short
    BOOST_TEST(code_without_output(pipe[1], {"log", dead.folder(), i == 0 ? "--format=json" : "--quiet"}) ==
               128 + SIGPIPE);
  }
  ::close(pipe[1]);
}
