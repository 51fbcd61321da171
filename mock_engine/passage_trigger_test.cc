// Goal: a fault can wait for the last passage of a point, and for the passage about one order or message, whatever the
// machine makes of the numbers of passages.
// Method: the real engine against the real exchange, with faults that slow a thread down, and with kills.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "mock_engine/engine_process.h"
#include "mock_engine/engine_process_checks.h"
#include "postmortem/audit_log.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

constexpr const char* kPassedAtTheEnd[] = {"checkpoint.before_write", "state.before_write", "state.after_write",
                                           "checkpoint.after_write",  "audit.append",       "orders.apply",
                                           "audit.before_write",      "audit.after_write"};

}  // namespace

// Whatever the committer groups: nothing is left then but one checkpoint and its record, so each point is passed once.
BOOST_AUTO_TEST_CASE(the_last_checkpoint_passes_each_of_its_points_for_the_last_time) {
  for (const char* const durability : {"process_death", "power_loss"}) {
    for (const char* const logging : {"before_send", "after_send"}) {
      for (const bool after_a_death : {false, true}) {
        BOOST_TEST_CONTEXT(durability << ", " << logging << ", after a death: " << after_a_death) {
          EngineSession session(kShort);
          const std::vector<std::string> arguments = {"--durability", durability, "--order-logging", logging};
          const uint32_t start = after_a_death ? 1 : 0;
          for (const char* const point : kPassedAtTheEnd) session.arm_last(point, FaultAction::kSlowThread, start);
          if (after_a_death) session.arm("gateway.after_send", 30, FaultAction::kSigkill, 0);
          if (after_a_death) BOOST_TEST(killed(session.run(arguments)));
          BOOST_REQUIRE(session.run(arguments) == 0);
          for (size_t i = 0; i < std::size(kPassedAtTheEnd); ++i) {
            BOOST_TEST(session.fired(i), kPassedAtTheEnd[i]);
            BOOST_TEST(session.control->faults[i].fired_hit.load() == session.hits(kPassedAtTheEnd[i]),
                       kPassedAtTheEnd[i]);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_kill_at_the_last_passage_of_any_point_is_survived) {
  const Golden golden = golden_of(kShort);
  for (const char* const point : kPassedAtTheEnd) {
    BOOST_TEST_CONTEXT(point) {
      EngineSession session(kShort);
      session.arm_last(point, FaultAction::kSigkill, 0);
      BOOST_TEST(killed(session.run()));
      check_ends_like(session, golden);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_kill_can_wait_for_one_order_and_for_one_message_of_the_exchange) {
  const Golden golden = golden_of(kShort);
  EngineSession first(kShort);
  first.arm("gateway.send_order", 20, FaultAction::kSlowThread);
  BOOST_REQUIRE(first.run() == 0);
  const auto log = postmortem::read_audit_log(first.folder + "/data/audit.log");
  BOOST_REQUIRE(log.has_value());
  const auto intent = std::find_if(log->records.begin(), log->records.end(), [](const postmortem::AuditRecord& record) {
    return record.type == postmortem::AuditRecordType::kIntentEnter && record.user_ref >= 10;
  });
  BOOST_REQUIRE((intent != log->records.end()));
  const std::pair<const char*, uint64_t> places[] = {{"gateway.before_append", intent->feed_sequence},
                                                     {"gateway.send_order", intent->feed_sequence},
                                                     {"gateway.after_send", intent->feed_sequence},
                                                     {"gateway.on_message", 12}};
  for (const auto& [point, number] : places) {
    BOOST_TEST_CONTEXT(point << " about " << number) {
      EngineSession session(kShort);
      session.arm_about(point, number, FaultAction::kSigkill);
      BOOST_TEST(killed(session.run()));
      if (point == std::string("gateway.on_message")) BOOST_TEST(session.hits(point) == 12U);
      check_ends_like(session, golden);
    }
  }
}
