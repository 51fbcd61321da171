// Goal: each promise that rests on what a real death left fails once its artefact, or its witness, is damaged by hand.
// Method: one case is run for real and kept; every test works on a copy of its folder and changes one thing.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "postmortem/control_block.h"
#include "verifiers/case_view.h"
#include "verifiers/verifier.h"

using namespace crashwright;
using namespace crashwright::verifiers;
namespace fs = std::filesystem;

namespace {

constexpr const char* kScenario = R"(name: a real death
session: {checkpoint_every: 40}
faults:
  - null_dereference: {at: gateway.send_order, hit: 60}
)";

std::string make_folder() {
  char path[] = "/tmp/crashwright-damage-XXXXXX";
  BOOST_REQUIRE(::mkdtemp(path) != nullptr);
  return path;
}

std::string program_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

// A copy of the case for one test to damage.
struct DamagedCase {
  DamagedCase() : root(make_folder()) {
    BOOST_REQUIRE(write_file(root + "/scenario.yaml", kScenario));
    const std::string command = program_folder() + "/crashwright run --keep --out " + root + "/out " + root +
                                "/scenario.yaml > " + root + "/log 2>&1";
    const int status = std::system(command.c_str());
    BOOST_REQUIRE_MESSAGE(status == 0, read_file(root + "/log").value_or("no output"));
    for (const auto& entry : fs::directory_iterator(root + "/out/latest/")) {
      if (entry.is_directory()) folder = entry.path();
    }
    BOOST_REQUIRE(!folder.empty());
  }
  ~DamagedCase() { fs::remove_all(root); }

  CaseView view() const {
    auto opened = open_case(folder);
    BOOST_REQUIRE(opened);
    return *opened;
  }
  std::string record(const std::string& kind) const {
    return folder + "/inc0/" + kind + "-" + std::to_string(view().facts.processes.front().pid) + ".rec";
  }
  void expect(const std::string& promise, Outcome outcome, const std::string& words) const {
    const Verdict verdict = find_verifier(promise)->verify(view());
    BOOST_TEST(outcome_name(verdict.outcome) == outcome_name(outcome), promise << ": " << verdict.summary);
    BOOST_TEST(verdict.summary.find(words) != std::string::npos, promise << ": " << verdict.summary);
  }
  void expect_sound(const std::string& promise) const { expect(promise, Outcome::kPass, ""); }

