// Goal: a core is recognised as complete and as that of its process, and the one taken from outside is as good as the
// kernel's. Method: canaries and hanging children of this process, read back with rca's core reader.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/canary.h"
#include "harness/runner/core_file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/crash_tracer.h"
#include "harness/runner/memory_map.h"
#include "harness/runner/needs.h"
#include "harness/runner/proc_info.h"
#include "harness/runner/testing/temporary_folder.h"
#include "rca/build_id.h"
#include "rca/core_file.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSecret = 0x5ec2e7c0ffee0001U;
uint64_t g_secret = 0;

// A child with two more threads, all of them waiting; its end of the pipe closes when all of them do.
int32_t fork_hanging_child() {
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    g_secret = kSecret;
    std::thread([] {
      for (;;) ::pause();
    }).detach();
    std::thread([] {
      for (;;) ::pause();
    }).detach();
    static_cast<void>(!::write(ready[1], "x", 1));
    for (;;) ::pause();
  }
  char byte = 0;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return pid;
}

void end_child(int32_t pid) {
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_kernels_core_of_a_crash_is_found_and_complete) {
  const TemporaryFolder folder;
  auto canary = Canary::start(folder.path(), Canary::Fate::kCrash, false);
  BOOST_REQUIRE(canary.has_value());
  const auto status = canary->wait([] {});
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(WIFSIGNALED(*status));
  BOOST_TEST(WTERMSIG(*status) == SIGSEGV);
  const CoreSearch search = find_core(folder.path(), canary->pid());
  if (search.path.empty()) {
    BOOST_TEST(!search.absent_because.empty());
    BOOST_TEST_MESSAGE("no kernel core here: " << search.absent_because);
    return;
  }
  BOOST_TEST(core_pid(search.path).value() == canary->pid());
  BOOST_TEST(find_core(folder.path(), canary->pid() + 1).path.empty());
  const auto bytes = std::filesystem::file_size(search.path);
  std::filesystem::resize_file(search.path, bytes / 2);
  const CoreSearch truncated = find_core(folder.path(), canary->pid());
  BOOST_TEST(truncated.path.empty());
  BOOST_TEST(truncated.absent_because.find("truncated") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_core_taken_from_outside_holds_every_thread_and_the_memory) {
  const TemporaryFolder folder;
  const int32_t pid = fork_hanging_child();
  const std::string path = folder / "core";
  const auto written = write_core_from_outside(pid, path);
  BOOST_REQUIRE_MESSAGE(written.has_value(), (written ? "" : written.error().message));
  BOOST_TEST(check_core_complete(path).has_value());
  BOOST_TEST(core_pid(path).value() == pid);
  const auto core = rca::CoreFile::open(path);
  BOOST_REQUIRE_MESSAGE(core.has_value(), (core ? "" : core.error().message));
  BOOST_TEST(core->threads().size() == 3U);
  BOOST_TEST(core->threads().front().tid == pid);
  BOOST_TEST(core->missing_bytes() == 0U);
  BOOST_TEST(core->read_word(reinterpret_cast<uint64_t>(&g_secret)).value_or(0) == kSecret);
  end_child(pid);
}

BOOST_AUTO_TEST_CASE(a_process_goes_on_after_its_core_was_taken) {
  const TemporaryFolder folder;
  const int32_t pid = fork_hanging_child();
  BOOST_TEST(write_core_from_outside(pid, folder / "first").has_value());
  // Nobody traces it any more: it can be taken again, and its end is seen by its parent alone.
  BOOST_TEST(write_core_from_outside(pid, folder / "second").has_value());
  ::kill(pid, SIGTERM);
  int status = 0;
  BOOST_TEST(::waitpid(pid, &status, 0) == pid);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_stopped_process_gives_a_core_and_stays_stopped) {
  const TemporaryFolder folder;
  const int32_t pid = fork_hanging_child();
  ::kill(pid, SIGSTOP);
  int status = 0;
  BOOST_TEST(::waitpid(pid, &status, WUNTRACED) == pid);
  BOOST_TEST(write_core_from_outside(pid, folder / "core").has_value());
  BOOST_TEST(check_core_complete(folder / "core").has_value());
  const Deadline deadline(std::chrono::seconds(10));
  while (read_process_stat(pid)->state != 'T' && !deadline.passed()) std::this_thread::yield();
  BOOST_TEST(read_process_stat(pid)->state == 'T');
  end_child(pid);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_gone_gives_no_core) {
  const TemporaryFolder folder;
  const int32_t pid = fork_hanging_child();
  end_child(pid);
  BOOST_TEST(!write_core_from_outside(pid, folder / "core").has_value());
  BOOST_TEST(!std::filesystem::exists(folder / "core"));
}

BOOST_AUTO_TEST_CASE(a_traced_crash_gives_a_core_with_the_original_signal_and_the_true_wait_status) {
  const TemporaryFolder folder;
  auto canary = Canary::start(folder.path(), Canary::Fate::kCrash, true);
  BOOST_REQUIRE(canary.has_value());
  auto tracer = CrashTracer::attach(canary->pid(), folder / "core");
  BOOST_REQUIRE_MESSAGE(tracer.has_value(), (tracer ? "" : tracer.error().message));
  const auto status = canary->wait([&] { (*tracer)->serve(); });
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(WIFSIGNALED(*status));
  BOOST_TEST(WTERMSIG(*status) == SIGSEGV);
  BOOST_TEST((*tracer)->core_path() == folder / "core");
  BOOST_TEST(check_core_complete(folder / "core").has_value());
  const auto core = rca::CoreFile::open(folder / "core");
  BOOST_REQUIRE(core.has_value());
  BOOST_REQUIRE(core->signal_info().has_value());
  BOOST_TEST(core->signal_info()->si_signo == SIGSEGV);
  BOOST_TEST(core->signal_info()->si_code == SEGV_MAPERR);
  BOOST_TEST(core->signal_info()->si_addr == nullptr);
}

BOOST_AUTO_TEST_CASE(a_traced_child_that_ends_in_order_leaves_no_core) {
  const TemporaryFolder folder;
  auto canary = Canary::start(folder.path(), Canary::Fate::kEnd, true);
  BOOST_REQUIRE(canary.has_value());
  auto tracer = CrashTracer::attach(canary->pid(), folder / "core");
  BOOST_REQUIRE(tracer.has_value());
  const auto status = canary->wait([&] { (*tracer)->serve(); });
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(*status == 0);
  BOOST_TEST((*tracer)->core_path().empty());
  BOOST_TEST((*tracer)->failure().empty());
}

BOOST_AUTO_TEST_CASE(the_build_id_of_this_program_is_read) {
  const std::string build_id = rca::build_id_of_file("/proc/self/exe");
  BOOST_TEST(build_id.size() == 40U);
  BOOST_TEST(rca::build_id_of_file("/dev/null").empty());
}

BOOST_AUTO_TEST_CASE(core_patterns_are_told_apart) {
  BOOST_TEST((classify_core_pattern("core") == CorePattern::kWorkingFolder));
  BOOST_TEST((classify_core_pattern("core.%p") == CorePattern::kWorkingFolder));
  BOOST_TEST((classify_core_pattern("/var/cores/%e.%p") == CorePattern::kAbsolute));
  BOOST_TEST((classify_core_pattern("|/usr/lib/systemd/systemd-coredump %P") == CorePattern::kPipe));
}

BOOST_AUTO_TEST_CASE(mappings_are_chosen_for_the_core_as_the_kernel_would) {
  const auto mappings = parse_memory_map(
      "55d0c0000000-55d0c0001000 r--p 00000000 fe:00 123 /opt/my engine\n"
      "Rss:                   4 kB\nAnonymous:             0 kB\nVmFlags: rd mr mw me\n"
      "55d0c0002000-55d0c0003000 rw-p 00002000 fe:00 123 /opt/my engine\n"
      "Rss:                   4 kB\nAnonymous:             4 kB\nVmFlags: rd wr mr mw me ac\n"
      "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
      "Rss:                   8 kB\nAnonymous:             8 kB\nVmFlags: rd wr mr mw me ac dd\n"
      "7f0000400000-7f0000401000 rw-s 00000000 00:05 9 /memfd:ring (deleted)\n"
      "Rss:                   4 kB\nAnonymous:             0 kB\nVmFlags: rd wr sh mr mw me ms\n"
      "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 [stack]\n"
      "Rss:                  16 kB\nAnonymous:            16 kB\nVmFlags: rd wr mr mw me gd ac\n");
  BOOST_REQUIRE(mappings.size() == 5U);
  BOOST_TEST(mappings[0].path == "/opt/my engine");
  BOOST_TEST(mappings[1].file_offset == 0x2000U);
  BOOST_TEST(mappings[4].path == "[stack]");
  BOOST_TEST(!belongs_in_core(mappings[0]));
  BOOST_TEST(belongs_in_core(mappings[1]));
  BOOST_TEST(!belongs_in_core(mappings[2]));
  BOOST_TEST(belongs_in_core(mappings[3]));  // a memfd has no name in any folder
  BOOST_TEST(belongs_in_core(mappings[4]));
}

BOOST_AUTO_TEST_CASE(the_machine_is_probed_and_a_missing_need_is_named) {
  const TemporaryFolder folder;
  const auto machine = probe_machine(folder.path());
  BOOST_REQUIRE_MESSAGE(machine.has_value(), (machine ? "" : machine.error().message));
  BOOST_TEST(machine->canary);
  BOOST_TEST(machine->findings.size() == 7U);
  BOOST_TEST(machine->core_ways.empty() == (machine->core == CoreWay::kNone));
  for (const Finding& finding : machine->findings) {
    BOOST_TEST_MESSAGE(finding.what << ": " << finding.works << " " << finding.text);
    BOOST_TEST((finding.works || !finding.text.empty()));
  }
  BOOST_TEST(std::filesystem::is_empty(folder.path()));
  Plan plan;
  plan.needs = {"cgroup_memory", "core", "fuse"};
  Capabilities everything;
  everything.core = CoreWay::kKernel;
  everything.core_ways = {CoreWay::kKernel};
  everything.cgroup_memory = everything.fuse = true;
  BOOST_TEST(missing_need(plan, everything).empty());
  everything.fuse = false;
  everything.findings.push_back({"fuse", false, "no /dev/fuse", ""});
  BOOST_TEST(missing_need(plan, everything) == "fuse: no /dev/fuse");
  // No way to a core at all, and a way that the scenario asks for: the need is named, with its reason.
  everything.findings = {{"kernel core", false, "limited", ""},
                         {"outside core", false, "denied", ""},
                         {"self-written core", false, "no /proc", ""}};
  everything.core = CoreWay::kNone;
  everything.core_ways.clear();
  plan.needs = {"core"};
  BOOST_TEST(missing_need(plan, everything) ==
             "no way to a core: kernel core: limited; outside core: denied; self-written core: no /proc");
  plan.needs.clear();
  plan.core = CoreWay::kSelf;
  BOOST_TEST(missing_need(plan, everything) == "self-written core: no /proc");
}
