// Goal: what the harness saw from outside decides where it can, and is not mistaken for more than it is.
// Method: case folders with facts.json as the runner writes it, and artefacts of real deaths beside it.
#include <sys/wait.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"
#include "postmortem/control_block.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::CaseFolder;
using testing::VictimRun;

constexpr int kExit0 = 0;
int exit_status(int code) { return code << 8; }
int signal_status(int signal) { return signal; }

AutopsyReport autopsy_of(const CaseFolder& folder, const AutopsyOptions& options = {}) {
  folder.write();
  const auto report = autopsy_folder(folder.path(), options);
  BOOST_REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  BOOST_TEST_MESSAGE(autopsy_to_text(*report));
  return *report;
}

void put(const CaseFolder& folder, const std::string& name, const std::string& text) {
  BOOST_REQUIRE(write_file(folder.inc0(name), text));
}

// As the watchdog leaves it behind when it found `tid` without progress.
void put_control_block(CaseFolder& folder, int32_t tid) {
  auto block = std::make_unique<postmortem::ControlBlock>();
  std::memset(static_cast<void*>(block.get()), 0, sizeof *block);
  block->magic = postmortem::kControlBlockMagic;
  block->version = postmortem::kControlBlockVersion;
  block->size_bytes = sizeof *block;
  block->handler.watchdog_stalled_tid = static_cast<uint32_t>(tid);
  block->threads[0].name.assign("trading");
  block->threads[0].tid = static_cast<uint32_t>(tid);
  const std::string bytes(reinterpret_cast<const char*>(block.get()), sizeof *block);
  BOOST_REQUIRE(write_file(folder.inc0("control.bin"), bytes));
  folder.engine().control_dump = "inc0/control.bin";
}

// Committed in several blocks.
void write_audit_log(const std::string& path, int records, size_t segment_bytes = size_t{16} << 20) {
  postmortem::AuditLogOptions options;
  options.path = path;
  options.segment_bytes = segment_bytes;
  auto log = postmortem::AuditLog::open(options, nullptr);
  BOOST_REQUIRE(log);
  for (int i = 0; i < records; ++i) {
    postmortem::AuditRecord record{};
    record.type = postmortem::AuditRecordType::kIntentEnter;
    BOOST_REQUIRE((*log)->append(record) > 0U);
  }
  BOOST_REQUIRE((*log)->close());
}

BOOST_AUTO_TEST_CASE(a_session_that_finished_in_order_is_no_fault_whatever_it_printed) {
  CaseFolder folder;
  folder.engine().finished = true;
  folder.engine().wait_status = kExit0;
  put(folder, "stderr.txt",
      "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n    #0 0x1 in f a.c:1\n");
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "NO_FAULT");
  BOOST_TEST(report.confidence > 0.99);
  BOOST_TEST(!report.evidence.empty());
}

BOOST_AUTO_TEST_CASE(a_signal_of_the_harness_is_the_harness) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  folder.engine().killed_by = "harness";
  folder.engine().kill_reason = "fault";
  folder.engine().kill_signal = SIGKILL;
  BOOST_TEST(autopsy_of(folder).cause == "KILLED_BY_HARNESS");
}

BOOST_AUTO_TEST_CASE(a_sigkill_that_nobody_here_sent_is_external) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "KILLED_EXTERNAL");
  BOOST_TEST(report.confidence > 0.8);
}

BOOST_AUTO_TEST_CASE(a_sigkill_is_out_of_memory_only_when_the_cgroup_counts_it) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  folder.engine().oom_kills = 1;
  folder.engine().cgroup_memory_limit_bytes = 1 << 20;
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "OOM");
  BOOST_TEST(report.detail.find("cgroup") != std::string::npos);
  // The harness's own SIGKILL stays its own, even in a cgroup that killed before.
  folder.engine().killed_by = "harness";
  folder.engine().kill_reason = "fault";
  BOOST_TEST(autopsy_of(folder).cause == "KILLED_BY_HARNESS");
}

