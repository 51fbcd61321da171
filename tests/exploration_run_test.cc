// Goal: power losses of a program of one's own are explored as a user would ask for it: by a scenario, by the command
// line, with and without privilege; and no verdict comes where the layer cannot be had.
// Method: the real program is started on tiny shell writers and checkers.
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

#include "base/file.h"

using namespace crashwright;
namespace fs = std::filesystem;

namespace {

constexpr const char* kSafe = "#!/bin/sh\nfor i in 1 2 3; do echo $i >> log; sync log; echo ack $i; done\n";
constexpr const char* kUnsafe = "#!/bin/sh\nfor i in 1 2 3; do echo $i >> log; echo ack $i; done\n";
constexpr const char* kChecker =
    "#!/bin/sh\n"
    "for i in $(cat \"$CRASHWRIGHT_ACKED\"); do\n"
    "  grep -qx $i log 2> /dev/null || { echo \"acknowledged and lost: $i\"; exit 1; }\n"
    "done\n";

std::string scenario(const std::string& writer, const std::string& more = {}) {
  return "name: a log\n"
         "engine:\n"
         "  command: [sh, -c, \"exec ./" +
         writer +
         " log\"]\n"
         "  check: [./checker]\n"
         "storage:\n"
         "  profile: E\n"
         "  explore: {states: 60}\n" +
         more;
}

std::string program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "crashwright").string(); }

struct Place {
  Place() {
    char path[] = "/tmp/crashwright-explore-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root = path;
    ::chmod(path, 0777);
    put("safe", kSafe);
    put("unsafe", kUnsafe);
    put("checker", kChecker);
  }
  ~Place() { fs::remove_all(root); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void put(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(write_file(root + "/" + name, text).has_value());
    BOOST_REQUIRE(::chmod((root + "/" + name).c_str(), 0755) == 0);
  }
  [[nodiscard]] std::string text(const std::string& name) const { return read_file(root + "/" + name).value_or(""); }

  // Exit code of the program; what it said is in `said`. `before` runs in the child.
  int start(std::vector<std::string> words, const std::function<void()>& before = {}) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
      const int log = ::open((root + "/said").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::setenv("CRASHWRIGHT_STATE_DIR", (root + "/state").c_str(), 1);
      if (::chdir(root.c_str()) != 0) ::_exit(125);
      if (before) before();
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    said = text("said");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int run(const std::string& yaml, const std::vector<std::string>& more = {},
          const std::function<void()>& before = {}) {
    put("scenario.yaml", yaml);
    std::vector<std::string> words = {program(), "run", root + "/scenario.yaml", "--out", root + "/out"};
    words.insert(words.end(), more.begin(), more.end());
    return start(words, before);
  }
  int explore(const std::string& writer, const std::function<void()>& before = {}) {
    return start({program(), "storage", "explore", "--states", "60", "--check", "./checker", "--keep", root + "/kept",
                  "--json", root + "/explored.json", "--", "./" + writer},
                 before);
  }
  [[nodiscard]] bool said_so(const std::string& part) const { return said.find(part) != std::string::npos; }

  std::string root;
  std::string said;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool fuse_here() {
  if (::access("/dev/fuse", R_OK | W_OK) == 0) return true;
  std::printf("SKIPPED: this needs /dev/fuse\n");
  return false;
}

// Without a right to mount of its own, and without a way to gain one through fusermount3.
void become_nobody_for_good() {
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(nobody->pw_gid) != 0 ||
      ::setuid(nobody->pw_uid) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    ::_exit(126);
  }
}

// What is at /dev/fuse is no FUSE any more, for the child alone.
void hide_fuse() {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("/dev/null", "/dev/fuse", nullptr, MS_BIND, nullptr) != 0) {
    ::_exit(126);
  }
}

bool may_become_nobody() {
  for (fs::path folder = fs::path(program()).parent_path(); folder != "/"; folder = folder.parent_path()) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) {
      std::printf("SKIPPED: others may not enter %s\n", folder.c_str());
      return false;
    }
  }
  if (::getuid() == 0) return true;
  std::printf("SKIPPED: this needs root, to become another user\n");
  return false;
}

