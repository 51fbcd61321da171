// The comparison of the engine's books with the exchange's drop copy: what differs is named, nothing else is.
#include "mock_engine/drop_copy_check.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

// One line of a drop copy, `more` behind what all have in common.
std::string line(int number, const std::string& more) {
  return "{\"n\":" + std::to_string(number) + ",\"t\":1," + more + "}\n";
}

std::string out(int number, int sequence, const char* type, int quantity, int leaves, int match_id) {
  return line(number,
              "\"kind\":\"out\",\"seq\":" + std::to_string(sequence) + ",\"type\":\"" + type +
                  "\",\"user_ref\":1,\"symbol\":\"AAPL\",\"side\":\"B\",\"quantity\":" + std::to_string(quantity) +
                  ",\"price_ticks\":50,\"order_id\":1,\"leaves\":" + std::to_string(leaves) +
                  ",\"match_id\":" + std::to_string(match_id));
}

// 300 shares bought for, 100 and 50 of them filled, the 50 taken back.
const std::string kCopy = line(1, "\"kind\":\"connect\",\"connection\":1") +
                          line(2, "\"kind\":\"in\",\"type\":\"enter\",\"user_ref\":1,\"quantity\":300") +
                          out(3, 1, "accepted", 300, 300, 0) + out(4, 2, "executed", 100, 200, 1) +
                          out(5, 3, "executed", 50, 150, 2) + out(6, 4, "broken", 50, 150, 2);

class CopyOnDisk {
 public:
  explicit CopyOnDisk(const std::string& text) {
    char name[] = "/tmp/crashwright-drop-copy-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    folder_ = name;
    BOOST_REQUIRE(write_file(path(), text).has_value());
  }
  CopyOnDisk(const CopyOnDisk&) = delete;
  CopyOnDisk& operator=(const CopyOnDisk&) = delete;
  ~CopyOnDisk() { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return folder_ + "/drop_copy.jsonl"; }

 private:
  std::string folder_;
};

OrderState books(uint64_t next_session_sequence, int64_t shares, uint32_t leaves) {
  OrderState state;
  state.next_session_sequence = next_session_sequence;
  state.positions["AAPL"] = shares;
  state.cash_ticks = -50 * shares;
  WorkingOrder order;
  order.symbol.assign("AAPL");
  order.phase = OrderPhase::kOpen;
  order.leaves = leaves;
  order.price_ticks = 50;
  state.orders[1] = order;
  return state;
}

}  // namespace

BOOST_AUTO_TEST_CASE(books_that_hold_what_was_told_so_far_do_not_differ) {
  const CopyOnDisk copy(kCopy);
  BOOST_TEST(compare_with_drop_copy(copy.path(), books(3, 100, 200)).value().empty());
  BOOST_TEST(compare_with_drop_copy(copy.path(), books(4, 150, 150)).value().empty());
  BOOST_TEST(compare_with_drop_copy(copy.path(), books(5, 100, 150)).value().empty());
}

BOOST_AUTO_TEST_CASE(every_difference_is_named_with_both_sides) {
  const CopyOnDisk copy(kCopy);
  const auto found = compare_with_drop_copy(copy.path(), books(5, 150, 200)).value();
  BOOST_REQUIRE(found.size() == 3U);
  BOOST_TEST(found[0].text() == "AAPL: 150 here, 100 at the exchange");
  BOOST_TEST(found[1].text() == "order 1: 200 here, 150 at the exchange");
  BOOST_TEST(found[2].text() == "cash: -7500 here, -5000 at the exchange");
  OrderState nothing;
  nothing.next_session_sequence = 5;
  BOOST_TEST(compare_with_drop_copy(copy.path(), nothing)->size() == 3U);
}

BOOST_AUTO_TEST_CASE(an_open_order_with_other_terms_is_a_difference) {
  const CopyOnDisk copy(kCopy);
  const auto only = [&](void (*change)(WorkingOrder&)) {
    OrderState state = books(5, 100, 150);
    change(state.orders[1]);
    const auto found = compare_with_drop_copy(copy.path(), state).value();
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].user_ref == 1U);
    return found[0].text();
  };
  BOOST_TEST(only([](WorkingOrder& order) { order.symbol.assign("MSFT"); }) ==
             "symbol of order 1: MSFT here, AAPL at the exchange");
  BOOST_TEST(only([](WorkingOrder& order) { order.side = 'S'; }) == "side of order 1: S here, B at the exchange");
  BOOST_TEST(only([](WorkingOrder& order) { order.price_ticks = 51; }) ==
             "price of order 1: 51 here, 50 at the exchange");
}

BOOST_AUTO_TEST_CASE(a_copy_that_ends_before_what_was_applied_is_behind_and_no_difference) {
  const auto said = [](const std::string& text, uint64_t next) {
    const CopyOnDisk copy(text);
    const std::string message = compare_with_drop_copy(copy.path(), books(next, 100, 150)).error().message;
    return message.substr(copy.path().size());
  };
  BOOST_TEST(said(kCopy, 6) == " ends at message 4, 5 applied: it is behind, and cannot be compared with");
  BOOST_TEST(said("", 6) == " ends at message 0, 5 applied: it is behind, and cannot be compared with");
  BOOST_TEST(said(kCopy.substr(0, kCopy.size() - 1), 5).find(" ends at message 3, 4 applied: ") == 0U);
  const CopyOnDisk nothing("");
  BOOST_TEST(compare_with_drop_copy(nothing.path(), OrderState()).value().empty());
}

BOOST_AUTO_TEST_CASE(a_line_without_its_end_is_left_out_and_a_missing_line_is_refused) {
  const CopyOnDisk cut(kCopy + R"({"n":7,"t":1,"kind":"out","seq":5,"type":"exec)");
  BOOST_TEST(compare_with_drop_copy(cut.path(), books(5, 100, 150)).value().empty());
  const size_t second = kCopy.find('\n') + 1;
  const CopyOnDisk hole(kCopy.substr(0, second) + kCopy.substr(kCopy.find('\n', second) + 1));
  const auto refused = compare_with_drop_copy(hole.path(), books(5, 100, 150));
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().message == hole.path() + ":2: not the line that a drop copy has here");
  BOOST_TEST(!compare_with_drop_copy("/nonexistent/copy", OrderState()).has_value());
}