BOOST_AUTO_TEST_CASE(a_sealed_log_names_the_full_disk_or_the_failing_device) {
  CaseFolder folder;
  folder.engine().wait_status = exit_status(4);
  put(folder, "stderr.txt", "audit log sealed: write: No space left on device\n");
  BOOST_TEST(autopsy_of(folder).cause == "DISK_FULL");
  put(folder, "stderr.txt", "audit log sealed: fdatasync: Input/output error\n");
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "IO_ERROR");
  BOOST_TEST(report.confidence > 0.6);
}

BOOST_AUTO_TEST_CASE(an_exit_with_nothing_against_it_is_an_exit_before_its_time_whatever_the_code) {
  CaseFolder folder;
  folder.engine().wait_status = exit_status(4);
  put(folder, "stderr.txt", "");
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "UNEXPECTED_EXIT");
  BOOST_TEST(report.confidence >= 0.5);
  BOOST_TEST(report.evidence.front().excerpt == "exit code 4 before the session was over");
}

BOOST_AUTO_TEST_CASE(the_last_words_of_a_program_that_exited_are_quoted_escaped_and_bounded) {
  CaseFolder folder;
  folder.engine().wait_status = exit_status(6);
  put(folder, "stderr.txt", "started\nno venue answers \x1b[31m" + std::string(5000, 'x') + "\r\n \n");
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "UNEXPECTED_EXIT");
  BOOST_REQUIRE(report.evidence.size() == 2U);
  const Evidence& said = report.evidence.back();
  BOOST_TEST(said.source == "stderr");
  BOOST_TEST(said.excerpt.starts_with("no venue answers "));
  BOOST_TEST(said.excerpt.find('\x1b') == std::string::npos);
  BOOST_TEST(said.excerpt.size() <= 240U);
}

BOOST_AUTO_TEST_CASE(what_made_a_program_exit_wins_over_the_exit) {
  const struct {
    const char* text;
    const char* cause;
  } kWords[] = {
      {"write: No space left on device\n", "DISK_FULL"},
      {"fdatasync: Input/output error\n", "IO_ERROR"},
      {"terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n", "OOM"},
      {"engine: order.cc:17: int check(int): Assertion `quantity < 1000' failed.\n", "ASSERTION"},
      {"terminate called after throwing an instance of 'std::runtime_error'\n  what():  limit\n", "EXCEPTION"},
      {"==4242==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n    #0 0x1 in f a.c:1\n",
       "USE_AFTER_FREE"},
  };
  for (const auto& said : kWords) {
    CaseFolder folder;
    folder.engine().wait_status = exit_status(1);
    put(folder, "stderr.txt", said.text);
    const AutopsyReport report = autopsy_of(folder);
    BOOST_TEST(report.cause == said.cause);
    BOOST_TEST(report.confidence >= 0.5);
  }
}

BOOST_AUTO_TEST_CASE(a_refused_allocation_that_nobody_looked_at_is_a_null_dereference_and_the_limit_is_told) {
  const VictimRun run(Build::kPlain, "null");
  CaseFolder folder;
  folder.adopt(run);
  const std::string seen = "the kernel enforces bytes of address space of 67108864: a call was refused with ENOMEM";
  folder.facts().faults = {{"", "", "confirmed", seen, 0, 1, ""}};
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "NULL_DEREF");
  BOOST_TEST(report.confidence > 0.7);
  BOOST_TEST(std::ranges::any_of(report.evidence, [&](const Evidence& piece) { return piece.excerpt == seen; }));
}

