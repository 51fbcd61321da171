// Goal: where core_pattern hands cores to a program, the probe says so and the next way to a core is taken.
// Method: the pattern of the whole machine is changed for the time of a few deaths and put back whatever happens;
// without the right to do so the test is reported as skipped.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>

#include "base/file.h"
#include "harness/runner/needs.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr const char* kPatternFile = "/proc/sys/kernel/core_pattern";

bool set_pattern(const std::string& pattern) {
  const int fd = ::open(kPatternFile, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, pattern.data(), pattern.size()) == static_cast<ssize_t>(pattern.size());
  ::close(fd);
  return written;
}

// The pattern as long as this object lives. A process of its own puts the old one back as soon as this one is gone,
// however that came about.
class BorrowedPattern {
 public:
  explicit BorrowedPattern(const std::string& pattern) : old_(read_file(kPatternFile).value_or("core")) {
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    guardian_ = ::fork();
    if (guardian_ == 0) guard(ends);
    ::close(ends[0]);
    alive_ = ends[1];
    works_ = guardian_ > 0 && set_pattern(pattern);
  }
  ~BorrowedPattern() {
    ::close(alive_);
    int status = 0;
    ::waitpid(guardian_, &status, 0);
  }
  BorrowedPattern(const BorrowedPattern&) = delete;
  BorrowedPattern& operator=(const BorrowedPattern&) = delete;

  [[nodiscard]] bool works() const { return works_; }
  [[nodiscard]] const std::string& old() const { return old_; }

 private:
  [[noreturn]] void guard(const int (&ends)[2]) const {
    ::setsid();
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(number, SIG_IGN);
    ::close(ends[1]);
    char byte = 0;
    while (::read(ends[0], &byte, 1) > 0) {
    }
    ::_exit(set_pattern(old_) ? 0 : 1);
  }

  std::string old_;
  pid_t guardian_ = -1;
  int alive_ = -1;
  bool works_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(where_cores_go_to_a_program_the_run_takes_the_next_way_and_says_why) {
  if (::access(kPatternFile, W_OK) != 0) {
    std::puts("SKIPPED: this needs root, to change core_pattern");
    return;
  }
  const TemporaryFolder folder;
  std::string before;
  Result<Capabilities> machine = fail(ErrorKind::kInternal, "not probed");
  {
    const BorrowedPattern pattern("|/bin/true %p");
    before = pattern.old();
    if (!pattern.works()) {
      std::puts("SKIPPED: core_pattern cannot be changed here");
      return;
    }
    machine = probe_machine(folder.path());
  }
  BOOST_TEST(read_file(kPatternFile).value_or("") == before);
  BOOST_REQUIRE_MESSAGE(machine.has_value(), (machine ? "" : machine.error().message));
  BOOST_TEST((machine->core == CoreWay::kOutside));
  bool told = false;
  for (const Finding& finding : machine->findings) {
    if (finding.what != "kernel core") continue;
    told = true;
    BOOST_TEST(!finding.works);
    BOOST_TEST(finding.text.find("core_pattern is |/bin/true") != std::string::npos, finding.text);
    BOOST_TEST(!finding.remedy.empty());
  }
  BOOST_TEST(told);
}
