// Goal: decisions are a function of the feed alone, numbered without gap, at the rate the header states.
// Method: the same generated feed several times, with and without a gate in between.
#include "mock_engine/strategy.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "mock_engine/feed_generator.h"
#include "mock_engine/feed_handler.h"

using namespace crashwright::mock_engine;

namespace {

std::string text_of(const Decision& decision) {
  return std::to_string(static_cast<int>(decision.kind)) + " " + std::to_string(decision.user_ref) + " " +
         std::to_string(decision.original_user_ref) + " " + decision.side + " " + std::to_string(decision.quantity) +
         " " + std::string(decision.symbol.view()) + " " + std::to_string(decision.price_ticks) + " " +
         std::to_string(decision.feed_sequence);
}

std::vector<Decision> decide(uint64_t seed, uint64_t messages, uint32_t symbols = 8) {
  OrderBook book;
  Strategy strategy;
  FeedHandler handler(nullptr, 0, 0);
  itch::FeedGenerator generator(seed, symbols, messages);
  std::vector<Decision> decisions;
  itch::FeedMessage message;
  BookEvent event;
  while (generator.next(message)) {
    handler.on_message(message, event);
    if (!book.apply(event)) continue;
    if (const auto decision = strategy.on_book_update(event, book)) {
      strategy.commit(*decision);
      decisions.push_back(*decision);
    }
  }
  return decisions;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_feed_gives_the_same_decisions) {
  const auto first = decide(3, 20'000);
  const auto second = decide(3, 20'000);
  BOOST_REQUIRE(first.size() == second.size());
  for (size_t i = 0; i < first.size(); ++i) BOOST_REQUIRE(text_of(first[i]) == text_of(second[i]));
}

BOOST_AUTO_TEST_CASE(a_prefix_of_the_feed_gives_a_prefix_of_the_decisions) {
  const auto all = decide(3, 20'000);
  const auto part = decide(3, 7'000);
  BOOST_REQUIRE(part.size() < all.size());
  for (size_t i = 0; i < part.size(); ++i) BOOST_REQUIRE(text_of(part[i]) == text_of(all[i]));
}

BOOST_AUTO_TEST_CASE(five_thousand_messages_give_sixty_to_one_hundred_and_twenty_decisions_of_every_kind) {
  for (const uint64_t seed : {1, 2, 3, 4, 5, 42, 1000}) {
    const auto decisions = decide(seed, 5'000);
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST(decisions.size() >= 60U);
      BOOST_TEST(decisions.size() <= 120U);
      size_t kinds[3] = {};
      for (const Decision& decision : decisions) ++kinds[static_cast<int>(decision.kind)];
      BOOST_TEST(kinds[0] > kinds[1]);
      BOOST_TEST(kinds[1] > 0U);
      BOOST_TEST(kinds[2] > 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(order_numbers_rise_by_one_and_cancels_take_none) {
  uint32_t next = 1;
  for (const Decision& decision : decide(9, 20'000)) {
    if (decision.kind == DecisionKind::kCancel) {
      BOOST_TEST(decision.user_ref < next);
      continue;
    }
    BOOST_REQUIRE(decision.user_ref == next);
    ++next;
    if (decision.kind == DecisionKind::kReplace) BOOST_TEST(decision.original_user_ref < decision.user_ref);
  }
  BOOST_TEST(next > 100U);
}

BOOST_AUTO_TEST_CASE(a_decision_that_is_not_committed_takes_no_number) {
  OrderBook book;
  Strategy strategy;
  FeedHandler handler(nullptr, 0, 0);
  itch::FeedGenerator generator(5, 2, 5'000);
  itch::FeedMessage message;
  BookEvent event;
  while (generator.next(message)) {
    handler.on_message(message, event);
    if (!book.apply(event)) continue;
    if (const auto decision = strategy.on_book_update(event, book)) BOOST_REQUIRE(decision->user_ref == 1U);
  }
  BOOST_TEST(strategy.next_user_ref() == 1U);
}
