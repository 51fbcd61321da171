// Goal: gdb, eu-stack and the autopsy read a core of every way, and show the same frames for every thread. Method: a
// process with threads in known calls dies by each way; the program counters of all frames and the names of the
// process's own functions are compared.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <map>
#include <sstream>

#include "base/file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/testing/temporary_folder.h"
#include "harness/runner/testing/victim_core.h"
#include "rca/core_file.h"
#include "rca/stack_unwinder.h"
#include "rca/symbolizer.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr size_t kThreads = 3;

struct Stack {
  std::vector<uint64_t> pcs;
  std::vector<std::string> own;  // functions of the victim, innermost first
};
using Stacks = std::map<int32_t, Stack>;

void add_frame(Stack& stack, uint64_t pc, const std::string& function) {
  stack.pcs.push_back(pc);
  if (function.starts_with("victim_")) stack.own.push_back(function);
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> part{};
  while (const size_t got = std::fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), got);
  ::pclose(pipe);
  return text;
}

// gdb's own interpreter walks the frames, so that nothing depends on how they are printed.
constexpr const char* kGdbScript = R"(
gdb.execute('set backtrace past-main on')
for thread in gdb.selected_inferior().threads():
    thread.switch()
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() != gdb.INLINE_FRAME:
            print('FRAME', thread.ptid[1], frame.pc(), frame.name() or '?')
        frame = frame.older()
)";

Stacks stacks_of_gdb(const std::string& folder, const std::string& core) {
  BOOST_REQUIRE(write_file(folder + "/frames.py", kGdbScript).has_value());
  std::istringstream lines(output_of(std::string("gdb -nx -q -batch -iex 'set debuginfod enabled off' -x ") + folder +
                                     "/frames.py " + CORE_VICTIM + " " + core + " 2>&1"));
  Stacks stacks;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark;
    int32_t tid = 0;
    uint64_t pc = 0;
    std::string name;
    if (words >> mark >> tid >> pc >> name && mark == "FRAME") add_frame(stacks[tid], pc, name);
  }
  return stacks;
}

// "TID 4711:", then "#0  0x000055d0c0001234 function" for each frame.
Stacks stacks_of_eu_stack(const std::string& core) {
  std::istringstream lines(output_of("eu-stack --core " + core + " --executable " + CORE_VICTIM + " 2>/dev/null"));
  Stacks stacks;
  int32_t tid = 0;
  for (std::string line; std::getline(lines, line);) {
    int32_t number = 0;
    unsigned long long pc = 0;
    char name[256] = "?";
    if (std::sscanf(line.c_str(), "TID %d:", &tid) == 1) continue;
    if (std::sscanf(line.c_str(), "#%d 0x%llx %255s", &number, &pc, name) >= 2) add_frame(stacks[tid], pc, name);
  }
  return stacks;
}

Stacks stacks_of_autopsy(const std::string& path) {
  const auto core = rca::CoreFile::open(path);
  BOOST_REQUIRE_MESSAGE(core.has_value(), (core ? "" : core.error().message));
  const auto symbolizer = rca::Symbolizer::from_core(*core, {CORE_VICTIM, {}});
  const rca::StackUnwinder unwinder(*core, *symbolizer);
  Stacks stacks;
  for (const rca::CoreThread& thread : core->threads()) {
    for (const rca::CallSite& site : unwinder.unwind(thread, {}).sites) {
      // The last one is the function itself, those before it were inlined into it.
      add_frame(stacks[thread.tid], site.pc, symbolizer->frames_at(site.pc, site.exact).back().function);
    }
  }
  return stacks;
}

void compare(const std::string& who, const Stacks& theirs, const Stacks& ours) {
  BOOST_TEST_CONTEXT(who) {
    BOOST_TEST(theirs.size() == ours.size());
    for (const auto& [tid, stack] : ours) {
      BOOST_REQUIRE(theirs.contains(tid));
      const Stack& other = theirs.at(tid);
      BOOST_TEST(other.own == stack.own, boost::test_tools::per_element());
      BOOST_TEST(other.pcs == stack.pcs, boost::test_tools::per_element());
    }
  }
}

void read_by_all(const std::string& folder, const std::string& core, int32_t pid) {
  const Stacks ours = stacks_of_autopsy(core);
  BOOST_TEST(ours.size() == kThreads + 1);
  for (const auto& [tid, stack] : ours) {
    const std::vector<std::string> expected =
        tid == pid ? std::vector<std::string>{"victim_faults", "victim_dies"}
                   : std::vector<std::string>{"victim_waits", "victim_calls", "victim_thread"};
    BOOST_TEST(stack.own == expected, boost::test_tools::per_element());
  }
  compare("gdb", stacks_of_gdb(folder, core), ours);
  compare("eu-stack", stacks_of_eu_stack(core), ours);
}

void crash_and_read(CoreWay way) {
  const TemporaryFolder folder;
  const VictimCore victim = run_victim(folder.path(), way, {"segv", "--threads", std::to_string(kThreads)});
  if (way == CoreWay::kKernel && victim.path.empty()) {
    BOOST_TEST_MESSAGE("no kernel core here: " << victim.problem);
    return;
  }
  BOOST_REQUIRE_MESSAGE(victim.problem.empty(), victim.problem);
  read_by_all(folder.path(), victim.path, victim.pid);
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_tools_show_the_same_frames_of_a_kernel_core) { crash_and_read(CoreWay::kKernel); }

BOOST_AUTO_TEST_CASE(all_tools_show_the_same_frames_of_a_core_from_outside) { crash_and_read(CoreWay::kOutside); }

BOOST_AUTO_TEST_CASE(all_tools_show_the_same_frames_of_a_self_written_core) { crash_and_read(CoreWay::kSelf); }

BOOST_AUTO_TEST_CASE(all_tools_show_the_same_frames_of_a_core_of_a_hanging_process) {
  const TemporaryFolder folder;
  const auto child = start_hanging_victim(folder.path(), {"--threads", std::to_string(kThreads)});
  BOOST_REQUIRE(child != nullptr);
  BOOST_REQUIRE(write_core_from_outside(child->pid(), folder / "core").has_value());
  read_by_all(folder.path(), folder / "core", child->pid());
}