// Does the kernel let an unprivileged process have a user namespace, and the device?
bool namespaces_here() {
  constexpr int kNoDevice = 2;
  const pid_t child = ::fork();
  if (child == 0) {
    become_nobody_for_good();
    if (::access("/dev/fuse", R_OK | W_OK) != 0) ::_exit(kNoDevice);
    ::_exit(::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  const bool no_device = WIFEXITED(status) && WEXITSTATUS(status) == kNoDevice;
  std::printf("SKIPPED: %s closed to unprivileged processes here\n",
              no_device ? "/dev/fuse is" : "user namespaces are");
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_scenario_of_a_safe_program_passes_and_keeps_its_figures_alone) {
  if (!fuse_here()) return;
  Place place;
  BOOST_TEST(place.run(scenario("safe")) == 0, place.said);
  const std::string folder = "out/latest/a-log.foreign/";
  BOOST_TEST(contains(place.text(folder + "exploration.json"), "\"verdict\": \"clean\""));
  BOOST_TEST(contains(place.text(folder + "plan.json"), "\"exploration\""));
  BOOST_TEST(!fs::exists(place.root + "/" + folder + "run"));
  BOOST_TEST(!fs::exists(place.root + "/" + folder + "record"));
  BOOST_TEST(contains(place.text("out/latest/run.json"), "\"verdict\": \"clean\""));
  BOOST_TEST(contains(place.text("out/latest/report.html"), "distinct states judged, 0 violated"));
}

BOOST_AUTO_TEST_CASE(a_scenario_of_an_unsafe_program_fails_with_evidence_that_repeats_it) {
  if (!fuse_here()) return;
  Place place;
  BOOST_TEST(place.run(scenario("unsafe")) == 1, place.said);
  BOOST_TEST(place.said_so("power_loss: E: acknowledged and lost: "), place.said);
  const std::string folder = "out/latest/a-log.foreign/";
  for (const char* const kept :
       {"exploration.json", "findings/E-1/operations.txt", "findings/E-1/checker.txt", "findings/E-1/image",
        "findings/E-1/nothing_lost", "record/operations.bin", "repro.sh"}) {
    BOOST_TEST(fs::exists(place.root + "/" + folder + kept), kept);
  }
  BOOST_TEST(contains(place.text("out/latest/events.jsonl"), "\"operations_lost\":[\""));
  BOOST_TEST(contains(place.text("out/latest/junit.xml"), "<failure type=\"FAIL\""));
  BOOST_TEST(contains(place.text("out/latest/junit.xml"), "would pass with fsync of log"));
  BOOST_TEST(contains(place.text("out/latest/report.html"), "lost, all the rest kept"));
  const std::string script = fs::canonical(place.root + "/" + folder + "repro.sh").string();
  BOOST_TEST(place.start({script, "--out", place.root + "/again"}) == 1, place.said);
  BOOST_TEST(contains(place.text("again/latest/run.json"), "\"verdict\": \"violated\""));
  const std::string finding = fs::canonical(place.root + "/" + folder + "findings/E-1").string();
  BOOST_TEST(place.start({finding + "/judge.sh"}) == 1, place.said);
  BOOST_TEST(place.said_so("acknowledged and lost: 1"), place.said);
  BOOST_TEST(place.start({finding + "/repro.sh", "--out", place.root + "/third"}) == 1, place.said);
  BOOST_TEST(contains(place.text("third/latest/run.json"), "\"verdict\": \"violated\""));
}

BOOST_AUTO_TEST_CASE(an_unsafe_setting_that_is_expected_passes_and_another_failure_does_not) {
  if (!fuse_here()) return;
  Place place;
  BOOST_TEST(place.run(scenario("unsafe",
                                "expect: {storage: {verdict: violated, profile: E, reason: acknowledged and "
                                "lost, lost: write of}}\n")) == 0,
             place.said);
  BOOST_TEST(place.run(scenario("unsafe", "expect: {storage: {verdict: violated, reason: malformed}}\n")) == 1,
             place.said);
  BOOST_TEST(place.run(scenario("safe", "expect: {storage: {verdict: violated}}\n")) == 1, place.said);
  BOOST_TEST(place.said_so("expected to be violated, but "), place.said);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_refused_and_a_need_that_is_missing_skips) {
  if (!fuse_here()) return;
  Place place;
  BOOST_TEST(place.run("name: a\nengine: {command: [./nothing], check: [./checker]}\nstorage: {explore: {}}\n") == 2,
             place.said);
  BOOST_TEST(place.said_so("engine.command: no program \"./nothing\" that can be run"), place.said);
  BOOST_TEST(place.run("name: a\nengine: {command: [./nothing], check: [./checker], needs: [no-such-server]}\n"
                       "storage: {explore: {}}\n") == 3,
             place.said);
  BOOST_TEST(place.said_so("missing: no-such-server: no such program"), place.said);
}

BOOST_AUTO_TEST_CASE(a_checker_that_errs_is_an_error_of_the_case) {
  if (!fuse_here()) return;
  Place place;
  place.put("checker", "#!/bin/sh\necho confused\nexit 3\n");
  BOOST_TEST(place.run(scenario("safe")) == 5, place.said);
  BOOST_TEST(place.said_so("the checker could not judge"), place.said);
  BOOST_TEST(contains(place.text("out/latest/junit.xml"), "<error type=\"ERROR\""));
}

BOOST_AUTO_TEST_CASE(an_unprivileged_user_explores_in_a_user_namespace) {
  if (!fuse_here() || !may_become_nobody() || !namespaces_here()) return;
  Place place;
  BOOST_TEST(place.explore("safe", become_nobody_for_good) == 0, place.said);
  BOOST_TEST(place.explore("unsafe", become_nobody_for_good) == 1, place.said);
  BOOST_TEST(contains(place.text("explored.json"), "\"verdict\": \"violated\""));
  BOOST_TEST(place.run(scenario("unsafe"), {}, become_nobody_for_good) == 1, place.said);
}

BOOST_AUTO_TEST_CASE(a_program_that_gives_up_being_root_is_explored_as_well) {
  if (::geteuid() != 0) return;
  Place place;
  place.put("dropping",
            "#!/bin/sh\nchown 65534 . && chmod 755 . && touch log && chown 65534 log || exit 9\n"
            "exec setpriv --reuid 65534 --clear-groups sh -c "
            "'for i in 1 2; do echo $i >> log && sync log && echo ack $i || exit 9; done'\n");
  BOOST_TEST(place.explore("dropping") == 0, place.said);
  BOOST_TEST(!place.said_so("denied"), place.said);
}

BOOST_AUTO_TEST_CASE(without_fuse_nothing_is_judged_and_the_remedy_is_told) {
  if (::getuid() != 0) {
    std::printf("SKIPPED: this needs root, to hide /dev/fuse\n");
    return;
  }
  Place place;
  BOOST_TEST(place.explore("safe", hide_fuse) == 10, place.said);
  BOOST_TEST(place.said_so("access to /dev/fuse"), place.said);
  BOOST_TEST(place.run(scenario("safe"), {}, hide_fuse) == 3, place.said);
  BOOST_TEST(place.said_so("SKIPPED"), place.said);
  BOOST_TEST(place.said_so("access to /dev/fuse"), place.said);
}

BOOST_AUTO_TEST_CASE(a_kept_finding_can_be_judged_and_repeated_and_stays_as_it_was) {
  Place place;
  if (place.explore("unsafe") == 10) return;  // no storage layer here
  BOOST_REQUIRE_MESSAGE(place.said_so("violated"), place.said);
  const std::string operations = place.text("kept/E-1/operations.txt");
  const std::string tokens = place.text("kept/E-1/acked.txt");
  BOOST_TEST(contains(place.said, "power lost after operation " +
                                      std::to_string(std::count(operations.begin(), operations.end(), '\n') - 2)),
             place.said << operations);
  BOOST_TEST(tokens == "1\n");
  BOOST_TEST(place.start({place.root + "/kept/E-1/judge.sh"}) == 1);
  BOOST_TEST(place.said_so("acknowledged and lost: 1"), place.said);
  BOOST_TEST(place.start({place.root + "/kept/E-1/repro.sh"}) == 1);
  BOOST_TEST(place.text("kept/E-1/operations.txt") == operations);
}

BOOST_AUTO_TEST_CASE(the_lint_tells_the_unsafe_program_from_the_safe_one_without_a_power_loss) {
  if (!fuse_here()) return;
  Place place;
  const auto lint = [&](const std::string& writer) {
    return place.start({program(), "storage", "lint", "--json", place.root + "/lint.json", "--", "./" + writer});
  };
  BOOST_TEST(lint("safe") == 0, place.said);
  BOOST_TEST(contains(place.text("lint.json"), "\"verdict\": \"clean\""));
  BOOST_TEST(lint("unsafe") == 1, place.said);
  BOOST_TEST(contains(place.text("lint.json"), "\"missing_sync\": \"fsync of log before the acknowledgement\""));
  BOOST_TEST(place.said_so("3 of 3 acknowledgements left before what had been written by then"), place.said);
}
