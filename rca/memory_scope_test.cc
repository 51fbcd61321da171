// Goal: whose memory ran out is told from what the kernel left: its log, old and new, and the files of control groups.
// Method: the texts as kernels write them, of made-up groups, and folders with event files.
#include "rca/memory_scope.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "rca/autopsy.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

struct Case {
  const char* text;
  std::string scope;
};

BOOST_AUTO_TEST_CASE(lines_of_the_kernel_tell_the_scope) {
  const Case cases[] = {
      {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/desk,task_memcg=/desk,task=desk,pid=4\n", "cgroup"},
      {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/desk,task_memcg=/desk/eq,task=desk,pid=4\n", "ancestor cgroup"},
      {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),global_oom,task_memcg=/desk,task=desk,pid=4\n", "host"},
      {"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0,task_memcg=/desk,task=desk,pid=4\n", "memory nodes"},
      {"Task in /desk/eq killed as a result of limit of /desk\n"
       "Memory cgroup out of memory: Kill process 4 (desk) score 9 or sacrifice child\n",
       "ancestor cgroup"},
      {"Memory cgroup out of memory: Killed process 4 (desk) total-vm:9kB\n", "cgroup"},
      {"Out of memory: Killed process 4 (desk) total-vm:9kB\n", "host"},
      {"terminate called after throwing an instance of 'std::bad_alloc'\n", "process"},
  };
  for (const Case& one : cases) {
    const AutopsyReport report = autopsy_text(one.text);
    BOOST_TEST(report.cause == "OOM", one.text);
    BOOST_TEST(report.memory_scope == one.scope, one.text);
  }
  BOOST_TEST(autopsy_text(cases[0].text).signature != autopsy_text(cases[2].text).signature);
}

BOOST_AUTO_TEST_CASE(files_of_a_control_group_tell_the_scope) {
  const Case version2[] = {{"low 0\nhigh 0\nmax 90\noom 1\noom_kill 1\noom_group_kill 0\n", "cgroup"},
                           {"low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 0\n", "ancestor cgroup"}};
  for (const Case& one : version2) {
    const auto scope =
        scope_in_cgroup({.folder = "/g", .events = one.text, .local_events = "", .oom_control = "", .failures = ""});
    BOOST_REQUIRE(scope.has_value());
    BOOST_TEST(scope->scope == one.scope);
  }
  const CgroupFiles none{
      .folder = "/g", .events = "oom 0\noom_kill 0\n", .local_events = "", .oom_control = "", .failures = ""};
  BOOST_TEST(!scope_in_cgroup(none).has_value());
  CgroupFiles version1{.folder = "/g",
                       .events = "",
                       .local_events = "",
                       .oom_control = "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
                       .failures = "31\n"};
  BOOST_TEST(scope_in_cgroup(version1)->scope == "cgroup");
  version1.failures = "0\n";
  BOOST_TEST(scope_in_cgroup(version1)->scope == "ancestor cgroup");
}

BOOST_AUTO_TEST_CASE(a_folder_with_files_of_a_control_group_is_out_of_memory) {
  const testing::VictimRun run(testing::Build::kPlain, "none");
  BOOST_REQUIRE(write_file(run.file("memory.events"), "max 4\noom 1\noom_kill 1\n"));
  const auto report = autopsy_path(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "OOM");
  BOOST_TEST(report->memory_scope == "cgroup");
}

BOOST_AUTO_TEST_CASE(a_kill_in_the_group_of_a_process_that_died_of_a_fault_is_not_its_death) {
  const testing::VictimRun run(testing::Build::kPlain, "null_in_thread");
  BOOST_REQUIRE(write_file(run.file("memory.events"), "max 4\noom 1\noom_kill 1\n"));
  const auto report = autopsy_path(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "NULL_DEREF");
  BOOST_TEST(report->function == "Gateway::send");
}

}  // namespace
}  // namespace crashwright::rca
