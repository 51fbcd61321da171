// Goal: whatever a harness made is undone by the next start when it dies of SIGKILL, and nothing else is touched.
// Method: a process like the harness makes real things, is killed for real, and the kernel is asked.
#include "harness/runner/cleanup.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "harness/runner/cgroup.h"
#include "harness/runner/files.h"
#include "harness/runner/ledger.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/process.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

// Ledgers of the test's own, so that runs of others are out of sight.
struct StateFolder {
  StateFolder() { ::setenv("CRASHWRIGHT_STATE_DIR", (folder / "state").c_str(), 1); }
  ~StateFolder() { ::unsetenv("CRASHWRIGHT_STATE_DIR"); }
  TemporaryFolder folder;
};

size_t ledgers_in(const StateFolder& state) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(state.folder / "state")) {
    count += entry.path().extension() == ".ledger" ? 1 : 0;
  }
  return count;
}

// What the process that is killed tells about itself before.
struct Made {
  int32_t recorded = 0;  // in the ledger, without the mark
  int32_t marked = 0;    // not in the ledger, with the mark
  char cgroup[256] = {};
  bool mounted = false;
};

int32_t fork_sleeper() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  return pid;
}

int32_t exec_marked_sleeper(const Ledger& ledger) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string mark = ledger.mark();
    char* const argv[] = {const_cast<char*>("/bin/sh"), const_cast<char*>("-c"), const_cast<char*>("kill -STOP $$"),
                          nullptr};
    char* const envp[] = {const_cast<char*>(mark.c_str()), nullptr};
    ::execve(argv[0], argv, envp);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, WUNTRACED);
  return pid;
}

// Runs in the process that is killed.
void make_things(const StateFolder& state, int report) {
  auto ledger = Ledger::create();
  if (!ledger) ::_exit(1);
  Made made;
  made.recorded = fork_sleeper();
  const auto stat = read_process_stat(made.recorded);
  bool good = (*ledger)->add_process(stat->pid, stat->start_time, stat->name).has_value();
  made.marked = exec_marked_sleeper(**ledger);
  const std::string folder = state.folder / "temporary";
  good = good && (*ledger)->add_folder(folder) && make_folder(folder + "/deep");
  const std::string mount = state.folder / "mount";
  good = good && (*ledger)->add_mount(mount) && make_folder(mount);
  made.mounted = ::mount("none", mount.c_str(), "tmpfs", 0, "size=64k") == 0;
  if (const auto base = memory_cgroup_base(); base) {
    const std::string name = "crashwright-" + (*ledger)->run_id() + "-test";
    std::snprintf(made.cgroup, sizeof made.cgroup, "%s/%s", base->c_str(), name.c_str());
    good = good && (*ledger)->add_cgroup(made.cgroup);
    auto cgroup = MemoryCgroup::create(name, uint64_t{64} << 20);
    if (cgroup) static_cast<void>(cgroup->release());
  }
  if (!good || ::write(report, &made, sizeof made) != sizeof made) ::_exit(1);
  ::raise(SIGKILL);
}

