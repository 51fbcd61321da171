// Goal: what a session had promised at a crash point is neither more nor less than its two witnesses saw by then, and a
// recovered state that breaks a promise is told so. Method: a record written by hand and a drop copy of four events.
#include "harness/storage/explore/session_promises.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

verifiers::ExchangeEvent event(const char* kind, const char* type, uint64_t at_ns, uint32_t user_ref,
                               uint64_t sequence = 0) {
  verifiers::ExchangeEvent made;
  made.kind = kind;
  made.type = type;
  made.monotonic_ns = at_ns;
  made.user_ref = user_ref;
  made.session_sequence = sequence;
  made.symbol = "AAPL";
  made.side = "B";
  made.quantity = 10;
  made.price_ticks = 7;
  made.leaves = sequence == 2 ? 0 : 10;
  return made;
}

// Two writes at 100 and 200 ns; between them the engine counts sequence 5 as durable and sends it, and the exchange has
// its order at 150 ns.
struct Fixture {
  Fixture() {
    record.create(1, "audit.log").write(1, 0, "one").acknowledge("audit_durable").acknowledge("last_sent_sequence");
    record.write(1, 3, "two");
    operations = record.operations();
    operations[1].time_ns = 100;
    operations[2].size = 5;
    operations[3].size = 5;
    operations[4].time_ns = 200;
    recording = make_recording(operations);
    promises.emplace(recording, std::vector{event("in", "enter", 150, 1), event("out", "accepted", 160, 1, 1),
                                            event("out", "executed", 170, 1, 2), event("in", "cancel", 180, 1)});
  }
  verifiers::EngineState recovered() const {
    verifiers::EngineState state;
    state.audit_sequence = 5;
    state.next_user_ref = 2;
    state.next_session_sequence = 3;
    state.positions["AAPL"] = 10;
    state.cash_ticks = -70;
    return state;
  }
  HandWrittenRecord record;
  std::vector<Operation> operations;
  Recording recording;
  std::optional<SessionPromises> promises;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_promise_counts_from_the_moment_that_its_witness_saw_it, Fixture) {
  BOOST_TEST(recording.tokens.size() == 3U);
  BOOST_TEST(recording.acked(1) == 0U);  // before the first write
  const uint32_t between = recording.acked(2);
  BOOST_TEST(promises->after(between).audit_durable == 5U);
  BOOST_TEST(promises->after(between).last_sent == 5U);
  BOOST_TEST(promises->after(between).order_received == 1U);
  BOOST_TEST(promises->after(0).order_received == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_recovery_that_keeps_every_promise_is_not_blamed, Fixture) {
  BOOST_TEST(promises->broken(recovered(), recording.acked(3)) == "");
  verifiers::EngineState nothing;
  nothing.next_user_ref = 1;
  BOOST_TEST(promises->broken(nothing, 0) == "");
}

BOOST_FIXTURE_TEST_CASE(each_broken_promise_is_named, Fixture) {
  const uint32_t all = recording.acked(3);
  verifiers::EngineState state = recovered();
  state.audit_sequence = 4;
  BOOST_TEST(promises->broken(state, all) ==
             "acknowledged and lost: audit sequence 5 counted as durable, recovery knows 4");
  state = recovered();
  state.next_user_ref = 1;
  BOOST_TEST(promises->broken(state, all) ==
             "sent and lost: the exchange has order 1, recovery's next order number is 1");
  state = recovered();
  state.positions.clear();
  BOOST_TEST(promises->broken(state, all) == "recovered positions flat, the exchange had told AAPL 10");
  state = recovered();
  state.cash_ticks = 0;
  BOOST_TEST(promises->broken(state, all) == "recovered cash 0 ticks, the exchange had told -70");
  state = recovered();
  state.open_orders.push_back({1, 10, 7, "AAPL", "B"});
  BOOST_TEST(promises->broken(state, all) == "recovered 1 open orders, the exchange had told of 0, or of other shares");
}
