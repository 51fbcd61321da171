// Goal: the engine as a process: deterministic when left alone, and right after every kind of interruption.
// Method: the real engine against the real exchange; killed for real, at random moments and at every fault point;
// judged by the exchange's books and by an uninterrupted run.
#include "mock_engine/engine_process.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/random.h"
#include "mock_engine/engine_process_checks.h"
#include "postmortem/audit_log.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

constexpr uint64_t kEnterSent = 61;  // one of the messages of kShort that is a new order

// Audit log of the session, which must be whole: each intent once, in order.
void check_log(const EngineSession& session) {
  const auto log = postmortem::read_audit_log(session.folder + "/data/audit.log");
  BOOST_REQUIRE(log.has_value());
  BOOST_TEST(log->damage.empty());
  uint32_t last = 0;
  for (const auto& record : log->records) {
    const bool numbered = record.type == postmortem::AuditRecordType::kIntentEnter ||
                          record.type == postmortem::AuditRecordType::kIntentReplace;
    if (!numbered) continue;
    BOOST_TEST(record.user_ref == last + 1);
    last = record.user_ref;
  }
}

void survive_random_kills(uint64_t seed, int sessions) {
  const Golden golden = golden_of(kShort);
  Random random(seed);
  for (int i = 0; i < sessions; ++i) {
    BOOST_TEST_CONTEXT("seed " << seed << ", session " << i) {
      EngineSession session(kShort);
      const int deaths = 1 + static_cast<int>(random.below(3));
      for (int death = 0; death < deaths; ++death) {
        session.start({"--feed-rate", "100000"});
        session.await_orders_sent(random.below(40));
        const timespec moment{0, static_cast<long>(random.below(300'000))};
        ::nanosleep(&moment, nullptr);
        session.kill_now();
        if (!killed(session.await())) break;  // it was faster
        check_recovery_is_idempotent(session);
      }
      check_ends_like(session, golden);
      check_log(session);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(uninterrupted_sessions_end_in_the_same_bytes) {
  const std::vector<std::string> arguments = {"--feed-seed", "5", "--feed-messages", "50000"};
  const Golden first = golden_of(arguments);
  BOOST_TEST(first.final_state.find("\"feed_sequence\":50000,") != std::string::npos);
  const Golden second = golden_of(arguments);
  BOOST_TEST(first.final_state == second.final_state);
  BOOST_TEST(first.books == second.books);
}

BOOST_AUTO_TEST_CASE(durability_does_not_change_what_is_traded) {
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--durability", "power_loss"});
  BOOST_TEST(golden_of(kShort).final_state == golden_of(arguments).final_state);
}

BOOST_AUTO_TEST_CASE(a_feed_file_and_the_generator_give_the_same_session) {
  EngineSession session({"--checkpoint-every", "100"});
  const std::string feed = session.folder + "/feed.itch";
  const std::string command = session.program + " generate-feed --seed 7 --messages 5000 --out " + feed;
  BOOST_REQUIRE(std::system(command.c_str()) == 0);
  BOOST_REQUIRE(session.run({"--feed", feed}) == 0);
  BOOST_TEST(session.final_state() == golden_of(kShort).final_state);
}

BOOST_AUTO_TEST_CASE(twenty_five_sessions_survive_kills_at_random_moments) { survive_random_kills(1, 25); }

BOOST_AUTO_TEST_CASE(twenty_five_other_sessions_survive_kills_at_random_moments) { survive_random_kills(2, 25); }

BOOST_AUTO_TEST_CASE(a_kill_at_any_fault_point_of_trading_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const char* point : {"feed.message", "book.apply", "strategy.decide", "risk.check", "gateway.before_append",
                            "gateway.send_order", "gateway.after_send", "gateway.on_message", "orders.apply",
                            "checkpoint.before_write", "checkpoint.after_write", "audit.append", "audit.before_write",
                            "audit.after_write", "state.before_write", "state.after_write", "engine.session_end"}) {
    for (const uint64_t hit : {1, 3, 60}) {
      BOOST_TEST_CONTEXT(point << " hit " << hit) {
        EngineSession session(kShort);
        session.arm(point, hit, FaultAction::kSigkill);
        const int status = session.run();
        BOOST_TEST((killed(status) || (status == 0 && !session.fired())));
        check_ends_like(session, golden);
        check_log(session);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_kill_at_any_point_of_recovery_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const char* first : {"gateway.before_append", "gateway.after_send"}) {
    for (const char* point : {"recovery.start", "recovery.snapshot_loaded", "recovery.audit_replayed",
                              "recovery.logged_in", "recovery.missed_applied", "recovery.reconciled"}) {
      BOOST_TEST_CONTEXT(first << " then " << point) {
        EngineSession session(kShort);
        session.arm(first, 30, FaultAction::kSigkill);
        session.arm(point, 1, FaultAction::kSigkill, 1);
        BOOST_TEST(killed(session.run()));
        BOOST_TEST(killed(session.run()));
        check_recovery_is_idempotent(session);
        check_ends_like(session, golden);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stalled_thread_is_named_and_taken_down_and_the_session_recovers) {
  const Golden golden = golden_of(kShort);
  const std::pair<const char*, const char*> stalls[] = {{"gateway.send_order", "trading"},
                                                        {"feed.message", "feed"},
                                                        {"gateway.on_message", "gateway_rx"},
                                                        {"audit.before_write", "audit_commit"}};
  for (const auto& [point, thread] : stalls) {
    BOOST_TEST_CONTEXT(point) {
      EngineSession session(kShort);
      session.arm(point, 20, FaultAction::kStalledThread);
      const int status = session.run({"--stall-after", "1500"});
      BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
      BOOST_TEST(session.errors().find("watchdog: thread " + std::string(thread) + " stalled") != std::string::npos);
      check_ends_like(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_crash_in_any_thread_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const char* point : {"feed.message", "strategy.decide", "gateway.on_message", "audit.before_write"}) {
    BOOST_TEST_CONTEXT(point) {
      EngineSession session(kShort);
      session.arm(point, 30, FaultAction::kNullDereference);
      const int status = session.run();
      BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
      check_recovery_is_idempotent(session);
      check_ends_like(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_poison_message_of_the_feed_is_left_out_after_three_deaths) {
  EngineSession session(kShort);
  for (uint32_t life = 0; life < 4; ++life) {
    session.arm("feed.message", 1, FaultAction::kPoisonMessage, life);
    session.control->faults[life].args[0] = 2'000;
  }
  for (int life = 0; life < 3; ++life) {
    const int status = session.run();
    BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
  }
  BOOST_TEST(session.run() == 0);
  BOOST_TEST((session.control->faults[3].state.load() == FaultState::kConfirmed));
}

BOOST_AUTO_TEST_CASE(a_poison_message_of_the_exchange_ends_in_a_refusal_after_three_deaths) {
  EngineSession session(kShort);
  for (uint32_t life = 0; life < 4; ++life) {
    session.arm("gateway.on_message", 1, FaultAction::kPoisonMessage, life);
    session.control->faults[life].args[0] = 40;
  }
  for (int life = 0; life < 3; ++life) BOOST_TEST(WIFSIGNALED(session.run()));
  const int status = session.run();
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 3));
  BOOST_TEST(session.errors().find("in quarantine") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(starts_that_lead_nowhere_are_limited_and_a_start_that_trades_clears_the_count) {
  EngineSession session(kShort);
  for (const uint32_t life : {0U, 1U, 3U, 4U, 5U}) {
    session.arm("recovery.audit_replayed", 1, FaultAction::kNullDereference, life);
  }
  session.arm("gateway.after_send", 20, FaultAction::kSigkill, 2);
  for (int life = 0; life < 6; ++life) BOOST_TEST(WIFSIGNALED(session.run({"--restarts-max", "3"})));
  const int status = session.run({"--restarts-max", "3"});
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 3));
  BOOST_TEST(session.errors().find("restart storm: 3 starts") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_its_limits_or_with_another_configuration_the_engine_refuses_to_trade) {
  EngineSession session(kShort);
  const int without_limits = session.run({"--limits", "/no/such/limits"});
  BOOST_TEST((WIFEXITED(without_limits) && WEXITSTATUS(without_limits) == 3));
  BOOST_TEST(session.errors().find("risk limits are not loaded") != std::string::npos);
  BOOST_TEST(session.run({"--configuration", "A"}) == 0);
  const int skewed = session.run({"--configuration", "B"});
  BOOST_TEST((WIFEXITED(skewed) && WEXITSTATUS(skewed) == 3));
  BOOST_TEST(session.errors().find("configuration skew") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const uint64_t hit : {1, 20, 50, 90}) {
    EngineSession session(kShort);
    session.arm("gateway.send_order", hit, FaultAction::kExchangeDisconnect);
    check_ends_like(session, golden);
    BOOST_TEST(session.fired());
  }
}

BOOST_AUTO_TEST_CASE(an_exchange_that_answers_late_changes_nothing) {
  const Golden golden = golden_of(kShort);
  EngineSession session(kShort, {"--delay-us", "3000"});
  session.arm("gateway.after_send", 40, FaultAction::kSigkill);
  BOOST_TEST(killed(session.run()));
  check_ends_like(session, golden);
}

BOOST_AUTO_TEST_CASE(duplicate_fills_and_broken_trades_leave_the_engine_with_the_exchanges_position) {
  EngineSession session(kShort, {"--duplicate-fill", "3", "--break-trade", "5"});
  session.arm("gateway.after_send", 40, FaultAction::kSigkill);
  BOOST_TEST(killed(session.run()));
  BOOST_REQUIRE(session.run() == 0);
  const std::string books = session.exchange.stop();
  const auto positions = [](const std::string& json) {
    return json.substr(json.find("\"positions\":"),
                       json.find('}', json.find("\"positions\":")) - json.find("\"positions\":"));
  };
  BOOST_TEST(positions(session.final_state()) == positions(books));
}

// The order state keeps 256 executions; what is older is in the audit log.
BOOST_AUTO_TEST_CASE(a_trade_broken_long_after_it_is_taken_back_with_and_without_a_death) {
  std::vector<std::string> arguments = kShort;
  *(std::find(arguments.begin(), arguments.end(), "--feed-messages") + 1) = "30000";
  for (const bool dies : {false, true}) {
    EngineSession session(arguments, {"--break-first-at", "300"});
    if (dies) {
      session.arm("orders.execution", 300, FaultAction::kSigkill);
      BOOST_TEST(killed(session.run()));
    }
    BOOST_REQUIRE(session.run() == 0);
    const std::string books = session.exchange.stop();
    const auto log = postmortem::read_audit_log(session.folder + "/data");
    BOOST_REQUIRE(log.has_value());
    const auto taken_back = std::count_if(log->records.begin(), log->records.end(), [](const auto& record) {
      return record.type == postmortem::AuditRecordType::kBrokenTrade && record.match_id == 1;
    });
    BOOST_TEST(taken_back == 1);
    const auto positions = [](const std::string& json) {
      const size_t at = json.find("\"positions\":");
      return json.substr(at, json.find('}', at) - at);
    };
    BOOST_TEST(positions(session.final_state()) == positions(books));
    check_recovery_is_idempotent(session);
  }
}

BOOST_AUTO_TEST_CASE(behind_the_kill_switch_nothing_is_sent_and_the_session_finishes) {
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--kill-switch-at-feed", "2500"});
  const Golden golden = golden_of(arguments);
  BOOST_TEST(golden.final_state.find("\"kill_switch\":true") != std::string::npos);
  BOOST_TEST(golden.books.find("\"order_after_kill_switch\":0") != std::string::npos);
  for (const uint64_t hit : {10, 40, 54, 55}) {  // the last is the kill switch's own message
    BOOST_TEST_CONTEXT("hit " << hit) {
      EngineSession session(arguments);
      session.arm("gateway.after_send", hit, FaultAction::kSigkill);
      BOOST_TEST((killed(session.run()) || !session.fired()));
      check_ends_like(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(damage_before_the_tail_of_the_audit_log_is_refused) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const UniqueFd log(::open((session.folder + "/data/audit.log").c_str(), O_RDWR));
  char byte = 0;
  BOOST_REQUIRE(::pread(log.get(), &byte, 1, 6000) == 1);
  byte = static_cast<char>(byte ^ 0x10);
  BOOST_REQUIRE(::pwrite(log.get(), &byte, 1, 6000) == 1);
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(session.errors().find("audit log") != std::string::npos);
  BOOST_TEST((session.control->engine.recovery_phase.load() == postmortem::RecoveryPhase::kRefused));
  BOOST_TEST(WEXITSTATUS(session.recover_only(session.copy_of_data()).first) == 3);
}

BOOST_AUTO_TEST_CASE(a_log_that_lost_what_the_snapshot_holds_is_refused) {
  EngineSession session(kShort);
  session.arm("checkpoint.after_write", 1, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  const std::string log = session.folder + "/data/audit.log", before = read_file(log).value().substr(0, 5000);
  BOOST_REQUIRE(::truncate(log.c_str(), 5000) == 0);
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(session.errors().find("acknowledged records are missing") != std::string::npos);
  BOOST_TEST((read_file(log).value() == before), "a refused start leaves the log as it is");
  BOOST_REQUIRE(std::filesystem::remove(log));
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(!std::filesystem::exists(log));  // no new one in its place
}

BOOST_AUTO_TEST_CASE(a_lost_log_is_refused_because_the_exchange_knows_better) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run()));
  std::filesystem::remove(session.folder + "/data/audit.log");
  std::filesystem::remove(session.folder + "/data/state.bin");
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(session.errors().find("which the audit log does not hold") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_feed_than_the_one_that_was_traded_is_refused) {
  EngineSession session({"--feed-messages", "5000"});
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_REQUIRE(killed(session.run({"--feed-seed", "7"})));
  BOOST_TEST(WEXITSTATUS(session.run({"--feed-seed", "8"})) == 3);
  BOOST_TEST(session.errors().find("is it the same?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_feed_that_is_cut_in_a_message_is_no_finished_session) {
  EngineSession session({});
  const std::string feed = session.folder + "/feed.itch";
  const std::string command = session.program + " generate-feed --seed 7 --messages 5000 --out " + feed;
  BOOST_REQUIRE(std::system(command.c_str()) == 0);
  std::filesystem::resize_file(feed, std::filesystem::file_size(feed) - 7);
  BOOST_TEST(WEXITSTATUS(session.run({"--feed", feed})) == 3);
  BOOST_TEST(session.errors().find("the feed ended early") != std::string::npos);
}

namespace {

// A session killed after a send and restarted, with `bug` planted: does it end like one without crash and bug?
bool ends_like_golden(const std::vector<std::string>& arguments, const char* bug, const Golden& golden) {
  EngineSession session(arguments);
  session.program = EngineSession::program_named("mock_engine_planted");
  if (*bug != 0) session.more_for_recovery = {"--planted-bug", bug};
  session.arm("gateway.after_send", kEnterSent, FaultAction::kSigkill);
  BOOST_TEST(killed(session.run(session.more_for_recovery)));
  const std::string copy = session.copy_of_data();
  const auto first = session.recover_only(copy);
  const bool recovers_alike = first == session.recover_only(copy);
  const bool finished = session.run(session.more_for_recovery) == 0;
  return recovers_alike && finished && session.final_state() == golden.final_state &&
         books_of(session.exchange.stop()) == golden.books;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_planted_bug_of_the_engine_shows_in_what_it_leaves) {
  // What has been answered at the moment of the kill differs from run to run: a bug may find nothing to spoil in one.
  constexpr int kAttemptsMax = 8;
  std::vector<std::string> arguments = kShort;
  arguments.insert(arguments.end(), {"--kill-switch-at-feed", "4500"});
  const Golden golden = golden_of(arguments);
  for (int i = 0; i < 3; ++i) BOOST_TEST(ends_like_golden(arguments, "", golden));
  for (const char* bug : {"audit_after_send", "intents_resent_after_restart", "replay_hard_coded_path",
                          "fill_applied_twice", "next_sequence_off_by_one", "kill_switch_ignored",
                          "stale_checkpoint_preferred", "recovery_not_idempotent", "feed_resumes_too_late"}) {
    int attempts = 0;
    bool shown = false;
    while (!shown && attempts++ < kAttemptsMax) shown = !ends_like_golden(arguments, bug, golden);
    BOOST_TEST(shown, bug << " never showed in " << kAttemptsMax << " sessions");
  }
}
