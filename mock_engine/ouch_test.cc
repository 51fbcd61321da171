// Goal: OUCH 5.0 messages have the layout of the specification's tables in both directions, appendages included.
// Method: vectors written by hand from the tables; every wrong length; malformed appendages.
#include "mock_engine/ouch.h"

#include <boost/test/unit_test.hpp>

#include "mock_engine/test_bytes.h"

using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::ouch;

namespace {

constexpr auto kIgnore = [](const auto&) {};
enum class Direction { kInbound, kOutbound };

DecodeStatus decode_any(Direction direction, Bytes bytes, auto&& visitor) {
  return direction == Direction::kInbound ? decode_inbound(bytes, visitor) : decode_outbound(bytes, visitor);
}

// Decodes, checks that encoding gives the same bytes, and that every shorter message is refused (unless it is whole
// without its appendage) and every longer one too.
template <typename Message>
Message check_layout(Direction direction, const std::vector<std::byte>& bytes) {
  Message result{};
  const auto status = decode_any(direction, bytes,
                                 Overloaded{[&](const Message& message) { result = message; },
                                            [](const auto&) { BOOST_ERROR("another message"); }});
  BOOST_TEST(static_cast<int>(status) == static_cast<int>(DecodeStatus::kDecoded));
  std::vector<std::byte> out(encoded_bytes(result));
  BOOST_TEST(encode(result, out.data()) == out.size());
  BOOST_TEST(to_hex(out) == to_hex(bytes));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    const bool whole = size == Message::kFixedSize && Message::kAppendage != Appendage::kRequired;
    BOOST_TEST((decode_any(direction, cut, kIgnore) == DecodeStatus::kDecoded) == whole, "cut to " << size);
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  BOOST_TEST((decode_any(direction, longer, kIgnore) != DecodeStatus::kDecoded));
  return result;
}

// The same for a vector that need not outlive the call: the result has no view of its appendage.
template <typename Message>
Message check_layout(Direction direction, const char* text) {
  Message result = check_layout<Message>(direction, hex(text));
  if constexpr (Message::kAppendage != Appendage::kNever) result.appendage = {};
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ouch_layout)

BOOST_AUTO_TEST_CASE(enter_order_has_the_specified_layout) {
  const auto enter = check_layout<EnterOrder>(
      Direction::kInbound,
      "'O' 00000102 'B' 0000012c 'AAPL    ' 000000000012d687 '0' 'Y' 'P' 'N' 'N' 'ORDER-00000001' 0000");
  BOOST_TEST(enter.user_ref == 0x102U);
  BOOST_TEST(enter.side == 'B');
  BOOST_TEST(enter.quantity == 300U);
  BOOST_TEST(enter.symbol.view() == "AAPL");
  BOOST_TEST(enter.price_ticks == 1'234'567U);
  BOOST_TEST(enter.client_order_id.view() == "ORDER-00000001");
  BOOST_TEST(enter.appendage.empty());
}

BOOST_AUTO_TEST_CASE(an_enter_order_without_elements_is_47_bytes_long) {
  std::byte out[kMessageBytesMax];
  BOOST_TEST(encode(EnterOrder{}, out) == 47U);
}

BOOST_AUTO_TEST_CASE(enter_order_carries_tagged_elements_in_its_appendage) {
  // Firm (tag 2, four characters) and MinQty (tag 3, four bytes).
  const auto bytes =
      hex("'O' 00000102 'S' 0000012c 'AAPL    ' 000000000012d687 '3' 'Y' 'P' 'N' 'N' 'ORDER-00000001' 000c"
          "05 02 'FIRM' 05 03 00000064");
  const auto enter = check_layout<EnterOrder>(Direction::kInbound, bytes);
  BOOST_TEST(to_hex(find_element(enter.appendage, 2)) == to_hex(hex("'FIRM'")));
  BOOST_TEST(to_hex(find_element(enter.appendage, 3)) == "00000064");
  BOOST_TEST(find_element(enter.appendage, 4).empty());
}

BOOST_AUTO_TEST_CASE(replace_order_has_the_specified_layout) {
  const auto replace = check_layout<ReplaceOrder>(
      Direction::kInbound, "'U' 00000001 00000002 000000c8 0000000000000064 '0' 'Y' 'N' 'ORDER-00000002' 0000");
  BOOST_TEST(replace.original_user_ref == 1U);
  BOOST_TEST(replace.user_ref == 2U);
  BOOST_TEST(replace.quantity == 200U);
  BOOST_TEST(replace.price_ticks == 100U);
}

BOOST_AUTO_TEST_CASE(the_other_messages_to_the_exchange_have_the_specified_layout) {
  BOOST_TEST(check_layout<CancelOrder>(Direction::kInbound, "'X' 00000002 00000032 0000").quantity == 50U);
  const auto mass = check_layout<MassCancel>(Direction::kInbound, "'C' 00000003 'FIRM' 'MSFT    ' 0000");
  BOOST_TEST(mass.firm.view() == "FIRM");
  BOOST_TEST(mass.symbol.view() == "MSFT");
  BOOST_TEST(check_layout<DisableOrderEntry>(Direction::kInbound, "'D' 00000004 'FIRM' 0000").user_ref == 4U);
  BOOST_TEST(check_layout<EnableOrderEntry>(Direction::kInbound, "'E' 00000005 'FIRM' 0000").user_ref == 5U);
  check_layout<AccountQuery>(Direction::kInbound, "'Q' 0000");
}

BOOST_AUTO_TEST_CASE(order_accepted_has_the_specified_layout) {
  const auto accepted = check_layout<OrderAccepted>(
      Direction::kOutbound,
      "'A' 00001f1ac0ff0000 00000102 'B' 0000012c 'AAPL    ' 000000000012d687 '0' 'Y' 0000000000000777 'P' 'N' 'N' 'L'"
      "'ORDER-00000001' 0000");
  BOOST_TEST(accepted.timestamp_ns == 0x1f1ac0ff0000U);
  BOOST_TEST(accepted.user_ref == 0x102U);
  BOOST_TEST(accepted.order_reference == 0x777U);
  BOOST_TEST(accepted.order_state == 'L');
  BOOST_TEST(encoded_bytes(accepted) == 64U);
}

BOOST_AUTO_TEST_CASE(order_replaced_has_the_specified_layout) {
  const auto replaced = check_layout<OrderReplaced>(
      Direction::kOutbound,
      "'U' 0000000000000001 00000102 00000103 'S' 0000012c 'AAPL    ' 000000000012d687 '0' 'Y' 0000000000000778 'P' 'N'"
      "'N' 'L' 'ORDER-00000002' 0000");
  BOOST_TEST(replaced.original_user_ref == 0x102U);
  BOOST_TEST(replaced.user_ref == 0x103U);
  BOOST_TEST(encoded_bytes(replaced) == 68U);
}

BOOST_AUTO_TEST_CASE(executions_and_their_breaks_have_the_specified_layout) {
  const auto executed = check_layout<OrderExecuted>(
      Direction::kOutbound, "'E' 0000000000000001 00000102 00000064 000000000012d687 'R' 0000000000000009 0000");
  BOOST_TEST(executed.quantity == 100U);
  BOOST_TEST(executed.liquidity_flag == 'R');
  BOOST_TEST(executed.match_number == 9U);
  const auto broken = check_layout<BrokenTrade>(Direction::kOutbound,
                                                "'B' 0000000000000001 00000102 0000000000000009 'S' 'ORDER-00000001'");
  BOOST_TEST(broken.match_number == 9U);
  BOOST_TEST(broken.reason == 'S');
}

BOOST_AUTO_TEST_CASE(cancels_and_rejects_have_the_specified_layout) {
  const auto canceled = check_layout<OrderCanceled>(Direction::kOutbound, "'C' 0000000000000001 00000102 00000064 'U'");
  BOOST_TEST(canceled.quantity == 100U);
  const auto rejected =
      check_layout<OrderRejected>(Direction::kOutbound, "'J' 0000000000000001 00000102 001d 'ORDER-00000001'");
  BOOST_TEST(rejected.reason == kRejectInvalidPrice);
  BOOST_TEST(check_layout<CancelReject>(Direction::kOutbound, "'I' 0000000000000001 00000102").user_ref == 0x102U);
}

BOOST_AUTO_TEST_CASE(the_other_messages_from_the_exchange_have_the_specified_layout) {
  BOOST_TEST(check_layout<ouch::SystemEvent>(Direction::kOutbound, "'S' 0000000000000001 'S'").event_code == 'S');
  const auto mass =
      check_layout<MassCancelResponse>(Direction::kOutbound, "'X' 0000000000000001 00000003 'FIRM' 'MSFT    ' 0000");
  BOOST_TEST(mass.symbol.view() == "MSFT");
  check_layout<OrderEntryDisabled>(Direction::kOutbound, "'G' 0000000000000001 00000004 'FIRM' 0000");
  check_layout<OrderEntryEnabled>(Direction::kOutbound, "'K' 0000000000000001 00000005 'FIRM' 0000");
  BOOST_TEST(check_layout<AccountQueryResponse>(Direction::kOutbound, "'Q' 0000000000000001 00000006").next_user_ref ==
             6U);
}

BOOST_AUTO_TEST_CASE(a_rare_appendage_is_written_when_there_are_elements) {
  const auto bytes = hex("'C' 0000000000000001 00000102 00000064 'U' 0003 02 1c 07");
  OrderCanceled canceled{};
  BOOST_TEST((decode_into(bytes, canceled) == DecodeStatus::kDecoded));
  BOOST_TEST(to_hex(find_element(canceled.appendage, 28)) == "07");
  std::byte out[kMessageBytesMax];
  BOOST_TEST(to_hex({out, encode(canceled, out)}) == to_hex(bytes));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ouch_decode)

BOOST_AUTO_TEST_CASE(malformed_appendages_are_refused) {
  const std::string query = "'Q'";
  for (const char* appendage : {"0001 00", "0001 01", "0002 02 05", "0003 01 05 01", "0002 01", "0001 01 05"}) {
    const auto bytes = hex(query + appendage);
    BOOST_TEST((decode_inbound(bytes, kIgnore) == DecodeStatus::kBadAppendage), appendage);
  }
  const auto good = hex(query + "0002 01 05");
  BOOST_TEST((decode_inbound(good, kIgnore) == DecodeStatus::kDecoded));
}

BOOST_AUTO_TEST_CASE(the_directions_have_their_own_types) {
  const std::string inbound = "OUXCDEQ";
  const std::string outbound = "SAUCEJBIXGKQ";
  for (int type = 0; type < 256; ++type) {
    const std::byte byte{static_cast<uint8_t>(type)};
    const bool in = decode_inbound({&byte, 1}, kIgnore) != DecodeStatus::kUnknownType;
    const bool out = decode_outbound({&byte, 1}, kIgnore) != DecodeStatus::kUnknownType;
    BOOST_TEST(in == (inbound.find(static_cast<char>(type)) != std::string::npos), "type " << type);
    BOOST_TEST(out == (outbound.find(static_cast<char>(type)) != std::string::npos), "type " << type);
  }
  BOOST_TEST((decode_inbound({}, kIgnore) == DecodeStatus::kBadLength));
  BOOST_TEST((decode_outbound({}, kIgnore) == DecodeStatus::kBadLength));
}

BOOST_AUTO_TEST_SUITE_END()