BOOST_AUTO_TEST_CASE(a_torn_write_needs_the_storage_layer_and_a_torn_file) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  folder.engine().killed_by = "harness";
  folder.engine().kill_reason = "fault";
  folder.facts().faults.push_back({"", "", "confirmed", "storage layer: 512 bytes of the write were kept", 0, 1, ""});
  // The file ends cleanly: the write was short and the process lived on until it was killed.
  BOOST_TEST(autopsy_of(folder).cause == "KILLED_BY_HARNESS");

  const std::string path = folder.inc0("data/audit.log");
  write_audit_log(path, 64);
  const auto whole = postmortem::read_audit_log(path);
  BOOST_REQUIRE(whole);
  std::filesystem::resize_file(path, whole->torn_tail_offset - 100);
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "TORN_WRITE");
  BOOST_TEST(report.confidence > 0.9);
}

BOOST_AUTO_TEST_CASE(a_write_that_was_never_answered_is_torn_whatever_the_files_are) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  folder.engine().killed_by = "harness";
  folder.engine().kill_reason = "fault";
  InjectedFaultFact seen{"", "", "confirmed", "", 0, 1, ""};
  seen.confirmed_by = "storage layer: 9 bytes of the write were kept, and it was never answered";
  folder.facts().faults = {seen};
  BOOST_TEST(autopsy_of(folder).cause == "TORN_WRITE");
  BOOST_TEST(autopsy_of(folder).confidence >= 0.5);
  seen.confirmed_by = "storage layer: 9 bytes of the write were kept, and so it was answered";
  folder.facts().faults = {seen};
  BOOST_TEST(autopsy_of(folder).cause == "KILLED_BY_HARNESS");
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_kernel_is_the_cause_by_its_signal_and_by_a_refused_call) {
  for (const int number : {SIGXFSZ, SIGXCPU}) {
    CaseFolder folder;
    folder.engine().wait_status = signal_status(number);
    const AutopsyReport report = autopsy_of(folder);
    BOOST_TEST(report.cause == "RESOURCE_LIMIT");
    BOOST_TEST(report.confidence >= 0.5);
  }
  CaseFolder folder;
  folder.engine().wait_status = exit_status(1);
  folder.facts().faults = {
      {"", "", "confirmed", "the kernel enforces open descriptors of 4: a call was refused with EMFILE", 0, 1, ""}};
  BOOST_TEST(autopsy_of(folder).cause == "RESOURCE_LIMIT");
  put(folder, "stderr.txt", "OSError: [Errno 27] File too large: 'x'\n");
  BOOST_TEST(autopsy_of(folder).cause == "RESOURCE_LIMIT");
  folder.facts().faults.front().state = "armed";
  BOOST_TEST(autopsy_of(folder).cause != "RESOURCE_LIMIT");
}

BOOST_AUTO_TEST_CASE(a_torn_head_of_the_newest_segment_is_a_torn_write_also_where_the_first_ones_are_archived) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGKILL);
  folder.engine().killed_by = "harness";
  folder.engine().kill_reason = "fault";
  folder.facts().faults.push_back({"", "", "confirmed", "storage layer: 200 bytes of the write were kept", 0, 1, ""});
  const std::string path = folder.inc0("data/audit.log");
  write_audit_log(path, 320, 8192);
  const auto segments = postmortem::find_audit_segments(path);
  BOOST_REQUIRE(segments);
  BOOST_REQUIRE(segments->files.size() > 3U);
  std::filesystem::resize_file(segments->files.back().path, 200);
  const std::string archive = postmortem::audit_archive_folder(path);
  std::filesystem::create_directory(archive);
  for (const size_t place : {0, 1}) {
    const std::string from = segments->files[place].path;
    std::filesystem::rename(from, archive + from.substr(from.rfind('/')));
  }
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "TORN_WRITE");
  const auto told = std::ranges::count_if(report.story, [](const std::string& line) {
    return line.starts_with("at rest: data/audit.log: a torn tail of ");
  });
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(damage_at_rest_is_told_whatever_the_process_died_of) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGSEGV);
  const std::string path = folder.inc0("data/audit.log");
  write_audit_log(path, 320);
  const auto told = [&](const char* words) {
    const AutopsyReport report = autopsy_of(folder);
    return std::ranges::any_of(report.story, [&](const std::string& line) {
      return line.starts_with("at rest: data/audit.log: ") && line.find(words) != std::string::npos;
    });
  };
  BOOST_TEST(!told(""));
  std::string bytes = read_file(path).value();
  bytes[3 * 4096 + 700] ^= 1;
  BOOST_REQUIRE(write_file(path, bytes));
  BOOST_TEST(told("damaged at byte 12288"));
  BOOST_TEST(autopsy_to_text(autopsy_of(folder)).find("at rest: data/audit.log") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_thread_that_sleeps_for_good_is_a_timeout_and_one_that_spins_a_livelock) {
  for (const std::string death : {"stall", "livelock"}) {
    const VictimRun run(Build::kPlain, death);
    const auto core = CoreFile::open(run.core());
    BOOST_REQUIRE(core);
    CaseFolder folder;
    folder.adopt(run);
    put_control_block(folder, core->threads().front().tid);
    const AutopsyReport report = autopsy_of(folder);
    BOOST_TEST(report.cause == (death == "stall" ? "TIMEOUT" : "LIVELOCK"));
    BOOST_TEST(report.function == (death == "stall" ? "Locks::wait_for_good" : "Locks::spin_for_good"));
    BOOST_TEST(report.thread_name == "trading");
  }
}

