// Goal: the engine's books are right in either order of logging and sending, and it trades only when they are.
// Method: the real engine against the real exchange, killed at fault points; judged by the exchange's books and by an
// uninterrupted run. Configuration, drop copy and lock: what must keep it from trading does.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>

#include "mock_engine/engine_process_checks.h"
#include "postmortem/audit_block.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"
#include "postmortem/state_store.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

std::vector<postmortem::AuditRecord> records_of(const EngineSession& session, postmortem::AuditRecordType type) {
  auto log = postmortem::read_audit_log(session.folder + "/data");
  BOOST_REQUIRE(log.has_value());
  std::erase_if(log->records, [type](const postmortem::AuditRecord& record) { return record.type != type; });
  return std::move(log->records);
}

// Behind the end of the log, one block further on, lies a block of another log, which claims that all before it is
// durable: what a device may give back where the last commit was lost and the one behind it never written.
void leave_a_block_of_another_log(const std::string& path) {
  const auto log = postmortem::read_audit_log(path);
  BOOST_REQUIRE(log.has_value());
  const uint64_t next_block = log->torn_tail_offset / postmortem::kAuditBlockBytes + 1;
  postmortem::AuditBlockBuilder builder(
      {.log_id = 0xabcd, .salt = 77, .next_block = next_block, .next_sequence = log->last_sequence + 32, .run = 1});
  postmortem::AuditBlock block{};
  builder.finish(block, postmortem::AuditBlockKind::kHeartbeat, 0, log->last_sequence + 31, next_block);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const auto offset = static_cast<off_t>(next_block * postmortem::kAuditBlockBytes);
  BOOST_REQUIRE(::pwrite(fd.get(), &block, sizeof block, offset) == sizeof block);
}

void move_files(const std::string& from, const std::string& to) {
  for (const auto& file : std::filesystem::directory_iterator(from)) {
    std::filesystem::rename(file.path(), to + "/" + file.path().filename().string());
  }
}

// A drop copy that is ahead of what an engine can be told at its next start.
std::string with_messages_to_come(std::string copy) {
  const auto lines = std::count(copy.begin(), copy.end(), '\n');
  for (int64_t line = lines + 1; line <= lines + 50; ++line) {
    copy += "{\"n\":" + std::to_string(line) + ",\"t\":1,\"kind\":\"out\",\"seq\":" + std::to_string(line) +
            ",\"type\":\"system_event\"}\n";
  }
  return copy;
}

// The files of log and state store with their content. The input guard counts every start, refused or not.
std::map<std::string, std::string> content_of(const std::string& data) {
  std::map<std::string, std::string> content;
  for (const auto& file : std::filesystem::directory_iterator(data)) {
    const std::string name = file.path().filename();
    if (name.starts_with("audit.log") || name == "state.bin") content[name] = read_file(file.path().string()).value();
  }
  return content;
}

// A session that was killed behind that many orders.
void die_behind(EngineSession& session, uint64_t orders) {
  session.arm("gateway.after_send", orders, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_changed_configuration_is_refused_unless_it_is_meant_and_then_recorded) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::vector<std::string> changed = {"--kill-switch-at-feed", "4500"};
  BOOST_TEST(WEXITSTATUS(session.run(changed)) == 3);
  BOOST_TEST(session.errors().find("the configuration changed: the last run's hash is ") != std::string::npos);
  std::vector<std::string> meant = changed;
  meant.emplace_back("--allow-config-change");
  BOOST_TEST(session.run(meant) == 0);
  const auto hashes = records_of(session, postmortem::AuditRecordType::kConfigurationHash);
  BOOST_REQUIRE(hashes.size() == 2U);
  BOOST_TEST(hashes[0].reason == 0);
  BOOST_TEST(hashes[1].reason == 1);
  BOOST_TEST(hashes[0].match_id != hashes[1].match_id);
}

