// Goal: every sin is counted, misbehaviour stays within what was asked, and a session is the same every time.
// Method: messages straight into the matching engine; its books are compared with an independent fold of its answers.
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "mock_engine/exchange/exchange_fixture.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::exchange;

namespace {

// A stream of valid and senseless messages of every kind, from a seed.
void random_session(Exchange& exchange, uint64_t seed, int messages) {
  Random random(seed);
  static constexpr const char* kSymbols[] = {"AAPL", "MSFT", "NVDA", "bad symbol"};
  uint32_t next_ref = 1;
  for (int i = 0; i < messages; ++i) {
    const auto ref = static_cast<uint32_t>(random.below(next_ref + 3));
    const uint64_t dice = random.below(20);
    if (dice < 12) {
      ouch::EnterOrder order;
      order.user_ref = random.below(20) == 0 ? ref : next_ref++;
      order.side = "BSTE?"[random.below(40) == 0 ? 4 : random.below(4)];
      order.quantity = static_cast<uint32_t>(random.below(1000));
      order.symbol = Symbol::of(kSymbols[random.below(40) == 0 ? 3 : random.below(3)]);
      order.price_ticks = random.below(3'000'000);
      order.time_in_force = random.below(4) == 0 ? ouch::kImmediateOrCancel : ouch::kDay;
      exchange.send(order);
    } else if (dice < 15) {
      exchange.replace(ref, random.below(10) == 0 ? ref : next_ref++, static_cast<uint32_t>(random.below(1500)));
    } else if (dice < 19) {
      exchange.cancel(ref, static_cast<uint32_t>(random.below(300)));
    } else if (random.below(10) == 0) {
      exchange.send(ouch::MassCancel{});
    } else {
      exchange.send(ouch::AccountQuery{});
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sins)

BOOST_AUTO_TEST_CASE(an_identical_order_sent_again_is_a_retransmission_and_ignored) {
  Exchange exchange;
  exchange.enter(5, 100);
  const std::string books = exchange.json();
  const uint64_t next = exchange.stream.next_sequence();
  exchange.enter(5, 100);
  BOOST_TEST(exchange.stream.next_sequence() == next);
  BOOST_TEST(exchange.engine.retransmissions() == 1U);
  BOOST_TEST(exchange.engine.violations().reused_user_ref == 0U);
  BOOST_TEST(exchange.engine.orders_entered() == 1U);
  BOOST_TEST(exchange.drop_copy.pending().find("\"kind\":\"retransmission\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_order_under_a_used_or_passed_number_is_a_violation_and_ignored) {
  Exchange exchange;
  exchange.enter(5, 100);
  const uint64_t next = exchange.stream.next_sequence();
  exchange.enter(5, 101);
  exchange.enter(4, 100);
  exchange.enter(0, 100);
  BOOST_TEST(exchange.stream.next_sequence() == next);
  BOOST_TEST(exchange.engine.violations().reused_user_ref == 3U);
  BOOST_TEST(exchange.drop_copy.pending().find(R"("kind":"violation","type":"reused_user_ref","user_ref":4})") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_order_after_the_kill_switch_is_rejected_and_a_violation) {
  Exchange exchange;
  const uint32_t ref = open_ref(1);
  exchange.enter(ref, 100);
  ouch::DisableOrderEntry disable;
  disable.user_ref = ref + 1;
  exchange.send(disable);
  exchange.enter(ref + 2, 100);
  exchange.replace(ref, ref + 3, 50);
  BOOST_TEST(exchange.answers(2) == "AGJJ");
  BOOST_TEST(exchange.engine.violations().order_after_kill_switch == 2U);
  exchange.cancel(ref);
  BOOST_TEST(exchange.engine.violations().order_after_kill_switch == 2U);
  exchange.send(ouch::EnableOrderEntry{});
  exchange.enter(open_ref(ref + 4), 100);
  BOOST_TEST(exchange.answers(2) == "AGJJCKA");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_no_ouch_is_counted_and_ignored) {
  Exchange exchange;
  const std::byte junk[] = {std::byte{'O'}, std::byte{1}};
  for (size_t size = 0; size <= 2; ++size) exchange.engine.on_message({junk, size}, 0);
  BOOST_TEST(exchange.engine.violations().malformed == 3U);
  BOOST_TEST(exchange.answers(2) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(misbehaviour)

BOOST_AUTO_TEST_CASE(every_nth_order_can_be_rejected) {
  Exchange exchange({.reject_every = 2});
  const uint32_t first = open_ref(1);
  const uint32_t second = open_ref(first + 1);
  exchange.enter(first, 100);
  exchange.enter(second, 100);
  exchange.cancel(first, 50);
  exchange.cancel(first);
  BOOST_TEST(exchange.answers(2) == "AJCI");
}

BOOST_AUTO_TEST_CASE(a_duplicate_fill_is_told_twice_and_booked_once) {
  Exchange exchange({.duplicate_fill = 1});
  const uint32_t ref = user_ref_with(1, 100, [](const FillPlan& plan) { return plan.fills[0] == 100; });
  exchange.enter(ref, 100);
  std::vector<uint64_t> matches;
  BOOST_TEST(exchange.answers(2, [&](Bytes message) {
    ouch::OrderExecuted executed;
    if (static_cast<char>(message[0]) != 'E') return;
    BOOST_TEST((ouch::decode_into(message, executed) == ouch::DecodeStatus::kDecoded));
    matches.push_back(executed.match_number);
  }) == "AEE");
  BOOST_TEST(matches[0] == matches[1]);
  BOOST_TEST(exchange.engine.books().position(Symbol::of("AAPL")) == 100);
}

BOOST_AUTO_TEST_CASE(a_broken_trade_takes_position_and_cash_back) {
  Exchange exchange({.break_trade = 1});
  const uint32_t ref = user_ref_with(1, 100, [](const FillPlan& plan) { return plan.fills[0] == 100; });
  exchange.enter(ref, 100);
  BOOST_TEST(exchange.answers(2) == "AEB");
  BOOST_TEST(exchange.engine.books().position(Symbol::of("AAPL")) == 0);
  BOOST_TEST(exchange.engine.books().cash_ticks() == 0);
  BOOST_TEST((exchange.order(ref).state == OrderState::kFilled));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sessions)

BOOST_AUTO_TEST_CASE(equal_order_streams_give_equal_answers_books_and_drop_copies) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    Exchange first;
    Exchange second;
    random_session(first, seed, 5'000);
    random_session(second, seed, 5'000);
    BOOST_TEST(first.stream.size_bytes() == second.stream.size_bytes());
    const Bytes answers = first.stream.packets(0, first.stream.size_bytes());
    const Bytes again = second.stream.packets(0, second.stream.size_bytes());
    BOOST_TEST(std::equal(answers.begin(), answers.end(), again.begin(), again.end()));
    BOOST_TEST(first.json() == second.json());
    BOOST_TEST(first.drop_copy.pending() == second.drop_copy.pending());
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_folds_the_answers_comes_to_the_books_of_the_exchange) {
  for (const uint64_t seed : {11U, 12U, 13U}) {
    BOOST_TEST_MESSAGE("seed " << seed);
    Exchange exchange;
    random_session(exchange, seed, 5'000);
    struct Open {
      char side;
      std::string symbol;
      uint32_t leaves;
    };
    std::map<uint32_t, Open> open;
    std::map<std::string, int64_t> positions;
    int64_t cash = 0;
    const auto fold =
        Overloaded{[&](const ouch::OrderAccepted& m) {
                     open[m.user_ref] = {m.side, std::string(m.symbol.view()), m.quantity};
                   },
                   [&](const ouch::OrderReplaced& m) {
                     BOOST_REQUIRE(open.erase(m.original_user_ref) == 1U);
                     open[m.user_ref] = {m.side, std::string(m.symbol.view()), m.quantity};
                   },
                   [&](const ouch::OrderExecuted& m) {
                     Open& order = open.at(m.user_ref);
                     const int64_t bought = order.side == 'B' ? m.quantity : -static_cast<int64_t>(m.quantity);
                     positions[order.symbol] += bought;
                     cash -= bought * static_cast<int64_t>(m.price_ticks);
                     BOOST_REQUIRE(order.leaves >= m.quantity);
                     order.leaves -= m.quantity;
                   },
                   [&](const ouch::OrderCanceled& m) { open.at(m.user_ref).leaves -= m.quantity; }, [](const auto&) {}};
    exchange.answers(
        1, [&](Bytes message) { BOOST_REQUIRE(ouch::decode_outbound(message, fold) == ouch::DecodeStatus::kDecoded); });
    const Books& books = exchange.engine.books();
    BOOST_TEST(cash == books.cash_ticks());
    for (const auto& [symbol, position] : positions) BOOST_TEST(books.position(Symbol::of(symbol)) == position);
    for (const Order& order : books.orders()) {
      const auto at = open.find(order.user_ref);
      BOOST_TEST(order.leaves == (at == open.end() ? 0 : at->second.leaves));
      BOOST_TEST((order.state == OrderState::kOpen) == (order.leaves > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(cancel_on_disconnect_leaves_nothing_open) {
  Exchange exchange;
  random_session(exchange, 21, 1'000);
  exchange.enter(open_ref(10'000), 100);
  BOOST_TEST(!exchange.engine.books().open_orders(Symbol::of("")).empty());
  exchange.engine.cancel_all_for_system(0);
  BOOST_TEST(exchange.engine.books().open_orders(Symbol::of("")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