Made made_by_a_killed_harness(const StateFolder& state) {
  int report[2];
  BOOST_REQUIRE(::pipe(report) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) make_things(state, report[1]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  BOOST_REQUIRE(WIFSIGNALED(status));
  Made made;
  BOOST_REQUIRE(::read(report[0], &made, sizeof made) == sizeof made);
  ::close(report[0]);
  ::close(report[1]);
  return made;
}

bool lives(int32_t pid) {
  const auto stat = read_process_stat(pid);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_a_killed_harness_made_is_undone) {
  const StateFolder state;
  const Made made = made_by_a_killed_harness(state);
  BOOST_TEST(lives(made.recorded));
  BOOST_TEST(lives(made.marked));
  BOOST_TEST(ledgers_in(state) == 1U);
  const auto report = clean_up();
  BOOST_REQUIRE(report.has_value());
  for (const std::string& failure : report->failures) BOOST_ERROR(failure);
  BOOST_TEST(report->ledgers == 1U);
  BOOST_TEST(!lives(made.recorded));
  BOOST_TEST(!lives(made.marked));
  BOOST_TEST(!file_exists(state.folder / "temporary"));
  BOOST_TEST(mounts_below(state.folder / "mount").empty());
  if (made.cgroup[0] != '\0') BOOST_TEST(!file_exists(made.cgroup));
  BOOST_TEST(report->undone.size() == 3U + (made.mounted ? 1U : 0U) + (made.cgroup[0] != '\0' ? 1U : 0U));
  BOOST_TEST(ledgers_in(state) == 0U);
  BOOST_TEST(clean_up()->ledgers == 0U);
}

BOOST_AUTO_TEST_CASE(a_living_run_is_left_alone) {
  const StateFolder state;
  auto ledger = Ledger::create();
  BOOST_REQUIRE(ledger.has_value());
  const int32_t pid = fork_sleeper();
  const auto stat = read_process_stat(pid);
  BOOST_TEST((*ledger)->add_process(pid, stat->start_time, stat->name).has_value());
  const auto report = clean_up();
  BOOST_REQUIRE(report.has_value());
  BOOST_TEST(report->ledgers == 0U);
  BOOST_TEST(report->undone.empty());
  BOOST_TEST(lives(pid));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  ledger->reset();
  BOOST_TEST(ledgers_in(state) == 0U);
}

BOOST_AUTO_TEST_CASE(a_process_that_has_taken_over_a_pid_is_left_alone) {
  const StateFolder state;
  const int32_t pid = fork_sleeper();
  const auto stat = read_process_stat(pid);
  BOOST_REQUIRE(make_folder(state.folder / "state").has_value());
  // The owner is long dead and the recorded process was another one with the same pid.
  const std::string text = "crashwright-ledger 1 0123456789abcdef 1 1 " + boot_id() + "\nprocess " +
                           std::to_string(pid) + " " + std::to_string(stat->start_time + 1) + " sh\n";
  BOOST_REQUIRE(write_file(state.folder / "state/run-x.ledger", text).has_value());
  BOOST_TEST(clean_up()->undone.empty());
  BOOST_TEST(lives(pid));
  BOOST_TEST(ledgers_in(state) == 0U);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(after_a_restart_of_the_machine_only_folders_are_undone) {
  const StateFolder state;
  const int32_t pid = fork_sleeper();
  const auto stat = read_process_stat(pid);
  BOOST_REQUIRE(make_folder(state.folder / "state").has_value());
  BOOST_REQUIRE(make_folder(state.folder / "temporary").has_value());
  const std::string text = "crashwright-ledger 1 0123456789abcdef 1 1 another-boot\nprocess " + std::to_string(pid) +
                           " " + std::to_string(stat->start_time) + " sh\nfolder " + (state.folder / "temporary") +
                           "\n";
  BOOST_REQUIRE(write_file(state.folder / "state/run-x.ledger", text).has_value());
  BOOST_TEST(clean_up()->undone.size() == 1U);
  BOOST_TEST(lives(pid));
  BOOST_TEST(!file_exists(state.folder / "temporary"));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(a_ledger_without_its_first_line_goes_once_it_is_old) {
  const StateFolder state;
  BOOST_REQUIRE(make_folder(state.folder / "state").has_value());
  const std::string path = state.folder / "state/run-x.ledger";
  BOOST_REQUIRE(write_file(path, "").has_value());
  BOOST_TEST(clean_up().has_value());
  BOOST_TEST(file_exists(path));
  const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), long_ago, 0) == 0);
  BOOST_TEST(clean_up().has_value());
  BOOST_TEST(!file_exists(path));
}

