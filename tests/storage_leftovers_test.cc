// Goal: a storage command that is killed leaves nothing behind for good; and what is not there beside crashwright is
// missed by its name, and only by who needs it.
// Method: the real program is killed while the program that it explores runs, then `crashwright cleanup`, or another
// exploration, comes; and it is started from folders that hold a part of what is installed.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

using namespace crashwright;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kPatience{60};

fs::path own_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

bool fuse_here() {
  if (::access("/dev/fuse", R_OK | W_OK) == 0) return true;
  std::printf("SKIPPED: this needs /dev/fuse\n");
  return false;
}

class Place {
 public:
  Place() {
    char path[] = "/tmp/crashwright-leftovers-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    root_ = path;
    for (const char* name : {"/tmp", "/images", "/bin"}) fs::create_directory(root_ + name);
  }
  ~Place() { fs::remove_all(root_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // A program of the build in a folder of its own.
  void install(const std::string& name) const {
    std::error_code other_file_system;
    fs::create_hard_link(own_folder() / name, root_ + "/bin/" + name, other_file_system);
    if (other_file_system) fs::copy_file(own_folder() / name, root_ + "/bin/" + name);
  }

  [[nodiscard]] pid_t start(std::vector<std::string> words) const {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child != 0) return child;
    const int log = ::open((root_ + "/said").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::setenv("CRASHWRIGHT_STATE_DIR", (root_ + "/state").c_str(), 1);
    ::setenv("TMPDIR", (root_ + "/tmp").c_str(), 1);
    ::setenv("CRASHWRIGHT_IMAGES", (root_ + "/images").c_str(), 1);
    if (::chdir(root_.c_str()) != 0) ::_exit(125);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  [[nodiscard]] int run(std::vector<std::string> words) const {
    int status = 0;
    ::waitpid(start(std::move(words)), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string said() const { return read_file(root_ + "/said").value_or(""); }
  [[nodiscard]] const std::string& root() const { return root_; }

  [[nodiscard]] size_t left_behind() const {
    size_t count = 0;
    for (const char* name : {"/tmp", "/images"}) {
      for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_ + name)) ++count;
    }
    return count;
  }
  // Looked for beside the mount, in which a look could hang with the layer gone.
  [[nodiscard]] bool has_begun() const {
    for (const auto& entry : fs::directory_iterator(root_ + "/tmp")) {
      if (fs::exists(entry.path() / "backing" / "begun")) return true;
    }
    return false;
  }

  // An exploration that dies of SIGKILL while its program runs.
  void kill_an_exploration() const {
    const pid_t child = start({(own_folder() / "crashwright").string(), "storage", "explore", "--check", "true", "--",
                               "sh", "-c", "echo 1 > begun; exec sleep 1000"});
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!has_begun()) {
      BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < until, said());
      BOOST_REQUIRE_MESSAGE(::waitpid(child, nullptr, WNOHANG) == 0, said());
      std::this_thread::yield();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(left_behind() > 0U);
  }

 private:
  std::string root_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_killed_exploration_left_is_removed_by_cleanup) {
  if (!fuse_here()) return;
  const Place place;
  place.kill_an_exploration();
  BOOST_TEST(place.run({(own_folder() / "crashwright").string(), "cleanup"}) == 0, place.said());
  BOOST_TEST(place.left_behind() == 0U, place.said());
  BOOST_TEST(contains(place.said(), "undone: folder "), place.said());
}

BOOST_AUTO_TEST_CASE(what_a_killed_exploration_left_is_removed_by_the_next_one) {
  if (!fuse_here()) return;
  const Place place;
  place.kill_an_exploration();
  const int code = place.run({(own_folder() / "crashwright").string(), "storage", "explore", "--states", "3", "--check",
                              "true", "--", "sh", "-c", "echo 1 > log"});
  BOOST_TEST(code == 0, place.said());
  BOOST_TEST(place.left_behind() == 0U, place.said());
  BOOST_TEST(contains(place.said(), "note: left by a killed run, undone: folder "), place.said());
}

BOOST_AUTO_TEST_CASE(a_missing_program_of_the_storage_layer_is_named_with_its_remedy) {
  const Place place;
  place.install("crashwright");
  for (const char* const what : {"explore", "lint"}) {
    std::vector<std::string> words{place.root() + "/bin/crashwright", "storage", what};
    if (std::string(what) == "explore") words.insert(words.end(), {"--check", "true"});
    words.insert(words.end(), {"--", "true"});
    BOOST_TEST(place.run(words) == 10, place.said());
    BOOST_TEST(contains(place.said(), "/bin/crashwright_storage: no program that can be run"), place.said());
    BOOST_TEST(contains(place.said(), "libfuse3-dev"), place.said());
    BOOST_TEST(!contains(place.said(), "/dev/fuse"), place.said());
  }
}

BOOST_AUTO_TEST_CASE(a_program_of_the_scenarios_own_is_explored_where_no_mock_engine_was_built) {
  if (!fuse_here()) return;
  const Place place;
  place.install("crashwright");
  place.install("crashwright_storage");
  const std::string yaml =
      "name: a log\n"
      "engine: {command: [sh, -c, \"echo 1 > log; sync log; echo ack 1\"], check: [test, -s, log]}\n"
      "storage: {profile: K, explore: {states: 5}}\n"
      "expect: {storage: {verdict: violated}}\n";
  BOOST_REQUIRE(write_file(place.root() + "/scenario.yaml", yaml).has_value());
  const std::vector<std::string> words{place.root() + "/bin/crashwright", "run", place.root() + "/scenario.yaml",
                                       "--out", place.root() + "/out"};
  BOOST_TEST(place.run(words) == 0, place.said());
  BOOST_TEST(contains(place.said(), "1 passed"), place.said());
}
