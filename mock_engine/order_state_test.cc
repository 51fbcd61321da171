// Goal: state = fold(log), live and recovered alike; each message counts once; what is in doubt is known exactly.
// Method: hand-made lives for the rules, random seeded ones for the fold.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <set>

#include "mock_engine/order_state_fixture.h"
#include "mock_engine/order_state_json.h"
#include "mock_engine/order_state_machine.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

BOOST_AUTO_TEST_CASE(the_fold_of_the_log_is_the_live_state) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    RandomLife life(seed);
    for (int i = 0; i < 400; ++i) life.step();
    BOOST_TEST_CONTEXT("seed " << seed) { BOOST_TEST((fold(life.log) == life.live.state())); }
  }
}

BOOST_AUTO_TEST_CASE(a_state_from_anywhere_in_the_log_and_the_rest_give_the_same_state) {
  RandomLife life(77);
  for (int i = 0; i < 300; ++i) life.step();
  for (size_t cut = 0; cut <= life.log.size(); cut += 13) {
    const OrderState middle = fold({life.log.begin(), life.log.begin() + static_cast<ptrdiff_t>(cut)});
    BOOST_REQUIRE((fold(life.log, cut, middle) == life.live.state()));
  }
}

BOOST_AUTO_TEST_CASE(a_fill_moves_position_cash_and_leaves) {
  RandomLife life(1);
  life.enter(300);
  const bool buys = life.log.back().side == 'B';
  const std::string symbol(life.log.back().symbol.view());
  life.accept(1);
  life.execute(1, 100, 20'000);
  const OrderState& state = life.live.state();
  BOOST_TEST(state.positions.at(symbol) == (buys ? 100 : -100));
  BOOST_TEST(state.cash_ticks == (buys ? -2'000'000 : 2'000'000));
  BOOST_TEST(state.orders.at(1).leaves == 200U);
  BOOST_TEST(life.log.back().leaves == 200U);
  BOOST_TEST(life.log.back().position_after == state.positions.at(symbol));
  life.execute(1, 200, 20'000);
  BOOST_TEST(state.orders.empty());
}

BOOST_AUTO_TEST_CASE(a_broken_trade_gives_back_position_and_cash_but_not_the_shares) {
  RandomLife life(1);
  life.enter(300);
  life.accept(1);
  life.execute(1, 100, 20'000);
  AuditRecord broken = RandomLife::event(AuditRecordType::kBrokenTrade, 1);
  broken.match_id = life.last_match();
  life.put(life.from_exchange(broken));
  BOOST_TEST(life.live.state().positions.empty());
  BOOST_TEST(life.live.state().cash_ticks == 0);
  BOOST_TEST(life.live.state().orders.at(1).leaves == 200U);
  broken.session_sequence = life.live.state().next_session_sequence;
  BOOST_TEST((life.live.judge(broken) == InboundVerdict::kDifference));
}

BOOST_AUTO_TEST_CASE(a_message_that_was_applied_before_changes_nothing) {
  RandomLife life(5);
  for (int i = 0; i < 200; ++i) life.step();
  OrderStateMachine again = life.live;
  for (const AuditRecord& record : life.log) {
    if (record.session_sequence == 0) continue;
    BOOST_TEST((again.judge(record) == InboundVerdict::kAlreadyApplied));
    BOOST_TEST((again.replay(record) == Promise::kKept));
  }
  BOOST_TEST((again.state() == life.live.state()));
}

BOOST_AUTO_TEST_CASE(a_fill_that_is_reported_twice_is_a_difference) {
  RandomLife life(1);
  life.enter(300);
  life.accept(1);
  life.execute(1, 100);
  AuditRecord twice = life.log.back();
  twice.session_sequence = life.live.state().next_session_sequence;
  BOOST_TEST((life.live.judge(twice) == InboundVerdict::kDifference));
  twice.match_id = 99;
  BOOST_TEST((life.live.judge(twice) == InboundVerdict::kApply));
}

BOOST_AUTO_TEST_CASE(a_message_beyond_the_next_wanted_one_shows_a_gap) {
  RandomLife life(1);
  life.enter();
  life.accept(1);
  AuditRecord early = RandomLife::event(AuditRecordType::kExecuted, 1, 100, 1);
  early.session_sequence = 3;
  BOOST_TEST((life.live.judge(early) == InboundVerdict::kGap));
}

BOOST_AUTO_TEST_CASE(an_order_that_was_never_entered_is_unknown) {
  RandomLife life(1);
  life.enter();
  AuditRecord stranger = RandomLife::event(AuditRecordType::kAccepted, 2, 100, 1);
  stranger.session_sequence = 1;
  BOOST_TEST((life.live.judge(stranger) == InboundVerdict::kUnknownOrder));
}

namespace {

// The first record that does not keep its promise: its place, and which promise.
std::pair<size_t, Promise> parted(const std::vector<AuditRecord>& log) {
  OrderStateMachine machine;
  for (size_t i = 0; i < log.size(); ++i) {
    if (const Promise promise = machine.replay(log[i]); promise != Promise::kKept) return {i, promise};
  }
  return {log.size(), Promise::kKept};
}

// A life with a login, a configuration and records that say nothing about the orders.
RandomLife life_of_every_kind() {
  RandomLife life(3);
  life.put(RandomLife::event(AuditRecordType::kRunStart, 0, 1));
  AuditRecord configuration = RandomLife::event(AuditRecordType::kConfigurationHash, 0);
  configuration.match_id = 0x1234567890abcdef;
  life.put(configuration);
  AuditRecord login = RandomLife::event(AuditRecordType::kLogin, 0);
  login.symbol.assign("SESSION01");
  life.put(login);
  for (int i = 0; i < 100; ++i) {
    life.step();
    if (i % 10 == 0) life.put(RandomLife::event(AuditRecordType::kSent, life.last_ref()));
    if (i % 25 == 0) life.put(RandomLife::event(AuditRecordType::kHeartbeat, 0));
  }
  AuditRecord checkpoint = RandomLife::event(AuditRecordType::kCheckpoint, 0);
  checkpoint.match_id = 90;
  life.put(checkpoint);
  return life;
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_is_changed_in_a_record_of_whatever_type_is_found_at_that_record) {
  const RandomLife life = life_of_every_kind();
  BOOST_TEST((parted(life.log).second == Promise::kKept));
  using Change = void (*)(AuditRecord&);
  const Change changes[] = {
      [](AuditRecord& record) { record.side = record.side == 'B' ? 'S' : 'B'; },
      [](AuditRecord& record) { record.symbol.assign(record.symbol == "AAPL" ? "MSFT" : "AAPL"); },
      [](AuditRecord& record) { record.quantity += 1; },
      [](AuditRecord& record) { record.price_ticks += 1; },
      [](AuditRecord& record) { record.leaves += 1; },
      [](AuditRecord& record) { record.feed_sequence += 1; },
      [](AuditRecord& record) { record.session_sequence -= record.session_sequence == 0 ? 0 : 1; },
      [](AuditRecord& record) { record.session_sequence += record.session_sequence == 0 ? 0 : 1; },
      [](AuditRecord& record) { record.user_ref += 1; },
      [](AuditRecord& record) { record.original_user_ref += 1; },
      [](AuditRecord& record) { record.exchange_order_id += 1; },
      [](AuditRecord& record) { record.match_id += 1; },
      [](AuditRecord& record) { record.position_after += 1; },
      [](AuditRecord& record) { record.cash_after_ticks += 1; },
      [](AuditRecord& record) { record.state_hash ^= 1; },
      [](AuditRecord& record) { record.state_hash = 0; },
      [](AuditRecord& record) { record.flags ^= 1; },
      [](AuditRecord& record) { record.reason += 1; },
      [](AuditRecord& record) { record.time_in_force = 'I'; },
      [](AuditRecord& record) { record.account += 1; },
      [](AuditRecord& record) { record.algorithm += 1; },
      [](AuditRecord& record) { record.type = AuditRecordType::kTornTail; },
  };
  for (size_t change = 0; change < std::size(changes); ++change) {
    for (size_t changed = 0; changed < life.log.size(); ++changed) {
      auto log = life.log;
      changes[change](log[changed]);
      if (std::memcmp(&log[changed], &life.log[changed], sizeof(AuditRecord)) == 0) continue;
      BOOST_REQUIRE_MESSAGE(parted(log).first == changed, "change " << change << " of record " << changed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_keep_its_promise_says_which) {
  const RandomLife life = life_of_every_kind();
  const size_t middle = life.log.size() / 2;
  const auto promise_behind = [&](auto change) {
    auto log = life.log;
    change(log[middle]);
    return std::string(promise_text(parted(log).second));
  };
  BOOST_TEST(promise_behind([](AuditRecord& record) { ++record.position_after; }) ==
             "the position after it is not the one it promises");
  BOOST_TEST(promise_behind([](AuditRecord& record) { ++record.cash_after_ticks; }) ==
             "the cash after it is not the one it promises");
  BOOST_TEST(promise_behind([](AuditRecord& record) { record.state_hash = 0; }) ==
             "it promises no state, as every record does");
  BOOST_TEST(promise_behind([](AuditRecord& record) { ++record.feed_sequence; }) ==
             "the state after it is not the one it promises");
}

BOOST_AUTO_TEST_CASE(a_message_that_stands_in_the_log_a_second_time_is_found) {
  RandomLife life(1);
  life.enter(300);
  life.accept(1);
  life.execute(1, 100);
  auto log = life.log;
  log.push_back(log.back());
  log.back().sequence = log.size();
  BOOST_TEST(parted(log).first == log.size() - 1);
  BOOST_TEST((parted(log).second == Promise::kRepeated));
}

BOOST_AUTO_TEST_CASE(the_hash_that_follows_what_changes_is_the_hash_of_the_whole_state) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    RandomLife life(seed);
    for (int i = 0; i < 400; ++i) {
      life.step();
      const OrderState& state = life.live.state();
      BOOST_REQUIRE_MESSAGE(life.live.hash() == hash_of_state(state, sum_of_parts(state)),
                            "seed " << seed << " step " << i);
      BOOST_REQUIRE(life.log.back().state_hash == life.live.hash());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_state_that_differs_in_anything_has_another_hash) {
  RandomLife life(8);
  for (int i = 0; i < 200; ++i) life.step();
  life.enter();
  life.accept(life.last_ref());
  life.cancel(life.last_ref());
  OrderState whole = life.live.state();
  whole.adopted.insert(7);
  BOOST_REQUIRE(!whole.positions.empty());
  BOOST_REQUIRE(!whole.pending.empty());
  BOOST_REQUIRE(!whole.executions.empty());
  using Change = void (*)(OrderState&);
  const Change changes[] = {
      [](OrderState&) {},
      [](OrderState& state) { ++state.feed_sequence; },
      [](OrderState& state) { ++state.next_session_sequence; },
      [](OrderState& state) { ++state.session_first; },
      [](OrderState& state) { ++state.history; },
      [](OrderState& state) { ++state.decisions; },
      [](OrderState& state) { ++state.risk_blocks; },
      [](OrderState& state) { ++state.entered; },
      [](OrderState& state) { ++state.replaced; },
      [](OrderState& state) { ++state.cancelled; },
      [](OrderState& state) { ++state.cash_ticks; },
      [](OrderState& state) { ++state.next_user_ref; },
      [](OrderState& state) { state.kill_switch = !state.kill_switch; },
      [](OrderState& state) { ++state.configuration_hash; },
      [](OrderState& state) { state.exchange_session.assign("OTHER"); },
      [](OrderState& state) { state.orders.rbegin()->second.side ^= 'B' ^ 'S'; },
      [](OrderState& state) { state.orders.rbegin()->second.symbol.assign("OTHER"); },
      [](OrderState& state) { state.orders.rbegin()->second.phase = OrderPhase::kPending; },
      [](OrderState& state) { ++state.orders.rbegin()->second.quantity; },
      [](OrderState& state) { ++state.orders.rbegin()->second.leaves; },
      [](OrderState& state) { ++state.orders.rbegin()->second.price_ticks; },
      [](OrderState& state) { state.orders.erase(state.orders.rbegin()->first); },
      [](OrderState& state) { ++state.positions.begin()->second; },
      [](OrderState& state) { state.positions.clear(); },
      [](OrderState& state) { ++state.pending.back().original_user_ref; },
      [](OrderState& state) { state.pending.pop_back(); },
      [](OrderState& state) { ++state.executions.back().match_id; },
      [](OrderState& state) { ++state.executions.back().quantity; },
      [](OrderState& state) { ++state.executions.back().price_ticks; },
      [](OrderState& state) { state.executions.pop_front(); },
      [](OrderState& state) { state.adopted.clear(); },
  };
  std::set<uint64_t> hashes;
  for (const Change change : changes) {
    OrderState state = whole;
    change(state);
    hashes.insert(hash_of_state(state, sum_of_parts(state)));
  }
  BOOST_TEST(hashes.size() == std::size(changes));
}

BOOST_AUTO_TEST_CASE(unanswered_intents_are_in_doubt_in_the_order_of_the_log_and_each_order_once) {
  RandomLife life(1);
  life.enter();
  life.accept(1);
  life.enter();
  life.replace(1);
  life.cancel(2);
  const auto& pending = life.live.state().pending;
  BOOST_REQUIRE(pending.size() == 3U);
  BOOST_TEST(pending[0].user_ref == 2U);
  BOOST_TEST(pending[1].user_ref == 3U);
  BOOST_TEST(pending[1].original_user_ref == 1U);
  BOOST_TEST((pending[2].type == AuditRecordType::kIntentCancel));
  BOOST_TEST(recovered_state_json(life.live.state()).find("\"in_doubt\":[2,3]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_resolves_what_the_exchange_silently_ignored_before_it) {
  RandomLife life(1);
  life.enter();
  life.accept(1);
  life.execute(1, 300);
  life.replace(1);  // of a dead order: never answered
  life.cancel(1);
  life.enter();
  life.accept(3);
  BOOST_TEST(life.live.state().pending.empty());
  BOOST_TEST(!life.live.state().orders.contains(2));
}

BOOST_AUTO_TEST_CASE(an_account_query_leaves_in_doubt_only_what_never_arrived) {
  RandomLife life(1);
  life.enter();
  life.accept(1);
  life.cancel(1);   // never arrived: order 1 is still open
  life.enter();     // never arrived
  life.replace(2);  // neither
  life.replace(9);  // of a dead order: nothing to wait for
  life.cancel(9);
  life.answer_query(2);
  const auto& pending = life.live.state().pending;
  BOOST_REQUIRE(pending.size() == 3U);
  BOOST_TEST(pending[0].user_ref == 1U);
  BOOST_TEST(pending[1].user_ref == 2U);
  BOOST_TEST(pending[2].user_ref == 3U);
}

BOOST_AUTO_TEST_CASE(abandoning_an_intent_under_the_kill_switch_takes_it_out_of_doubt) {
  RandomLife life(1);
  life.enter();
  AuditRecord kill = RandomLife::event(AuditRecordType::kKillSwitch, life.last_ref() + 1);
  life.put(kill);
  AuditRecord abandoned = RandomLife::event(AuditRecordType::kInDoubtResolved, 1);
  abandoned.reason = static_cast<uint8_t>(InDoubtFate::kAbandoned);
  life.put(abandoned);
  BOOST_REQUIRE(life.live.state().pending.size() == 1U);
  BOOST_TEST((life.live.state().pending[0].type == AuditRecordType::kKillSwitch));
  BOOST_TEST(life.live.state().kill_switch);
  BOOST_TEST(life.live.state().orders.empty());
}

BOOST_AUTO_TEST_CASE(the_json_is_sorted_and_holds_integers_only) {
  RandomLife life(1);
  life.enter(300);
  life.accept(1);
  life.execute(1, 100, 20'000);
  const bool buys = life.log.front().side == 'B';
  const std::string symbol(life.log.front().symbol.view());
  const std::string order = R"({"leaves":200,"price_ticks":10000,"side":")" + std::string(1, life.log.front().side) +
                            R"(","symbol":")" + symbol + R"(","user_ref":1})";
  const std::string position = "{\"" + symbol + "\":" + (buys ? "100" : "-100") + "}";
  const std::string cash = buys ? "-2000000" : "2000000";
  BOOST_TEST(final_state_json(life.live.state(), 5000) ==
             "{\"cash_ticks\":" + cash + R"(,"decisions":1,"feed_sequence":5000,"kill_switch":false,"open_orders":[)" +
                 order + R"(],"orders":{"cancelled":0,"entered":1,"replaced":0},"positions":)" + position + "}\n");
  BOOST_TEST(recovered_state_json(life.live.state()) ==
             "{\"audit_sequence\":3,\"cash_ticks\":" + cash +
                 R"(,"decisions":1,"exchange_session":"","feed_sequence":7,"in_doubt":[],"kill_switch":false,)"
                 R"("next_session_sequence":3,"next_user_ref":2,"open_orders":[)" +
                 order + "],\"positions\":" + position + "}\n");
}