BOOST_AUTO_TEST_CASE(a_ledger_reads_back_what_was_recorded) {
  const StateFolder state;
  auto ledger = Ledger::create();
  BOOST_REQUIRE(ledger.has_value());
  BOOST_TEST((*ledger)->add_process(42, 4711, "mock engine").has_value());
  BOOST_TEST((*ledger)->add_cgroup("/sys/fs/cgroup/x").has_value());
  BOOST_TEST((*ledger)->add_mount("/tmp/a b").has_value());
  BOOST_TEST((*ledger)->add_folder("/tmp/c").has_value());
  BOOST_TEST(!(*ledger)->add_folder("/tmp/two\nlines").has_value());
  const auto text = read_file(state.folder / "state/run-" + (*ledger)->run_id() + ".ledger");
  BOOST_REQUIRE(text.has_value());
  const auto content = parse_ledger(*text);
  BOOST_REQUIRE(content.has_value());
  BOOST_TEST(content->run_id == (*ledger)->run_id());
  BOOST_TEST(content->owner_pid == ::getpid());
  BOOST_TEST(content->boot_id == boot_id());
  BOOST_REQUIRE(content->processes.size() == 1U);
  BOOST_TEST(content->processes[0].pid == 42);
  BOOST_TEST(content->processes[0].start_time == 4711U);
  BOOST_TEST(content->processes[0].name == "mock engine");
  BOOST_TEST(content->cgroups.at(0) == "/sys/fs/cgroup/x");
  BOOST_TEST(content->mounts.at(0) == "/tmp/a b");
  BOOST_TEST(content->folders.at(0) == "/tmp/c");
}

BOOST_AUTO_TEST_CASE(a_ledger_torn_at_any_byte_gives_only_whole_entries) {
  const std::string text =
      "crashwright-ledger 1 0123456789abcdef 77 88 boot\nprocess 42 4711 sh\nmount /tmp/a\nfolder /tmp/abc\n";
  const size_t head = text.find('\n') + 1;
  for (size_t size = 0; size <= text.size(); ++size) {
    const auto content = parse_ledger(std::string_view(text).substr(0, size));
    BOOST_TEST(content.has_value() == (size >= head));
    if (!content) continue;
    BOOST_TEST(content->owner_pid == 77);
    for (const LedgerProcess& process : content->processes) BOOST_TEST(process.start_time == 4711U);
    for (const std::string& mount : content->mounts) BOOST_TEST(mount == "/tmp/a");
    for (const std::string& folder : content->folders) BOOST_TEST(folder == "/tmp/abc");
  }
}

BOOST_AUTO_TEST_CASE(a_ledger_with_flipped_bits_is_read_or_refused_but_never_breaks_the_reader) {
  const std::string text = "crashwright-ledger 1 0123456789abcdef 77 88 boot\nprocess 42 4711 sh\nmount /tmp/a\n";
  const uint64_t seed = 7;
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = text;
    damaged[random.below(damaged.size())] ^= static_cast<char>(1U << random.below(8));
    const auto content = parse_ledger(damaged);
    if (!content) continue;
    BOOST_TEST(content->processes.size() <= 1U);
    for (const std::string& mount : content->mounts) BOOST_TEST(mount[0] == '/');
  }
}

BOOST_AUTO_TEST_CASE(the_kernel_ends_a_process_at_the_limit_of_its_cgroup_and_the_cgroup_counts_it) {
  const TemporaryFolder folder;
  const std::string name = "crashwright-test-" + std::to_string(::getpid());
  auto cgroup = MemoryCgroup::create(name, uint64_t{32} << 20);
  if (!cgroup) {
    BOOST_TEST_MESSAGE("no memory cgroup here: " << cgroup.error().message);
    BOOST_TEST((cgroup.error().kind == ErrorKind::kEnvironment));
    return;
  }
  const std::string path = (*cgroup)->folder();
  ChildOptions options;
  options.argv = {"/usr/bin/tail", "/dev/zero"};  // keeps the one line without end in memory
  options.working_folder = folder.path();
  options.cgroup_procs = (*cgroup)->procs_path();
  BOOST_TEST((*cgroup)->oom_kills() == 0U);
  auto child = Child::spawn(options);
  BOOST_REQUIRE_MESSAGE(child.has_value(), (child ? "" : child.error().message));
  const auto end = (*child)->wait(std::chrono::seconds(60));
  BOOST_REQUIRE(end.has_value());
  BOOST_TEST(describe_wait_status(end->wait_status) == "SIGKILL");
  BOOST_TEST((*cgroup)->oom_kills() == 1U);
  cgroup->reset();
  BOOST_TEST(!file_exists(path));
}
