// Goal: each limit refuses exactly what is beyond it. Method: one decision on either side of every limit.
#include "mock_engine/risk_gate.h"

#include <boost/test/unit_test.hpp>

using namespace crashwright::mock_engine;

namespace {

constexpr RiskLimits kLimits{.shares_max = 100,
                             .notional_ticks_max = 1'000'000,
                             .exposure_shares_max = 250,
                             .orders_max = 5,
                             .window_ns = 1'000};

Decision order(uint32_t user_ref, char side, uint32_t quantity, uint32_t price_ticks = 100, uint64_t time_ns = 5'000) {
  Decision decision;
  decision.user_ref = user_ref;
  decision.side = side;
  decision.locate = 3;
  decision.quantity = quantity;
  decision.price_ticks = price_ticks;
  decision.feed_time_ns = time_ns;
  return decision;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_order_of_the_largest_size_passes_and_a_larger_or_empty_one_does_not) {
  RiskGate gate(kLimits);
  BOOST_TEST((gate.check(order(1, 'B', 100)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(2, 'B', 101)) == RiskVerdict::kSize));
  BOOST_TEST((gate.check(order(2, 'B', 0)) == RiskVerdict::kSize));
}

BOOST_AUTO_TEST_CASE(notional_is_price_times_quantity) {
  RiskGate gate(kLimits);
  BOOST_TEST((gate.check(order(1, 'B', 100, 10'000)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(2, 'B', 100, 10'001)) == RiskVerdict::kNotional));
}

BOOST_AUTO_TEST_CASE(exposure_counts_everything_as_filled_on_both_sides) {
  RiskGate gate(kLimits);
  BOOST_TEST((gate.check(order(1, 'B', 100)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(2, 'B', 100)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(3, 'B', 100)) == RiskVerdict::kExposure));
  BOOST_TEST((gate.check(order(3, 'S', 100)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(4, 'B', 100)) == RiskVerdict::kPass));
}

BOOST_AUTO_TEST_CASE(a_replace_gives_back_what_it_replaces) {
  RiskGate gate(kLimits);
  for (uint32_t ref = 1; ref <= 2; ++ref) BOOST_TEST((gate.check(order(ref, 'B', 100)) == RiskVerdict::kPass));
  Decision replace = order(3, 'B', 50);
  replace.kind = DecisionKind::kReplace;
  replace.original_user_ref = 2;
  BOOST_TEST((gate.check(replace) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(4, 'B', 100)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(5, 'B', 1)) == RiskVerdict::kExposure));
}

BOOST_AUTO_TEST_CASE(the_order_rate_follows_the_clock_of_the_feed) {
  RiskGate gate(kLimits);
  for (uint32_t ref = 1; ref <= 5; ++ref) BOOST_TEST((gate.check(order(ref, 'B', 1)) == RiskVerdict::kPass));
  BOOST_TEST((gate.check(order(6, 'B', 1, 100, 5'999)) == RiskVerdict::kRate));
  BOOST_TEST((gate.check(order(6, 'B', 1, 100, 6'000)) == RiskVerdict::kPass));
}

BOOST_AUTO_TEST_CASE(behind_the_kill_switch_nothing_passes_not_even_a_cancel) {
  RiskGate gate(kLimits);
  gate.throw_kill_switch();
  Decision cancel = order(1, 'B', 0);
  cancel.kind = DecisionKind::kCancel;
  BOOST_TEST((gate.check(order(1, 'B', 1)) == RiskVerdict::kKillSwitch));
  BOOST_TEST((gate.check(cancel) == RiskVerdict::kKillSwitch));
}

BOOST_AUTO_TEST_CASE(a_refused_order_leaves_no_trace_in_the_limits) {
  RiskGate gate(kLimits);
  for (int i = 0; i < 20; ++i) BOOST_TEST((gate.check(order(1, 'B', 101)) == RiskVerdict::kSize));
  for (uint32_t ref = 1; ref <= 5; ++ref) BOOST_TEST((gate.check(order(ref, 'B', 50)) == RiskVerdict::kPass));
}
