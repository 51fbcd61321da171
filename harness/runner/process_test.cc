// Goal: a child is started as asked, its end is seen as it was, and it never outlives its owner.
// Method: real children, mostly of the shell.
#include "harness/runner/process.h"

#include <poll.h>
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr std::chrono::seconds kPatience{30};

ChildOptions shell(const TemporaryFolder& folder, const std::string& script) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", script};
  options.working_folder = folder.path();
  options.stdout_path = folder / "stdout.txt";
  options.stderr_path = folder / "stderr.txt";
  return options;
}

std::unique_ptr<Child> spawned(const ChildOptions& options) {
  auto child = Child::spawn(options);
  BOOST_REQUIRE_MESSAGE(child.has_value(), (child ? "" : child.error().message));
  return std::move(*child);
}

// Never the whole file: its writer is faster than any reader.
std::string head_of(const std::string& path, size_t bytes) {
  std::string text(bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

ChildEnd ended(Child& child) {
  const auto end = child.wait(kPatience);
  BOOST_REQUIRE(end.has_value());
  return *end;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_child_ends_with_its_exit_status) {
  const TemporaryFolder folder;
  const auto child = spawned(shell(folder, "exit 3"));
  const ChildEnd end = ended(*child);
  BOOST_TEST(end.exited_with(3));
  BOOST_TEST(!end.by_signal());
  BOOST_TEST(end.ended_ns >= child->started_ns());
  BOOST_TEST(describe_wait_status(end.wait_status) == "exit status 3");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_refused_by_name) {
  const TemporaryFolder folder;
  ChildOptions options = shell(folder, "");
  options.argv = {"/nonexistent/engine"};
  const auto child = Child::spawn(options);
  BOOST_REQUIRE(!child.has_value());
  BOOST_TEST(child.error().message == "/nonexistent/engine: no such program");
  BOOST_TEST((child.error().kind == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_CASE(a_working_folder_that_does_not_exist_is_said) {
  const TemporaryFolder folder;
  ChildOptions options = shell(folder, "");
  options.working_folder = folder / "missing/deeper";
  const auto child = Child::spawn(options);
  BOOST_REQUIRE(!child.has_value());
}

BOOST_AUTO_TEST_CASE(a_child_runs_in_its_folder_with_its_environment_and_its_output_goes_to_files) {
  const TemporaryFolder folder;
  ::setenv("CRASHWRIGHT_TEST_GONE", "1", 1);
  ChildOptions options = shell(folder, "pwd; echo \"$MARK-$CRASHWRIGHT_TEST_GONE\"; echo complaint >&2");
  options.environment = {"MARK=there", "CRASHWRIGHT_TEST_GONE"};
  const auto child = spawned(options);
  BOOST_TEST(ended(*child).exited_with(0));
  BOOST_TEST(read_file(folder / "stdout.txt").value() == folder.path() + "\nthere-\n");
  BOOST_TEST(read_file(folder / "stderr.txt").value() == "complaint\n");
}

BOOST_AUTO_TEST_CASE(a_killed_child_is_seen_as_killed) {
  const TemporaryFolder folder;
  const auto child = spawned(shell(folder, "kill -STOP $$"));
  BOOST_TEST(child->send_signal(SIGKILL));
  const ChildEnd end = ended(*child);
  BOOST_TEST(end.by_signal());
  BOOST_TEST(describe_wait_status(end.wait_status) == "SIGKILL");
  BOOST_TEST(!child->send_signal(SIGKILL));
}

BOOST_AUTO_TEST_CASE(waiting_gives_up_at_its_time_and_the_child_ends_with_its_owner) {
  const TemporaryFolder folder;
  auto child = spawned(shell(folder, "kill -STOP $$"));
  BOOST_TEST(!child->wait(std::chrono::milliseconds(5)).has_value());
  const int32_t pid = child->pid();
  child.reset();
  BOOST_TEST(!read_process_stat(pid).has_value());
}

BOOST_AUTO_TEST_CASE(a_flood_of_output_is_cut_and_the_cut_is_marked) {
  const TemporaryFolder folder;
  ChildOptions options = shell(folder, "exec yes");
  options.output_bytes_max = 64 << 10;
  const auto child = spawned(options);
  const Deadline deadline(kPatience);
  std::string output;
  while (output.find("bytes of output cut here]") == std::string::npos && !deadline.passed()) {
    child->bound_output();
    output = head_of(folder / "stdout.txt", 256 << 10);
  }
  BOOST_TEST(output.starts_with("y\ny\n"));
  BOOST_TEST(output.find("bytes of output cut here]") != std::string::npos);
  child->send_signal(SIGKILL);
  ended(*child);
  BOOST_TEST(std::filesystem::file_size(folder / "stdout.txt") <= 2 * options.output_bytes_max + 100);
}

BOOST_AUTO_TEST_CASE(the_address_space_limit_that_a_process_died_with_is_reported) {
  const TemporaryFolder folder;
  ChildOptions options = shell(folder, "exit 0");
  options.address_space_limit_bytes = uint64_t{1} << 30;
  const auto limited = spawned(options);
  BOOST_TEST(ended(*limited).address_space_limit_bytes == uint64_t{1} << 30);
  const auto free = spawned(shell(folder, "exit 0"));
  BOOST_TEST(ended(*free).address_space_limit_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_child_dies_with_the_thread_that_started_it) {
  const TemporaryFolder folder;
  std::unique_ptr<Child> child;
  std::thread([&] { child = spawned(shell(folder, "kill -STOP $$")); }).join();
  BOOST_TEST(describe_wait_status(ended(*child).wait_status) == "SIGKILL");
}

BOOST_AUTO_TEST_CASE(a_core_limit_of_zero_reaches_the_child) {
  const TemporaryFolder folder;
  ChildOptions options = shell(folder, "ulimit -c");
  options.kernel_core = false;
  const auto child = spawned(options);
  BOOST_TEST(ended(*child).exited_with(0));
  BOOST_TEST(read_file(folder / "stdout.txt").value() == "0\n");
}

BOOST_AUTO_TEST_CASE(a_process_name_with_blanks_and_parentheses_does_not_disturb_the_stat_line) {
  const auto stat = parse_process_stat(
      "42 (a) b (c) S 1 42 42 0 -1 4194304 105 0 0 0 0 0 0 0 20 0 1 0 987654 2621440 200 18446744073709551615 1 1");
  BOOST_REQUIRE(stat.has_value());
  BOOST_TEST(stat->pid == 42);
  BOOST_TEST(stat->name == "a) b (c");
  BOOST_TEST(stat->state == 'S');
  BOOST_TEST(stat->start_time == 987654U);
  for (const char* text : {"", "42", "42 (a", "42 (a)", "42 (a) S 1 2"}) {
    BOOST_TEST(!parse_process_stat(text).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_process_is_found_by_its_mark_and_only_by_the_whole_of_it) {
  const TemporaryFolder folder;
  const std::string mark = "CRASHWRIGHT_CASE=" + folder.path();
  ChildOptions options = shell(folder, "kill -STOP $$");
  options.environment = {mark};
  const auto child = spawned(options);
  const auto found = find_marked_processes(mark);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].pid == child->pid());
  BOOST_TEST(found[0].start_time == child->start_time());
  BOOST_TEST(find_marked_processes(mark + "x").empty());
  BOOST_TEST(find_marked_processes(mark.substr(0, mark.size() - 1)).empty());
}
