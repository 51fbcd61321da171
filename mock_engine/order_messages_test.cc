// Goal: what an intent says is what goes out, and what comes in is what the record says. Method: codecs back to back.
#include "mock_engine/order_messages.h"

#include <array>
#include <boost/test/unit_test.hpp>

#include "mock_engine/order_state_fixture.h"
#include "mock_engine/ouch.h"
#include "mock_engine/soupbintcp.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

template <typename Message>
Message sent(const AuditRecord& intent) {
  std::array<std::byte, kOrderPacketBytesMax> packet;
  const size_t bytes = encode_intent(intent, packet.data());
  BOOST_REQUIRE(bytes <= packet.size());
  BOOST_REQUIRE((packet[2] == std::byte{'U'}));
  Message message;
  const Bytes payload(packet.data() + soup::kHeaderBytes, bytes - soup::kHeaderBytes);
  BOOST_REQUIRE((payload[0] == std::byte{static_cast<uint8_t>(Message::kType)}));
  BOOST_REQUIRE((ouch::decode_into(payload, message) == ouch::DecodeStatus::kDecoded));
  return message;
}

template <typename Message>
AuditRecord received(const Message& message) {
  std::array<std::byte, ouch::kMessageBytesMax> bytes;
  const auto record = event_record({bytes.data(), ouch::encode(message, bytes.data())}, 17);
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->session_sequence == 17U);
  return *record;
}

Decision decision(DecisionKind kind) {
  Decision made;
  made.kind = kind;
  made.side = 'S';
  made.user_ref = 12;
  made.original_user_ref = 11;
  made.quantity = 300;
  made.price_ticks = 1'234'500;
  made.feed_sequence = 99;
  made.symbol.assign("MSFT");
  return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_enter_goes_out_as_decided) {
  const AuditRecord intent = intent_record(decision(DecisionKind::kEnter));
  BOOST_TEST(intent.feed_sequence == 99U);
  const auto order = sent<ouch::EnterOrder>(intent);
  BOOST_TEST(order.user_ref == 12U);
  BOOST_TEST(order.side == 'S');
  BOOST_TEST(order.quantity == 300U);
  BOOST_TEST(order.symbol.view() == "MSFT");
  BOOST_TEST(order.price_ticks == 1'234'500U);
}

BOOST_AUTO_TEST_CASE(a_replace_a_cancel_and_the_kill_switch_go_out_as_decided) {
  const auto replace = sent<ouch::ReplaceOrder>(intent_record(decision(DecisionKind::kReplace)));
  BOOST_TEST(replace.original_user_ref == 11U);
  BOOST_TEST(replace.user_ref == 12U);
  BOOST_TEST(replace.quantity == 300U);
  const auto cancel = sent<ouch::CancelOrder>(intent_record(decision(DecisionKind::kCancel)));
  BOOST_TEST(cancel.user_ref == 12U);
  BOOST_TEST(cancel.quantity == 0U);
  AuditRecord kill{};
  kill.type = AuditRecordType::kKillSwitch;
  kill.user_ref = 40;
  BOOST_TEST(sent<ouch::DisableOrderEntry>(kill).user_ref == 40U);
}

BOOST_AUTO_TEST_CASE(an_intent_sent_again_is_the_same_message_under_the_same_number) {
  RandomLife life(1);
  life.enter(300);
  life.accept(1);
  life.enter(500);
  life.replace(1);
  life.cancel(2);
  for (const PendingIntent& pending : life.live.state().pending) {
    const AuditRecord again = intent_record(pending, life.live.state());
    const AuditRecord& logged = life.log[pending.audit_sequence - 1];
    std::array<std::byte, kOrderPacketBytesMax> first{};
    std::array<std::byte, kOrderPacketBytesMax> second{};
    BOOST_TEST(encode_intent(logged, first.data()) == encode_intent(again, second.data()));
    BOOST_TEST((first == second));
    BOOST_TEST(again.sequence == pending.audit_sequence);
  }
}

BOOST_AUTO_TEST_CASE(messages_of_the_exchange_become_records) {
  ouch::OrderAccepted accepted;
  accepted.user_ref = 5;
  accepted.quantity = 200;
  accepted.symbol = Symbol::of("AAPL");
  accepted.price_ticks = 777;
  accepted.order_reference = 31;
  AuditRecord record = received(accepted);
  BOOST_TEST((record.type == AuditRecordType::kAccepted));
  BOOST_TEST(record.leaves == 200U);
  BOOST_TEST(record.symbol.view() == "AAPL");
  BOOST_TEST(record.exchange_order_id == 31U);
  accepted.order_state = 'D';
  BOOST_TEST(received(accepted).leaves == 0U);

  ouch::OrderReplaced replaced;
  replaced.user_ref = 6;
  replaced.original_user_ref = 5;
  record = received(replaced);
  BOOST_TEST((record.type == AuditRecordType::kReplaced));
  BOOST_TEST(record.original_user_ref == 5U);

  ouch::OrderExecuted executed;
  executed.user_ref = 6;
  executed.quantity = 10;
  executed.price_ticks = 776;
  executed.match_number = 4;
  record = received(executed);
  BOOST_TEST((record.type == AuditRecordType::kExecuted));
  BOOST_TEST(record.match_id == 4U);
  BOOST_TEST(record.price_ticks == 776);

  ouch::AccountQueryResponse answer;
  answer.next_user_ref = 9;
  record = received(answer);
  BOOST_TEST((record.type == AuditRecordType::kSessionEvent));
  BOOST_TEST(record.reason == 'Q');
  BOOST_TEST(record.user_ref == 9U);
  BOOST_TEST(received(ouch::SystemEvent{}).reason == 'S');
  BOOST_TEST((received(ouch::OrderRejected{}).type == AuditRecordType::kRejected));
  BOOST_TEST((received(ouch::BrokenTrade{}).type == AuditRecordType::kBrokenTrade));
  BOOST_TEST((received(ouch::OrderCanceled{}).type == AuditRecordType::kCancelled));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_no_ouch_gives_no_record) {
  const std::byte nonsense[] = {std::byte{'?'}, std::byte{1}};
  BOOST_TEST(!event_record(nonsense, 1).has_value());
  BOOST_TEST(!event_record({}, 1).has_value());
}
