// Goal: `crashwright run` finds the best way to a core that is left, says which and why, and its engine's core is
// judged as strictly as ever, for an unprivileged user too.
// Method: the real program is started with ways closed around it, as a container or a batch system would.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "harness/runner/sandbox.h"

using namespace crashwright;
namespace fs = std::filesystem;

namespace {

constexpr const char* kScenario =
    "name: crash\n"
    "session: {messages: 1000}\n"
    "faults:\n"
    "  - null_dereference: {at: gateway.send_order, hit: 20}\n"
    "expect:\n"
    "  rca: {cause: NULL_DEREF, function: OrderGateway::send}\n";

enum class Closed { kNothing, kKernel, kKernelAndPtrace };

struct Place {
  Place() {
    char path[] = "/tmp/crashwright-ladder-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    ::chmod(path, 0777);
    BOOST_REQUIRE(write_file(root + "/crash.yaml", kScenario).has_value());
  }
  ~Place() { fs::remove_all(root); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string root;
};

std::string program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "crashwright").string(); }

void become_nobody() {
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(nobody->pw_gid) != 0 ||
      ::setuid(nobody->pw_uid) != 0) {
    ::_exit(126);
  }
}

// Exit code of `crashwright run`; its output is in `out`.
int run_closed(const Place& place, Closed closed, bool unprivileged, std::string& out,
               const std::string& file = "/crash.yaml") {
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    if (unprivileged) become_nobody();
    if (closed != Closed::kNothing && !harness::forbid_kernel_core()) ::_exit(125);
    if (closed == Closed::kKernelAndPtrace && !harness::forbid_ptrace()) ::_exit(124);
    const int log = ::open((place.root + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::setenv("CRASHWRIGHT_STATE_DIR", (place.root + "/state").c_str(), 1);
    ::execl(program().c_str(), "crashwright", "run", "--keep", "--out", (place.root + "/out").c_str(),
            (place.root + file).c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  out = read_file(place.root + "/log").value_or("");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void check_way(Closed closed, bool unprivileged, const std::string& way) {
  const Place place;
  std::string out;
  BOOST_TEST(run_closed(place, closed, unprivileged, out) == 0, out);
  BOOST_TEST(out.find("core capture: " + way) != std::string::npos, out);
  const std::string facts = read_file(place.root + "/out/latest/crash.release/facts.json").value_or("");
  BOOST_TEST(facts.find("\"core_way\": \"" + way + "\"") != std::string::npos, facts);
  if (closed != Closed::kNothing) BOOST_TEST(out.find("kernel core: the hard limit") != std::string::npos, out);
  if (closed == Closed::kKernelAndPtrace) BOOST_TEST(out.find("outside core: ") != std::string::npos, out);
}

bool may_become_nobody(const char* why) {
  // The programs may lie in a folder that nobody else can enter.
  for (fs::path folder = fs::path(program()).parent_path(); folder != "/"; folder = folder.parent_path()) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) {
      std::printf("SKIPPED: %s: others may not enter %s\n", why, folder.c_str());
      return false;
    }
  }
  if (::getuid() == 0) return true;
  std::printf("SKIPPED: %s: this needs root, to become another user\n", why);
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(with_the_kernels_core_limited_to_nothing_it_is_taken_from_outside) {
  check_way(Closed::kKernel, false, "outside");
}

BOOST_AUTO_TEST_CASE(with_ptrace_denied_as_well_the_engine_writes_its_core_itself) {
  check_way(Closed::kKernelAndPtrace, false, "self");
}

BOOST_AUTO_TEST_CASE(an_unprivileged_user_gets_cores_from_outside) {
  if (may_become_nobody("cores from outside")) check_way(Closed::kKernel, true, "outside");
}

BOOST_AUTO_TEST_CASE(an_unprivileged_user_gets_self_written_cores) {
  if (may_become_nobody("self-written cores")) check_way(Closed::kKernelAndPtrace, true, "self");
}

BOOST_AUTO_TEST_CASE(a_scenario_that_asks_for_a_closed_way_is_skipped_with_the_reason) {
  const Place place;
  BOOST_REQUIRE(write_file(place.root + "/kernel.yaml", std::string(kScenario) + "core: kernel\n").has_value());
  std::string out;
  BOOST_TEST(run_closed(place, Closed::kKernelAndPtrace, false, out, "/kernel.yaml") == 3, out);
  BOOST_TEST(out.find("SKIPPED") != std::string::npos, out);
  BOOST_TEST(out.find("kernel core: the hard limit of RLIMIT_CORE is 1 bytes") != std::string::npos, out);
}
