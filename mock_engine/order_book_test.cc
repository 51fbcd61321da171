// Goal: the books follow the feed. Method: hand-made events at the edges, and a generated feed against a naive book.
#include "mock_engine/order_book.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <map>

#include "mock_engine/feed_generator.h"
#include "mock_engine/feed_handler.h"

using namespace crashwright::mock_engine;

namespace {

BookEvent add(uint64_t id, char side, uint32_t shares, uint32_t price_ticks, uint16_t locate = 1) {
  BookEvent event{};
  event.type = BookEventType::kAdd;
  event.order_id = id;
  event.side = side;
  event.shares = shares;
  event.price_ticks = price_ticks;
  event.locate = locate;
  std::memcpy(event.symbol, "AAPL    ", 8);
  return event;
}

BookEvent change(BookEventType type, uint64_t id, uint32_t shares = 0) {
  BookEvent event{};
  event.type = type;
  event.order_id = id;
  event.shares = shares;
  event.locate = 1;
  return event;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_best_prices_come_from_the_best_levels) {
  OrderBook book;
  BOOST_TEST(book.apply(add(1, 'B', 100, 10'000)));
  BOOST_TEST(book.apply(add(2, 'B', 200, 10'100)));
  BOOST_TEST(book.apply(add(3, 'B', 50, 10'100)));
  BOOST_TEST(book.apply(add(4, 'S', 300, 10'300)));
  BOOST_TEST(book.apply(add(5, 'S', 400, 10'200)));
  const TopOfBook top = book.top(1);
  BOOST_TEST(top.bid.price_ticks == 10'100U);
  BOOST_TEST(top.bid.shares == 250U);
  BOOST_TEST(top.ask.price_ticks == 10'200U);
  BOOST_TEST(top.ask.shares == 400U);
  BOOST_TEST(book.symbol(1) == "AAPL");
}

BOOST_AUTO_TEST_CASE(reduced_deleted_and_replaced_orders_leave_their_level) {
  OrderBook book;
  book.apply(add(1, 'B', 100, 10'000));
  book.apply(add(2, 'B', 100, 9'900));
  book.apply(change(BookEventType::kReduce, 1, 40));
  BOOST_TEST(book.top(1).bid.shares == 60U);
  book.apply(change(BookEventType::kReduce, 1, 60));
  BOOST_TEST(book.top(1).bid.price_ticks == 9'900U);
  BookEvent replace = change(BookEventType::kReplace, 2, 70);
  replace.new_order_id = 3;
  replace.price_ticks = 9'950;
  BOOST_TEST(book.apply(replace));
  BOOST_TEST(book.top(1).bid.price_ticks == 9'950U);
  BOOST_TEST(book.top(1).bid.shares == 70U);
  BOOST_TEST(book.apply(change(BookEventType::kDelete, 3)));
  BOOST_TEST(book.top(1).bid.shares == 0U);
  BOOST_TEST(book.resting_orders() == 0U);
}

BOOST_AUTO_TEST_CASE(messages_about_unknown_orders_change_nothing_and_are_counted) {
  OrderBook book;
  book.apply(add(1, 'S', 100, 10'000));
  BOOST_TEST(!book.apply(change(BookEventType::kDelete, 9)));
  BOOST_TEST(!book.apply(change(BookEventType::kReduce, 9, 1)));
  BOOST_TEST(!book.apply(change(BookEventType::kReplace, 9, 1)));
  BOOST_TEST(!book.apply(add(1, 'S', 100, 10'000)));
  BOOST_TEST(book.unknown_orders() == 4U);
  BOOST_TEST(book.top(1).ask.shares == 100U);
}

BOOST_AUTO_TEST_CASE(an_instrument_that_the_feed_never_named_has_an_empty_book) {
  const OrderBook book;
  BOOST_TEST(book.top(700).bid.shares == 0U);
  BOOST_TEST(book.symbol(700).empty());
}

BOOST_AUTO_TEST_CASE(a_generated_feed_gives_the_same_books_as_a_naive_one) {
  struct Resting {
    uint32_t price_ticks;
    uint64_t shares;
    uint16_t locate;
    char side;
  };
  OrderBook book;
  std::map<uint64_t, Resting> naive;
  FeedHandler handler(nullptr, 0, 0);
  itch::FeedGenerator generator(11, 3, 20'000);
  itch::FeedMessage message;
  BookEvent event;
  while (generator.next(message)) {
    handler.on_message(message, event);
    book.apply(event);
    if (event.type == BookEventType::kAdd) {
      naive[event.order_id] = {event.price_ticks, event.shares, event.locate, event.side};
    } else if (event.type == BookEventType::kDelete) {
      naive.erase(event.order_id);
    } else if (event.type == BookEventType::kReduce) {
      if ((naive[event.order_id].shares -= event.shares) == 0) naive.erase(event.order_id);
    } else if (event.type == BookEventType::kReplace) {
      const Resting old = naive.at(event.order_id);
      naive.erase(event.order_id);
      naive[event.new_order_id] = {event.price_ticks, event.shares, old.locate, old.side};
    }
    if (event.sequence % 500 != 0) continue;
    for (uint16_t locate = 1; locate <= 3; ++locate) {
      PriceLevel bid;
      PriceLevel ask;
      for (const auto& [id, order] : naive) {
        if (order.locate != locate) continue;
        PriceLevel& best = order.side == 'B' ? bid : ask;
        const bool better = best.shares == 0 || (order.side == 'B' ? order.price_ticks > best.price_ticks
                                                                   : order.price_ticks < best.price_ticks);
        if (better) best = {order.price_ticks, 0};
        if (order.price_ticks == best.price_ticks) best.shares += order.shares;
      }
      BOOST_REQUIRE(book.top(locate).bid.price_ticks == bid.price_ticks);
      BOOST_REQUIRE(book.top(locate).bid.shares == bid.shares);
      BOOST_REQUIRE(book.top(locate).ask.price_ticks == ask.price_ticks);
      BOOST_REQUIRE(book.top(locate).ask.shares == ask.shares);
    }
  }
  BOOST_TEST(book.unknown_orders() == 0U);
  BOOST_TEST(book.resting_orders() == naive.size());
}
