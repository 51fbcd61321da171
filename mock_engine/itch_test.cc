// Goal: ITCH 5.0 messages have the layout of the specification's tables, and nothing else is taken for one.
// Method: vectors written by hand from the tables, both ways; every wrong length; every type byte.
#include "mock_engine/itch.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "mock_engine/test_bytes.h"

using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::itch;

namespace {

constexpr auto kIgnore = [](const auto&) {};

// Locate 0x0102, tracking 0x0304, time 09:30, which is 34,200,000,000,000 ns.
constexpr const char* kHeader = "0102 0304 1f1aced9f000 ";

template <typename Message>
Message decode_one(const std::vector<std::byte>& bytes) {
  Message result{};
  int calls = 0;
  const auto status = decode(bytes, Overloaded{[&](const Message& message) {
                                                 result = message;
                                                 ++calls;
                                               },
                                               [](const auto&) { BOOST_ERROR("another message"); }});
  BOOST_TEST(static_cast<int>(status) == static_cast<int>(DecodeStatus::kDecoded));
  BOOST_TEST(calls == 1);
  BOOST_TEST(result.header.stock_locate == 0x0102);
  BOOST_TEST(result.header.tracking_number == 0x0304);
  BOOST_TEST(result.header.timestamp_ns == 0x1f1aced9f000U);
  std::byte out[kMessageBytesMax];
  BOOST_TEST(to_hex({out, encode(result, out)}) == to_hex(bytes));
  return result;
}

std::vector<std::byte> message(const char* type, const char* rest) { return hex(std::string(type) + kHeader + rest); }

}  // namespace

BOOST_AUTO_TEST_SUITE(itch_layout)

BOOST_AUTO_TEST_CASE(system_event_has_the_specified_layout) {
  BOOST_TEST(decode_one<SystemEvent>(message("'S'", "'Q'")).event_code == 'Q');
}

BOOST_AUTO_TEST_CASE(stock_directory_has_the_specified_layout) {
  const auto directory = decode_one<StockDirectory>(
      message("'R'", "'AAPL    ' 'Q' 'N' 00000064 'N' 'C' 'Z ' 'P' 'N' 'Y' '1' 'Y' 00000003 'I'"));
  BOOST_TEST(directory.stock.view() == "AAPL");
  BOOST_TEST(directory.market_category == 'Q');
  BOOST_TEST(directory.round_lot_size == 100U);
  BOOST_TEST(directory.issue_subtype.view() == "Z");
  BOOST_TEST(directory.ipo_flag == 'Y');
  BOOST_TEST(directory.luld_reference_price_tier == '1');
  BOOST_TEST(directory.etp_leverage_factor == 3U);
  BOOST_TEST(directory.inverse_indicator == 'I');
}

BOOST_AUTO_TEST_CASE(trading_action_has_the_specified_layout) {
  const auto action = decode_one<TradingAction>(message("'H'", "'MSFT    ' 'H' ' ' 'T1  '"));
  BOOST_TEST(action.trading_state == 'H');
  BOOST_TEST(action.reason.view() == "T1");
}

BOOST_AUTO_TEST_CASE(add_order_has_the_specified_layout) {
  const auto add = decode_one<AddOrder>(message("'A'", "0000000000000102 'B' 0000012c 'NVDA    ' 0012d687"));
  BOOST_TEST(add.order_reference == 0x102U);
  BOOST_TEST(add.side == 'B');
  BOOST_TEST(add.shares == 300U);
  BOOST_TEST(add.stock.view() == "NVDA");
  BOOST_TEST(add.price_ticks == 1'234'567U);
}

BOOST_AUTO_TEST_CASE(attributed_add_order_has_the_specified_layout_and_reaches_a_visitor_of_add_order) {
  const auto bytes = message("'F'", "0000000000000102 'S' 0000012c 'NVDA    ' 0012d687 'CWMM'");
  BOOST_TEST(decode_one<AddOrderAttributed>(bytes).attribution.view() == "CWMM");
  uint32_t shares = 0;
  const auto status = decode(
      bytes, Overloaded{[&](const AddOrder& add) { shares = add.shares; }, [](const SystemEvent&) {},
                        [](const StockDirectory&) {}, [](const TradingAction&) {}, [](const OrderExecuted&) {},
                        [](const OrderExecutedWithPrice&) {}, [](const OrderCancel&) {}, [](const OrderDelete&) {},
                        [](const OrderReplace&) {}, [](const Trade&) {}, [](const CrossTrade&) {}});
  BOOST_TEST(static_cast<int>(status) == static_cast<int>(DecodeStatus::kDecoded));
  BOOST_TEST(shares == 300U);
}

