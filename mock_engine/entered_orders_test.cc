// Orders that a log lost are had from the drop copy with the terms that they were sent with, whatever the answer says.
#include "mock_engine/entered_orders.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using postmortem::AuditRecordType;

namespace {

class CopyOnDisk {
 public:
  CopyOnDisk() {
    char name[] = "/tmp/crashwright-entered-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(name) != nullptr);
    folder_ = name;
  }
  CopyOnDisk(const CopyOnDisk&) = delete;
  CopyOnDisk& operator=(const CopyOnDisk&) = delete;
  ~CopyOnDisk() { std::filesystem::remove_all(folder_); }

  void add(const std::string& keys) {
    text_ += "{\"n\":" + std::to_string(++lines_) + ",\"t\":1," + keys + "}\n";
    BOOST_REQUIRE(write_file(path(), text_).has_value());
  }
  [[nodiscard]] std::string path() const { return folder_ + "/drop_copy.jsonl"; }

 private:
  std::string folder_;
  std::string text_;
  int lines_ = 0;
};

void add_order(CopyOnDisk& copy, const char* type, uint32_t user_ref, uint32_t original, int quantity) {
  copy.add("\"kind\":\"in\",\"type\":\"" + std::string(type) + "\",\"user_ref\":" + std::to_string(user_ref) +
           (original != 0 ? ",\"orig_user_ref\":" + std::to_string(original) : std::string()) +
           ",\"symbol\":\"AAPL\",\"side\":\"B\",\"quantity\":" + std::to_string(quantity) + ",\"price_ticks\":649900");
}

void add_answer(CopyOnDisk& copy, const char* type, uint32_t user_ref, int quantity) {
  copy.add("\"kind\":\"out\",\"seq\":1,\"type\":\"" + std::string(type) + "\",\"user_ref\":" +
           std::to_string(user_ref) + ",\"symbol\":\"AAPL\",\"side\":\"B\",\"quantity\":" + std::to_string(quantity) +
           ",\"price_ticks\":649900,\"leaves\":" + std::to_string(quantity));
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_order_has_the_terms_that_came_in_whatever_its_answer_says) {
  CopyOnDisk copy;
  add_order(copy, "enter", 8, 0, 300);
  add_answer(copy, "rejected", 8, 0);
  add_order(copy, "replace", 16, 9, 400);
  add_answer(copy, "replaced", 16, 150);
  EnteredOrders orders(copy.path());
  const auto entered = orders.find(8).value();
  BOOST_REQUIRE(entered.has_value());
  BOOST_TEST((entered->type == AuditRecordType::kIntentEnter));
  BOOST_TEST(entered->quantity == 300U);
  BOOST_TEST(entered->price_ticks == 649'900);
  BOOST_TEST(entered->symbol.view() == "AAPL");
  BOOST_TEST(entered->side == 'B');
  const auto replaced = orders.find(16).value();
  BOOST_REQUIRE(replaced.has_value());
  BOOST_TEST((replaced->type == AuditRecordType::kIntentReplace));
  BOOST_TEST(replaced->original_user_ref == 9U);
  BOOST_TEST(replaced->quantity == 400U);
}

BOOST_AUTO_TEST_CASE(the_order_that_was_answered_counts_not_one_under_its_number_before_or_behind_it) {
  CopyOnDisk copy;
  add_order(copy, "replace", 16, 9, 100);  // came too late, without an answer
  add_order(copy, "enter", 16, 0, 200);
  add_answer(copy, "accepted", 16, 200);
  add_order(copy, "enter", 16, 0, 300);  // counted as a number used twice
  EnteredOrders orders(copy.path());
  const auto order = orders.find(16).value();
  BOOST_REQUIRE(order.has_value());
  BOOST_TEST((order->type == AuditRecordType::kIntentEnter));
  BOOST_TEST(order->quantity == 200U);
}

BOOST_AUTO_TEST_CASE(what_came_in_since_is_found_and_what_never_did_is_not) {
  CopyOnDisk copy;
  add_order(copy, "enter", 8, 0, 300);
  EnteredOrders orders(copy.path());
  BOOST_TEST(orders.find(8).value().has_value());
  BOOST_TEST(!orders.find(9).value().has_value());
  add_order(copy, "enter", 9, 0, 100);
  BOOST_TEST(orders.find(9).value().value().quantity == 100U);
  BOOST_TEST(!EnteredOrders("").find(8).value().has_value());
}

BOOST_AUTO_TEST_CASE(a_drop_copy_that_is_none_is_an_error_and_no_answer) {
  CopyOnDisk copy;
  BOOST_TEST(!EnteredOrders(copy.path()).find(8).has_value());
  BOOST_REQUIRE(write_file(copy.path(), "{\"n\":7}\n").has_value());
  BOOST_TEST((EnteredOrders(copy.path()).find(8).error().kind == ErrorKind::kCorrupt));
}
