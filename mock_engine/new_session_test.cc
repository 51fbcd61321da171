// Goal: an exchange that begins another session loses nothing of the engine's books, and an engine that cannot know
// what it missed does not trade.
// Method: the real engine against the real exchange, which forgets its session before, at and after the engine's death;
// judged by the exchange's books and by a session without any of it.
#include <boost/test/unit_test.hpp>

#include "mock_engine/damage_account.h"
#include "mock_engine/engine_process.h"
#include "mock_engine/engine_process_checks.h"
#include "mock_engine/missed_messages.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

std::vector<std::string> compared(const EngineSession& session) {
  return {"--drop-copy", session.exchange.folder + "/drop_copy.jsonl"};
}

void check_same_end(EngineSession& session, const Golden& golden) {
  const int status = session.run(compared(session));
  BOOST_TEST_REQUIRE(status == 0, "wait status " << status << ": " << session.errors());
  BOOST_TEST(session.final_state() == golden.final_state);
  BOOST_TEST(session.exchange.drop_copy().find("\"kind\":\"session\",\"session\":\"CWMOCK02\"") != std::string::npos);
  BOOST_TEST(books_of(session.exchange.stop()) == golden.books);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_living_engine_goes_on_in_the_new_session) {
  const Golden golden = golden_of(kShort);
  for (const char* after : {"2", "20", "55"}) {
    BOOST_TEST_CONTEXT("after " << after) {
      EngineSession session(kShort, {"--new-session-after", after});
      check_same_end(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_engine_that_died_takes_what_it_missed_from_the_drop_copy) {
  const Golden golden = golden_of(kShort);
  for (const char* point : {"gateway.after_send", "gateway.before_append", "gateway.send_order"}) {
    for (const uint64_t hit : {38, 39, 40, 41}) {
      BOOST_TEST_CONTEXT(point << " hit " << hit) {
        EngineSession session(kShort, {"--new-session-after", "40"});
        session.arm(point, hit, FaultAction::kSigkill);
        BOOST_TEST(killed(session.run(compared(session))));
        check_recovery_is_idempotent(session);
        check_same_end(session, golden);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_death_with_one_foot_in_the_new_session_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const char* point : {"recovery.session_left", "recovery.logged_in", "recovery.missed_applied"}) {
    BOOST_TEST_CONTEXT(point) {
      EngineSession session(kShort, {"--new-session-after", "40"});
      session.arm("gateway.after_send", 39, FaultAction::kSigkill);
      session.arm(point, 1, FaultAction::kSigkill, 1);
      BOOST_TEST(killed(session.run(compared(session))));
      BOOST_TEST(killed(session.run(compared(session))));
      check_recovery_is_idempotent(session);
      check_same_end(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_drop_copy_nobody_knows_what_was_missed_and_nothing_is_sent) {
  EngineSession session(kShort, {"--new-session-after", "40"});
  const int status = session.run();
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 3);
  BOOST_TEST(session.errors().find("the exchange has begun session CWMOCK02 behind CWMOCK01, message ") !=
             std::string::npos);
  BOOST_TEST(session.errors().find("none is given (--drop-copy): nothing is sent") != std::string::npos);
  const uint64_t sent = session.control->engine.orders_sent.load();
  BOOST_TEST(WEXITSTATUS(session.run()) == 3);
  BOOST_TEST(session.control->engine.orders_sent.load() <= sent);
}

BOOST_AUTO_TEST_CASE(missed_messages_end_where_the_new_session_begins) {
  EngineSession session({});
  const std::string path = session.folder + "/copy.jsonl";
  const std::string order = R"("user_ref":1,"symbol":"AAPL","side":"B","quantity":300,"price_ticks":50)";
  const std::string copy = R"({"n":1,"t":1,"kind":"out","seq":1,"type":"system_event","reason":"start of day"}
{"n":2,"t":1,"kind":"out","seq":2,"type":"accepted",)" +
                           order + R"(,"order_id":9,"leaves":300}
{"n":3,"t":1,"kind":"out","seq":3,"type":"canceled",)" +
                           order + R"(,"leaves":0,"reason":"Z"}
{"n":4,"t":1,"kind":"session","session":"B"}
{"n":5,"t":1,"kind":"out","seq":4,"type":"system_event","reason":"start of day"}
)";
  BOOST_REQUIRE(write_file(path, copy).has_value());
  const auto missed = read_missed_messages(path, "B", 2).value();
  BOOST_REQUIRE(missed.size() == 2U);
  BOOST_TEST(missed[0].session_sequence == 2U);
  BOOST_TEST(missed[0].leaves == 300U);
  BOOST_TEST(missed[0].exchange_order_id == 9U);
  BOOST_TEST((missed[1].type == postmortem::AuditRecordType::kCancelled));
  BOOST_TEST(missed[1].reason == 'Z');
  BOOST_TEST(read_missed_messages(path, "C", 2).error().message == path + " knows no session C");
  BOOST_TEST(read_missed_messages(path, "B", 9).error().message ==
             path + " ends with message 3 of the sessions before, and 8 was applied");
  BOOST_TEST(read_missed_messages(path, "B", 4)->empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_of_damage_tells_what_the_exchange_knows_of_it) {
  EngineSession session(kShort);
  session.arm("gateway.after_send", 60, FaultAction::kSigkill);
  BOOST_TEST(killed(session.run(compared(session))));
  const std::string path = session.folder + "/data/audit.log";
  auto bytes = read_file(path).value();
  const size_t middle = bytes.size() / 2 / 4096 * 4096;
  for (size_t i = 0; i < 4096; ++i) bytes[middle + i] = static_cast<char>(~bytes[middle + i]);
  BOOST_REQUIRE(write_file(path, bytes).has_value());
  const auto readout = postmortem::read_audit_log(path).value();
  BOOST_REQUIRE(readout.damage.size() == 1U);
  BOOST_TEST(account_of_damage(readout, "") == "what the exchange knows of them its drop copy tells (--drop-copy)");
  BOOST_TEST(WEXITSTATUS(session.run(compared(session))) == 3);
  const std::string said = session.errors();
  BOOST_TEST_INFO(said);
  BOOST_TEST(said.find("of these the exchange knows orders from ") != std::string::npos);
  BOOST_TEST(said.find("; and sent messages from ") != std::string::npos);
  BOOST_TEST(said.find("; shares moved: ") != std::string::npos);
}
