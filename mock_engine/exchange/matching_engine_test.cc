// Goal: orders are handled by the rules of OUCH 5.0.
// Method: messages straight into the matching engine; the answers are read from the stream.
#include "mock_engine/exchange/matching_engine.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "mock_engine/exchange/exchange_fixture.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::exchange;

BOOST_AUTO_TEST_SUITE(fill_plan)

BOOST_AUTO_TEST_CASE(a_plan_never_fills_more_than_the_order_and_covers_every_outcome) {
  std::map<std::string, int> outcomes;
  for (uint32_t user_ref = 1; user_ref <= 20'000; ++user_ref) {
    const uint32_t quantity = 1 + user_ref % 700;
    const FillPlan plan = plan_fills(Symbol::of("MSFT"), user_ref, kPrice, quantity);
    uint32_t filled = 0;
    for (uint32_t i = 0; i < plan.fill_count; ++i) {
      BOOST_REQUIRE(plan.fills[i] > 0);
      filled += plan.fills[i];
    }
    BOOST_REQUIRE(filled <= quantity);
    BOOST_REQUIRE((!plan.reject || plan.fill_count == 0));
    ++outcomes[plan.reject ? "reject" : filled == 0 ? "open" : filled < quantity ? "part" : "full"];
  }
  BOOST_TEST(outcomes["reject"] > 500);
  BOOST_TEST(outcomes["open"] > 2'000);
  BOOST_TEST(outcomes["part"] > 2'000);
  BOOST_TEST(outcomes["full"] > 10'000);
}

BOOST_AUTO_TEST_CASE(a_plan_depends_on_its_arguments_alone) {
  const FillPlan first = plan_fills(Symbol::of("MSFT"), 5, kPrice, 300);
  const FillPlan second = plan_fills(Symbol::of("MSFT"), 5, kPrice, 300);
  BOOST_TEST(first.fill_count == second.fill_count);
  BOOST_TEST(first.reject == second.reject);
  BOOST_TEST(first.fills[0] == second.fills[0]);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(matching)

BOOST_AUTO_TEST_CASE(the_session_starts_with_a_system_event) { BOOST_TEST(Exchange().answers(1) == "S"); }

BOOST_AUTO_TEST_CASE(an_order_that_fills_moves_position_and_cash) {
  Exchange exchange;
  const uint32_t ref = user_ref_with(1, 100, [](const FillPlan& plan) {
    return plan.fill_count == 1 && plan.fills[0] == 100 && plan.improvement_ticks == 0;
  });
  exchange.enter(ref, 100);
  BOOST_TEST(exchange.answers(2) == "AE");
  BOOST_TEST(exchange.engine.books().position(Symbol::of("AAPL")) == 100);
  BOOST_TEST(exchange.engine.books().cash_ticks() == -100 * static_cast<int64_t>(kPrice));
  BOOST_TEST((exchange.order(ref).state == OrderState::kFilled));
}

BOOST_AUTO_TEST_CASE(a_short_sale_sells) {
  Exchange exchange;
  const uint32_t ref = user_ref_with(1, 100, [](const FillPlan& plan) {
    return plan.fill_count == 1 && plan.fills[0] == 100 && plan.improvement_ticks == 100;
  });
  exchange.enter(ref, 100, 'T');
  BOOST_TEST(exchange.engine.books().position(Symbol::of("AAPL")) == -100);
  BOOST_TEST(exchange.engine.books().cash_ticks() == 100 * static_cast<int64_t>(kPrice + 100));
}

BOOST_AUTO_TEST_CASE(the_rest_of_an_immediate_order_is_cancelled) {
  Exchange exchange;
  exchange.enter(open_ref(1), 100, 'B', ouch::kImmediateOrCancel);
  BOOST_TEST(exchange.answers(2) == "AC");
}

BOOST_AUTO_TEST_CASE(a_cancel_states_the_total_still_wanted) {
  Exchange exchange;
  const uint32_t ref = open_ref(1);
  exchange.enter(ref, 100);
  exchange.cancel(ref, 150);
  exchange.cancel(ref, 100);
  BOOST_TEST(exchange.answers(2) == "A");
  exchange.cancel(ref, 60);
  BOOST_TEST(exchange.order(ref).leaves == 60U);
  exchange.cancel(ref);
  exchange.cancel(ref);
  exchange.cancel(9999);
  BOOST_TEST(exchange.answers(2) == "ACC");
  BOOST_TEST((exchange.order(ref).state == OrderState::kCanceled));
}

BOOST_AUTO_TEST_CASE(a_replace_states_the_total_including_what_is_executed) {
  Exchange exchange;
  const uint32_t ref = user_ref_with(1, 100, [](const FillPlan& plan) {
    return plan.fill_count == 1 && plan.fills[0] < 90 && !plan.fills_oldest_open_order;
  });
  exchange.enter(ref, 100);
  const uint32_t executed = exchange.order(ref).executed;
  const uint32_t open = 200 - executed;
  const uint32_t next = user_ref_with(ref + 1, open, [](const FillPlan& plan) { return plan.fill_count == 0; });
  exchange.replace(ref, next, 200);
  BOOST_TEST(exchange.answers(2) == "AEU");
  BOOST_TEST((exchange.order(ref).state == OrderState::kReplaced));
  BOOST_TEST(exchange.order(ref).leaves == 0U);
  BOOST_TEST(exchange.order(next).leaves == open);
  exchange.cancel(next, executed);
  BOOST_TEST((exchange.order(next).state == OrderState::kCanceled));
}

BOOST_AUTO_TEST_CASE(a_replace_of_a_dead_order_is_ignored_and_consumes_nothing) {
  Exchange exchange;
  const uint32_t ref = open_ref(1);
  exchange.enter(ref, 100);
  exchange.cancel(ref);
  exchange.replace(ref, ref + 1, 200);
  exchange.send(ouch::AccountQuery{});
  uint32_t next = 0;
  BOOST_TEST(exchange.answers(2, [&](Bytes message) {
    (void)ouch::decode_outbound(
        message,
        Overloaded{[&](const ouch::AccountQueryResponse& answer) { next = answer.next_user_ref; }, [](const auto&) {}});
  }) == "ACQ");
  BOOST_TEST(next == ref + 1);
  exchange.enter(ref + 1, 100);  // another message with that number is no sin
  exchange.replace(ref, ref + 1, 200);
  BOOST_TEST(exchange.engine.violations().reused_user_ref == 1U);
}

BOOST_AUTO_TEST_CASE(an_invalid_replace_cancels_the_order) {
  for (const uint32_t quantity : {0U, 1'000'000U}) {
    Exchange exchange;
    const uint32_t ref = open_ref(1);
    exchange.enter(ref, 100);
    exchange.replace(ref, ref + 1, quantity);
    BOOST_TEST(exchange.answers(2) == "AC");
  }
}

BOOST_AUTO_TEST_CASE(a_mass_cancel_takes_the_open_orders_of_its_symbol) {
  Exchange exchange;
  const uint32_t first = open_ref(1);
  const uint32_t second = open_ref(first + 1);
  exchange.enter(first, 100);
  exchange.enter(second, 100);
  ouch::MassCancel other;
  other.symbol = Symbol::of("MSFT");
  exchange.send(other);
  BOOST_TEST(exchange.answers(2) == "AAX");
  exchange.send(ouch::MassCancel{});
  BOOST_TEST(exchange.answers(2) == "AAXXCC");
  BOOST_TEST(exchange.engine.books().open_orders(Symbol::of("")).empty());
}

BOOST_AUTO_TEST_CASE(an_arriving_order_can_trade_out_the_oldest_open_one) {
  Exchange exchange;
  const uint32_t first = open_ref(1);
  const uint32_t second = open_ref(first + 1);
  exchange.enter(first, 100);
  exchange.enter(second, 100);
  const uint32_t third = user_ref_with(second + 1, 100, [](const FillPlan& plan) {
    return !plan.reject && plan.fill_count == 0 && plan.fills_oldest_open_order;
  });
  exchange.enter(third, 100);
  BOOST_TEST((exchange.order(first).state == OrderState::kFilled));
  BOOST_TEST((exchange.order(second).state == OrderState::kOpen));
  BOOST_TEST((exchange.order(third).state == OrderState::kOpen));
}

BOOST_AUTO_TEST_CASE(invalid_orders_are_rejected_with_the_reason) {
  Exchange exchange;
  ouch::EnterOrder order;
  uint32_t next = 1;
  const auto reason_of = [&](auto change) {
    order = {};
    order.user_ref = next++;
    order.quantity = 100;
    order.symbol = Symbol::of("AAPL");
    order.price_ticks = kPrice;
    change(order);
    const uint64_t before = exchange.stream.next_sequence();
    exchange.send(order);
    uint16_t reason = 0;
    exchange.answers(before, [&](Bytes message) {
      ouch::OrderRejected rejected;
      BOOST_TEST((ouch::decode_into(message, rejected) == ouch::DecodeStatus::kDecoded));
      reason = rejected.reason;
    });
    return reason;
  };
  BOOST_TEST(reason_of([](auto& o) { o.side = 'X'; }) == ouch::kRejectInvalidSide);
  BOOST_TEST(reason_of([](auto& o) { o.quantity = 0; }) == ouch::kRejectInvalidQuantity);
  BOOST_TEST(reason_of([](auto& o) { o.quantity = 1'000'000; }) == ouch::kRejectInvalidQuantity);
  BOOST_TEST(reason_of([](auto& o) { o.symbol = Symbol::of("A\nB"); }) == ouch::kRejectInvalidSymbol);
  BOOST_TEST(reason_of([](auto& o) { o.symbol = Symbol::of(""); }) == ouch::kRejectInvalidSymbol);
  BOOST_TEST(reason_of([](auto& o) { o.price_ticks = 0; }) == ouch::kRejectInvalidPrice);
  BOOST_TEST(reason_of([](auto& o) { o.price_ticks = 1'999'999'901; }) == ouch::kRejectInvalidPrice);
}

BOOST_AUTO_TEST_SUITE_END()