BOOST_AUTO_TEST_CASE(a_deadlock_found_by_the_watchdog_is_a_deadlock_and_names_the_threads) {
  const VictimRun run(Build::kPlain, "deadlock");
  const auto core = CoreFile::open(run.core());
  BOOST_REQUIRE(core);
  CaseFolder folder;
  folder.adopt(run);
  put_control_block(folder, core->threads().front().tid);
  const AutopsyReport report = autopsy_of(folder);
  BOOST_TEST(report.cause == "DEADLOCK");
  BOOST_TEST(report.tid == core->threads().front().tid);
  BOOST_REQUIRE(report.wait_for_cycle.size() == 2U);
  BOOST_TEST((report.wait_for_cycle[0] + report.wait_for_cycle[1]).find("trading (") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_report_of_another_process_does_not_count) {
  CaseFolder folder;
  folder.engine().wait_status = signal_status(SIGABRT);
  put(folder, "asan.999",
      "==999==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n    #0 0x1 in f a.c:1\n");
  put(folder, "stderr.txt", "==999==ERROR: AddressSanitizer: attempting double-free on 0x1\n    #0 0x1 in f a.c:1\n");
  for (const Evidence& evidence : autopsy_of(folder).evidence) BOOST_TEST(evidence.cause == "ABORT");
}

BOOST_AUTO_TEST_CASE(the_first_incarnation_that_died_is_looked_at_unless_said_otherwise) {
  CaseFolder folder;
  folder.engine().finished = true;
  ProcessFacts second = folder.engine();
  second.incarnation = 1;
  second.finished = false;
  second.wait_status = signal_status(SIGKILL);
  folder.facts().processes.push_back(second);
  BOOST_TEST(autopsy_of(folder).cause == "KILLED_EXTERNAL");
  BOOST_TEST(autopsy_of(folder, {.incarnation = 0}).cause == "NO_FAULT");
  const auto none = autopsy_folder(folder.path(), {.incarnation = 7});
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().message == "the case has no incarnation 7");
}

BOOST_AUTO_TEST_CASE(the_tutorial_classifier_is_wrong_where_the_autopsy_is_right) {
  const VictimRun run(Build::kPlain, "double_free");
  CaseFolder folder;
  folder.adopt(run);
  BOOST_TEST(autopsy_of(folder).cause == "DOUBLE_FREE");
  AutopsyOptions tutorial;
  tutorial.substring_classifier = true;
  BOOST_TEST(autopsy_of(folder, tutorial).cause != "DOUBLE_FREE");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_wrong_use) {
  const auto report = autopsy_folder("/tmp/crashwright-no-such-folder", {});
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().kind == ErrorKind::kUsage));
}

}  // namespace
}  // namespace crashwright::rca