BOOST_AUTO_TEST_CASE(executions_have_the_specified_layout) {
  const auto executed = decode_one<OrderExecuted>(message("'E'", "0000000000000007 00000064 0000000000000009"));
  BOOST_TEST(executed.order_reference == 7U);
  BOOST_TEST(executed.executed_shares == 100U);
  BOOST_TEST(executed.match_number == 9U);
  const auto priced =
      decode_one<OrderExecutedWithPrice>(message("'C'", "0000000000000007 00000064 0000000000000009 'N' 0001e240"));
  BOOST_TEST(priced.printable == 'N');
  BOOST_TEST(priced.execution_price_ticks == 123'456U);
}

BOOST_AUTO_TEST_CASE(cancel_delete_and_replace_have_the_specified_layout) {
  BOOST_TEST(decode_one<OrderCancel>(message("'X'", "0000000000000007 00000032")).cancelled_shares == 50U);
  BOOST_TEST(decode_one<OrderDelete>(message("'D'", "ff00000000000007")).order_reference == 0xff00000000000007U);
  const auto replace = decode_one<OrderReplace>(message("'U'", "0000000000000007 0000000000000008 000000c8 0001e240"));
  BOOST_TEST(replace.original_order_reference == 7U);
  BOOST_TEST(replace.new_order_reference == 8U);
  BOOST_TEST(replace.shares == 200U);
  BOOST_TEST(replace.price_ticks == 123'456U);
}

BOOST_AUTO_TEST_CASE(trades_have_the_specified_layout) {
  const auto trade =
      decode_one<Trade>(message("'P'", "0000000000000000 'B' 00000064 'TSLA    ' 0001e240 0000000000000011"));
  BOOST_TEST(trade.stock.view() == "TSLA");
  BOOST_TEST(trade.match_number == 0x11U);
  const auto cross =
      decode_one<CrossTrade>(message("'Q'", "0000000000010000 'TSLA    ' 0001e240 0000000000000012 'O'"));
  BOOST_TEST(cross.shares == 65'536U);
  BOOST_TEST(cross.cross_type == 'O');
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(itch_decode)

BOOST_AUTO_TEST_CASE(every_wrong_length_of_every_type_is_rejected) {
  for (int type = 0; type < 256; ++type) {
    const size_t right = message_bytes(static_cast<char>(type));
    if (right == 0) continue;
    for (size_t length = 1; length <= kMessageBytesMax + 2; ++length) {
      // Exactly as long as claimed, so that a read beyond the end is seen by the sanitizers.
      std::vector<std::byte> bytes(length, std::byte{'A'});
      bytes[0] = static_cast<std::byte>(type);
      const auto status = decode(bytes, kIgnore);
      BOOST_TEST((status == DecodeStatus::kBadLength) == (length != right), "type " << type << " length " << length);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_empty_message_is_rejected) {
  BOOST_TEST((decode(Bytes{}, kIgnore) == DecodeStatus::kBadLength));
}

BOOST_AUTO_TEST_CASE(types_outside_the_specification_are_reported_as_unknown) {
  const std::string known = "SRHYLVWKJhAFECXDUPQBINO";
  const std::string decoded = "SRHAFECXDUPQ";
  for (int type = 0; type < 256; ++type) {
    const char letter = static_cast<char>(type);
    std::vector<std::byte> bytes(std::max<size_t>(message_bytes(letter), 1), std::byte{' '});
    bytes[0] = static_cast<std::byte>(type);
    const auto status = decode(bytes, kIgnore);
    if (decoded.find(letter) != std::string::npos) {
      BOOST_TEST((status == DecodeStatus::kDecoded), "type " << type);
    } else if (known.find(letter) != std::string::npos) {
      BOOST_TEST((status == DecodeStatus::kNotDecoded), "type " << type);
    } else {
      BOOST_TEST((status == DecodeStatus::kUnknownType), "type " << type);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_status_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (const auto status :
       {DecodeStatus::kDecoded, DecodeStatus::kNotDecoded, DecodeStatus::kUnknownType, DecodeStatus::kBadLength}) {
    names.insert(decode_status_name(status));
  }
  BOOST_TEST(names.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
