// Goal: a program that nobody prepared is stopped at exactly the n-th call of a function, whatever its threads and
// children do, and is otherwise what it was.
// Method: a real program (testing/breakpoint_victim.cc) under a real tracer; what it printed and how it ended tell.

#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/crash_tracer.h"
#include "harness/runner/process.h"
#include "harness/runner/supervise.h"
#include "rca/elf_function.h"

namespace crashwright::harness {
namespace {

constexpr const char* kFunction = "victim::place_order";

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-breakpoint-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

struct Run {
  int status = -1;
  std::string output;
  uint64_t calls = 0;
  uint64_t reached = 0;
  std::string failure;
};

// What is to be done at the call; the child is known by then.
using Reached = std::function<void(const Child& child, int32_t tid)>;

Run run(const std::vector<std::string>& arguments, FunctionBreakpoint breakpoint, const Reached& reached) {
  const Folder folder;
  Run result;
  const Child* started = nullptr;
  std::unique_ptr<CrashTracer> tracer;
  ChildOptions options;
  options.argv = {BREAKPOINT_VICTIM};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_folder = folder.path;
  options.stdout_path = folder.path + "/stdout.txt";
  options.stderr_path = folder.path + "/stderr.txt";
  options.kernel_core = false;
  options.before_exec = [&](int32_t pid) -> Status {
    std::vector<TracedBreakpoint> breakpoints;
    breakpoints.push_back({std::move(breakpoint),
                           [&](int32_t tid) {
                             ++result.reached;
                             reached(*started, tid);
                           },
                           {}});
    auto attached = CrashTracer::attach(pid, "", std::move(breakpoints));
    if (!attached) return tl::unexpected(attached.error());
    tracer = std::move(*attached);
    return {};
  };
  const auto child = Child::spawn(options);
  BOOST_REQUIRE_MESSAGE(child.has_value(), (child ? "" : child.error().message));
  started = child->get();
  SupervisionOptions supervision;
  supervision.deadline = std::chrono::seconds(60);
  supervision.tracer = tracer.get();
  result.status = supervise(**child, supervision).end.wait_status;
  result.output = read_file(options.stdout_path).value_or("");
  result.calls = tracer->breakpoints().front().at.calls();
  result.failure = tracer->breakpoints().front().failure;
  return result;
}

void kill_it(const Child& child, int32_t) { child.send_signal(SIGKILL); }
void nothing(const Child&, int32_t) {}

std::string lines_placed(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += "placed " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_program_is_killed_at_exactly_the_nth_call) {
  for (const int call : {1, 2, 17}) {
    const Run killed = run({"orders", "40"}, FunctionBreakpoint(kFunction, call, ""), kill_it);
    BOOST_TEST(killed.reached == 1);
    BOOST_TEST(WIFSIGNALED(killed.status));
    BOOST_TEST(WTERMSIG(killed.status) == SIGKILL);
    BOOST_TEST(killed.output == lines_placed(call - 1));
  }
}

BOOST_AUTO_TEST_CASE(a_program_that_never_makes_the_call_ends_as_if_nothing_were_there) {
  const Run undisturbed = run({"orders", "40"}, FunctionBreakpoint(kFunction, 41, ""), kill_it);
  BOOST_TEST(undisturbed.status == 0);
  BOOST_TEST(undisturbed.reached == 0);
  BOOST_TEST(undisturbed.calls == 40);
  BOOST_TEST(undisturbed.output == lines_placed(40));
}

BOOST_AUTO_TEST_CASE(after_the_call_the_program_goes_on_without_the_breakpoint) {
  const Run done = run({"orders", "40"}, FunctionBreakpoint(kFunction, 3, ""), nothing);
  BOOST_TEST(done.status == 0);
  BOOST_TEST(done.reached == 1);
  BOOST_TEST(done.calls == 3);
  BOOST_TEST(done.output == lines_placed(40));
}

BOOST_AUTO_TEST_CASE(no_call_of_any_thread_slips_past) {
  const Run done = run({"threads", "300"}, FunctionBreakpoint(kFunction, 1'000'000, ""), nothing);
  BOOST_TEST(done.status == 0);
  BOOST_TEST(done.calls == 1'200);
  BOOST_TEST(done.output == "sum 1200\n");
}

BOOST_AUTO_TEST_CASE(threads_that_arrive_while_another_is_the_one_go_on) {
  for (int round = 0; round < 10; ++round) {
    const Run done = run({"threads", "200"}, FunctionBreakpoint(kFunction, 50 + round, ""), nothing);
    BOOST_TEST(done.status == 0);
    BOOST_TEST(done.reached == 1);
    BOOST_TEST(done.output == "sum 800\n");
  }
}

BOOST_AUTO_TEST_CASE(only_the_calls_of_the_named_thread_count) {
  const Run done = run({"threads", "100"}, FunctionBreakpoint(kFunction, 1'000'000, "worker-2"), nothing);
  BOOST_TEST(done.status == 0);
  BOOST_TEST(done.calls == 100);
  BOOST_TEST(done.output == "sum 400\n");
}

BOOST_AUTO_TEST_CASE(a_jump_to_null_is_a_real_segmentation_fault) {
  const Run crashed = run({"orders", "40"}, FunctionBreakpoint(kFunction, 5, ""),
                          [](const Child&, int32_t tid) { BOOST_TEST(FunctionBreakpoint::jump_to_null(tid)); });
  BOOST_TEST(WIFSIGNALED(crashed.status));
  BOOST_TEST(WTERMSIG(crashed.status) == SIGSEGV);
  BOOST_TEST(crashed.output == lines_placed(4));
}

BOOST_AUTO_TEST_CASE(a_forked_child_runs_on_untouched_and_uncounted) {
  const Run done = run({"fork", "20"}, FunctionBreakpoint(kFunction, 1'000, ""), nothing);
  BOOST_TEST(done.status == 0);
  BOOST_TEST(done.calls == 20);
  BOOST_TEST(done.output == lines_placed(20) + lines_placed(20));
}

BOOST_AUTO_TEST_CASE(a_program_that_becomes_another_is_stopped_in_the_other) {
  const Run killed = run({"exec", BREAKPOINT_VICTIM, "orders", "9"}, FunctionBreakpoint(kFunction, 4, ""), kill_it);
  BOOST_TEST(WTERMSIG(killed.status) == SIGKILL);
  BOOST_TEST(killed.output == lines_placed(3));
}

BOOST_AUTO_TEST_CASE(a_function_that_is_not_there_is_told_and_harms_nothing) {
  const Run done = run({"orders", "3"}, FunctionBreakpoint("victim::place_odrer", 1, ""), nothing);
  BOOST_TEST(done.status == 0);
  BOOST_TEST(done.failure == "no function \"victim::place_odrer\" in " BREAKPOINT_VICTIM
                             ": did you mean \"victim::place_order\"?");
}

BOOST_AUTO_TEST_CASE(a_name_that_lacks_its_scope_is_told_with_it) {
  const Run done = run({"orders", "3"}, FunctionBreakpoint("place_order", 1, ""), nothing);
  BOOST_TEST(done.failure.ends_with(": did you mean \"victim::place_order\"?"), done.failure);
}

BOOST_AUTO_TEST_CASE(functions_are_found_by_every_name_that_people_use) {
  for (const char* const name : {"victim::place_order", "victim::place_order(long)", "_ZN6victim11place_orderEl"}) {
    const auto found = rca::find_elf_function(BREAKPOINT_VICTIM, name);
    BOOST_REQUIRE_MESSAGE(found.has_value(), name);
    BOOST_TEST(found->name == "victim::place_order(long)");
  }
  BOOST_TEST(rca::find_elf_function(BREAKPOINT_VICTIM, "main").has_value());
  BOOST_TEST(rca::find_elf_function(BREAKPOINT_VICTIM, "victim::overloaded(int)").has_value());
}

BOOST_AUTO_TEST_CASE(what_names_no_single_function_is_refused_with_the_reason) {
  const auto several = rca::find_elf_function(BREAKPOINT_VICTIM, "victim::overloaded");
  BOOST_REQUIRE(!several.has_value());
  BOOST_TEST(several.error().message ==
             "2 functions are called \"victim::overloaded\" in " + std::string(BREAKPOINT_VICTIM));
  BOOST_TEST(several.error().remedy.find("victim::overloaded(double)") != std::string::npos);
  BOOST_TEST(rca::find_elf_function("/bin/sh.none", "main").error().message == "/bin/sh.none is no ELF program");
  const auto names = rca::elf_function_names(BREAKPOINT_VICTIM);
  BOOST_TEST(std::count(names.begin(), names.end(), "victim::overloaded") == 1);
}

}  // namespace crashwright::harness