  // Changes the dumped control block of the first incarnation.
  template <typename Change>
  void change_witness(Change change) const {
    const std::string path = folder + "/inc0/control.bin";
    const std::string bytes = read_file(path).value();
    postmortem::ControlBlock block;
    BOOST_REQUIRE(bytes.size() >= sizeof block);
    std::memcpy(static_cast<void*>(&block), bytes.data(), sizeof block);
    change(block);
    BOOST_REQUIRE(write_file(path, {reinterpret_cast<const char*>(&block), sizeof block}));
  }
  void flip_byte(const std::string& path, size_t at) const {
    std::string bytes = read_file(path).value();
    BOOST_REQUIRE(at < bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    BOOST_REQUIRE(write_file(path, bytes));
  }

  std::string root;
  std::string folder;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(core_capture_fails_on_a_truncated_or_missing_core, DamagedCase) {
  expect_sound("core_capture");
  const std::string core = folder + "/" + view().facts.processes.front().core_path;
  fs::resize_file(core, fs::file_size(core) / 2);
  expect("core_capture", Outcome::kFail, "the core is truncated");
  fs::remove(core);
  expect("core_capture", Outcome::kFail, "open");
}

BOOST_FIXTURE_TEST_CASE(core_capture_fails_when_the_record_contradicts_the_core, DamagedCase) {
  change_witness([](postmortem::ControlBlock& block) { block.faults[0].fired_tid = 1; });
  expect("core_capture", Outcome::kFail, "the fault fired on 1");
}

BOOST_FIXTURE_TEST_CASE(log_survival_fails_when_a_committed_record_is_gone, DamagedCase) {
  expect_sound("log_survival");
  change_witness([](postmortem::ControlBlock& block) { block.threads[0].log_committed += 1; });
  expect("log_survival", Outcome::kFail, "records committed, ");
}

BOOST_FIXTURE_TEST_CASE(log_survival_fails_when_a_record_was_invented, DamagedCase) {
  change_witness([](postmortem::ControlBlock& block) {
    for (auto& thread : block.threads) {
      if (thread.log_committed.load() > 2) thread.log_committed -= 2;
    }
  });
  expect("log_survival", Outcome::kFail, "was accepted");
}

BOOST_FIXTURE_TEST_CASE(log_survival_fails_on_a_torn_recorder_file, DamagedCase) {
  fs::resize_file(record("flight"), 8192);
  const Verdict verdict = find_verifier("log_survival")->verify(view());
  BOOST_TEST(outcome_name(verdict.outcome) == "FAIL", verdict.summary);
}

BOOST_FIXTURE_TEST_CASE(audit_replay_fails_on_damage_before_the_tail, DamagedCase) {
  expect_sound("audit_replay");
  // The third block: the first 4 KiB are the file's own header.
  flip_byte(folder + "/inc0/data/audit.log", 3 * 4096 + 300);
  expect("audit_replay", Outcome::kFail, "damage at offset");
}

BOOST_FIXTURE_TEST_CASE(audit_replay_fails_when_the_exchange_saw_an_order_that_is_not_logged, DamagedCase) {
  const std::string path = folder + "/exchange/drop_copy.jsonl";
  std::string lines = read_file(path).value();
  const size_t quantity = lines.find("\"quantity\":", lines.find("\"type\":\"enter\"")) + std::strlen("\"quantity\":");
  lines.insert(quantity, "9");  // the exchange saw nine hundred where the log says a hundred
  BOOST_REQUIRE(write_file(path, lines));
  expect("audit_replay", Outcome::kFail, "the exchange saw enter 1, the audit log has no intent");
}

BOOST_FIXTURE_TEST_CASE(a_drop_copy_without_its_tail_is_an_error_and_never_a_pass, DamagedCase) {
  const std::string path = folder + "/exchange/drop_copy.jsonl";
  const std::string lines = read_file(path).value();
  BOOST_REQUIRE(write_file(path, lines.substr(0, lines.find('\n', lines.size() * 2 / 3) + 1)));
  expect("audit_replay", Outcome::kError, "ends at session sequence");
  expect("state_recovery", Outcome::kError, "ends at session sequence");
}

BOOST_FIXTURE_TEST_CASE(state_recovery_fails_when_the_snapshots_are_broken, DamagedCase) {
  expect_sound("state_recovery");
  const std::string path = folder + "/inc0/data/state.bin";
  BOOST_REQUIRE(write_file(path, std::string(fs::file_size(path), '\0')));
  expect("state_recovery", Outcome::kFail, "snapshots had been written, only 0 of");
}

BOOST_FIXTURE_TEST_CASE(state_recovery_fails_when_an_acknowledged_record_is_missing, DamagedCase) {
  change_witness([](postmortem::ControlBlock& block) { block.engine.audit_durable += 1000; });
  expect("state_recovery", Outcome::kFail, "had been acknowledged as durable");
}

BOOST_FIXTURE_TEST_CASE(handler_fails_on_a_torn_record_and_on_a_handler_that_never_finished, DamagedCase) {
  expect_sound("handler");
  const std::string path = record("crash");
  fs::resize_file(path, fs::file_size(path) - 16);
  expect("handler", Outcome::kFail, "the crash record is");
  change_witness([](postmortem::ControlBlock& block) { block.handler.finished_ns = 0; });
  expect("handler", Outcome::kFail, "the crash handler never finished");
}

BOOST_FIXTURE_TEST_CASE(rca_fails_when_another_thread_is_blamed, DamagedCase) {
  expect_sound("rca");
  change_witness([](postmortem::ControlBlock& block) { block.faults[0].fired_tid = 1; });
  expect("rca", Outcome::kFail, "the fault fired on 1");
}