BOOST_AUTO_TEST_CASE(a_session_that_sends_before_it_logs_takes_over_from_the_exchange_what_a_kill_left_out) {
  const Golden golden = golden_of(kShort);
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--order-logging", "after_send"});
  const Golden undisturbed = golden_of(arguments);
  BOOST_TEST(undisturbed.final_state == golden.final_state);
  BOOST_TEST(undisturbed.books == golden.books);
  for (const char* point : {"gateway.before_append", "gateway.send_order", "gateway.after_send", "audit.append",
                            "audit.before_write", "audit.after_write", "gateway.on_message"}) {
    for (const uint64_t hit : {1, 30, 90}) {
      BOOST_TEST_CONTEXT(point << " hit " << hit) {
        EngineSession session(arguments);
        session.arm(point, hit, FaultAction::kSigkill);
        const int status = session.run();
        BOOST_TEST((killed(status) || (status == 0 && !session.fired())));
        check_recovery_is_idempotent(session);
        check_ends_like(session, golden);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_session_that_sends_first_and_dies_again_while_it_catches_up_ends_alike) {
  const Golden golden = golden_of(kShort);
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--order-logging", "after_send"});
  for (const char* point :
       {"recovery.logged_in", "recovery.missed_applied", "recovery.reconciled", "audit.append", "audit.before_write"}) {
    for (const uint64_t hit : {1, 3, 9}) {
      BOOST_TEST_CONTEXT(point << " hit " << hit) {
        EngineSession session(arguments);
        session.arm("gateway.after_send", 60, FaultAction::kSigkill);
        session.arm(point, hit, FaultAction::kSigkill, 1);
        BOOST_TEST(killed(session.run()));
        const int status = session.run();
        BOOST_TEST((killed(status) || (status == 0 && !session.fired(1))));
        check_ends_like(session, golden);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(books_that_differ_from_the_drop_copy_keep_the_engine_from_trading) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::string copy = session.exchange.folder + "/drop_copy.jsonl";
  std::string altered = read_file(copy).value();
  const size_t at = altered.find("\"type\":\"executed\"");
  BOOST_REQUIRE(at != std::string::npos);
  const size_t quantity = altered.find("\"quantity\":", at) + 11;
  altered.insert(quantity, 1, '1');
  BOOST_REQUIRE(write_file(session.folder + "/altered.jsonl", with_messages_to_come(altered)).has_value());
  BOOST_TEST(WEXITSTATUS(session.run({"--drop-copy", session.folder + "/altered.jsonl"})) == 3);
  BOOST_TEST(session.errors().find("the books differ from the exchange's drop copy in ") != std::string::npos);
  BOOST_TEST(session.errors().find(" at the exchange; nothing is sent") != std::string::npos);
  BOOST_TEST(session.control->engine.orders_sent.load() == 0U);
  BOOST_TEST(!records_of(session, postmortem::AuditRecordType::kReconciliationDifference).empty());
  BOOST_TEST(session.run({"--drop-copy", copy}) == 0);
}

// The order state keeps 256 executions; what is older stands in the log alone.
BOOST_AUTO_TEST_CASE(a_trade_broken_long_after_it_whose_segments_were_taken_away_is_refused_until_they_are_back) {
  const std::vector<std::string> arguments = {"--feed-seed",        "7",  "--feed-messages", "30000",
                                              "--checkpoint-every", "40", "--segment-bytes", "16384",
                                              "--archive-segments"};
  EngineSession session(arguments, {"--break-first-at", "300"});
  session.arm("orders.execution", 300, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::string archive = session.folder + "/data/archive";
  const auto last = std::distance(std::filesystem::directory_iterator(archive), {});
  BOOST_REQUIRE(last > 1);
  std::filesystem::rename(archive, session.folder + "/elsewhere");
  for (int start = 0; start < 2; ++start) {
    BOOST_TEST(WEXITSTATUS(session.run()) == 3);
    BOOST_TEST(session.errors().find("the exchange broke trade 1 of order ") != std::string::npos, session.errors());
    const std::string last_path = postmortem::audit_segment_path("audit.log", static_cast<uint64_t>(last));
    const std::string gone = "audit.log to " + last_path;
    BOOST_TEST(session.errors().find("put " + gone + " back into " + archive) != std::string::npos, session.errors());
    BOOST_TEST(session.control->engine.orders_sent.load() == 0U);
  }
  move_files(session.folder + "/elsewhere", archive);
  BOOST_TEST(session.run() == 0, session.errors());
  const auto positions = [](const std::string& json) {
    const size_t at = json.find("\"positions\":");
    return json.substr(at, json.find('}', at) - at);
  };
  BOOST_TEST(positions(session.final_state()) == positions(session.exchange.stop()));
}

BOOST_AUTO_TEST_CASE(a_stale_drop_copy_is_told_from_books_that_differ) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::string copy = session.exchange.folder + "/drop_copy.jsonl", stale = session.folder + "/stale.jsonl";
  const std::string whole = read_file(copy).value();
  for (const std::string& text : {std::string(), whole.substr(0, whole.find('\n', whole.size() / 2) + 1)}) {
    BOOST_REQUIRE(write_file(stale, text).has_value());
    BOOST_TEST(WEXITSTATUS(session.run({"--drop-copy", stale})) == 3);
    BOOST_TEST(session.errors().find("drop copy: " + stale + " ends at message ") != std::string::npos);
    BOOST_TEST(session.errors().find(" applied: it is behind, and cannot be compared with; give ") !=
               std::string::npos);
    BOOST_TEST(session.errors().find("differ") == std::string::npos);
  }
  BOOST_TEST(records_of(session, postmortem::AuditRecordType::kReconciliationDifference).empty());
  BOOST_TEST(session.run({"--drop-copy", copy}) == 0, session.errors());
}

// Archived is what a snapshot holds: with both of them lost the log alone would begin in the middle.
BOOST_AUTO_TEST_CASE(with_both_snapshots_lost_an_archived_log_is_refused_and_recovers_once_it_is_brought_back) {
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--checkpoint-every", "40", "--segment-bytes", "16384", "--archive-segments"});
  const Golden golden = golden_of(arguments);
  EngineSession session(arguments);
  session.arm("gateway.after_send", 90, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::string data = session.folder + "/data";
  BOOST_REQUIRE(std::filesystem::exists(data + "/archive/audit.log"));
  std::string store = read_file(data + "/state.bin").value();
  const size_t slot_bytes = (store.size() - 4096) / 2;
  for (const size_t slot : {size_t{4096}, 4096 + slot_bytes})
    store[slot + 70] = static_cast<char>(store[slot + 70] ^ 1);
  BOOST_REQUIRE(write_file(data + "/state.bin", store).has_value());
  const uint64_t sent = session.control->engine.orders_sent.load();
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(session.errors().find("are not here, and no snapshot holds them") != std::string::npos, session.errors());
  BOOST_TEST(session.control->engine.orders_sent.load() <= sent);
  move_files(data + "/archive", data);
  check_recovery_is_idempotent(session);
  check_ends_like(session, golden);
}

BOOST_AUTO_TEST_CASE(a_snapshot_of_another_log_is_refused_with_both_logs_and_a_remedy_and_nothing_is_changed) {
  const Golden golden = golden_of(kShort);
  EngineSession other({"--feed-seed", "9", "--feed-messages", "5000", "--checkpoint-every", "20"});
  die_behind(other, 90);
  const std::string foreign = other.folder + "/data/state.bin";
  BOOST_REQUIRE(postmortem::read_state_store(foreign)->newest.has_value());
  EngineSession session(kShort);
  die_behind(session, 90);
  const std::string data = session.folder + "/data";
  const std::string own = read_file(data + "/state.bin").value();
  BOOST_REQUIRE(write_file(data + "/state.bin", read_file(foreign).value()).has_value());
  const auto before = content_of(data);
  const uint64_t sent = session.control->engine.orders_sent.load();
  for (const bool trades : {false, true}) {
    BOOST_TEST(WEXITSTATUS(trades ? session.run() : session.recover_only(data).first) == 3);
    const std::string told = session.errors();
    BOOST_TEST(told.find("the state snapshot of audit sequence ") != std::string::npos, told);
    BOOST_TEST(told.find(" is one of audit log ") != std::string::npos, told);
    BOOST_TEST(told.find("put the state store of this log back, or move it away") != std::string::npos, told);
    BOOST_TEST((content_of(data) == before));
  }
  BOOST_TEST(session.control->engine.orders_sent.load() <= sent);
  std::filesystem::remove(data + "/state.bin");  // the remedy without the store: the whole log
  const auto by_log = session.recover_only(session.copy_of_data());
  BOOST_REQUIRE(write_file(data + "/state.bin", own).has_value());
  BOOST_TEST(session.recover_only(session.copy_of_data()).second == by_log.second);
  check_ends_like(session, golden);
}

BOOST_AUTO_TEST_CASE(a_block_of_another_log_is_cut_with_the_tail_and_believed_only_by_an_engine_that_checks_no_salt) {
  const Golden golden = golden_of(kShort);
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  leave_a_block_of_another_log(session.folder + "/data/audit.log");
  session.program = EngineSession::program_named("mock_engine_planted");
  BOOST_TEST(session.recover_only(session.copy_of_data()).first == 0);
  session.more_for_recovery = {"--planted-bug", "audit_salt_not_checked"};
  BOOST_TEST(WEXITSTATUS(session.recover_only(session.copy_of_data()).first) == 3);
  BOOST_TEST(session.errors().find("damage at offset ") != std::string::npos, session.errors());
  session.more_for_recovery.clear();
  session.program = EngineSession::program_named("mock_engine");
  check_recovery_is_idempotent(session);
  check_ends_like(session, golden);
}

BOOST_AUTO_TEST_CASE(without_its_lock_a_second_engine_runs_beside_the_first) {
  EngineSession session(kShort);
  session.program = EngineSession::program_named("mock_engine_planted");
  const UniqueFd lock(::open((session.folder + "/data/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  BOOST_REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  BOOST_TEST(WEXITSTATUS(session.run()) == 6);
  BOOST_TEST(session.run({"--planted-bug", "data_lock_not_taken"}) == 0);
}
