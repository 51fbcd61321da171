// Goal: a snapshot comes back as it was, and a damaged one never comes back at all.
// Method: random lives round trip; torn at every byte; every bit of a snapshot flipped, also with the checksum mended.
#include "mock_engine/order_state_snapshot.h"

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "base/checksum.h"
#include "mock_engine/order_state_fixture.h"

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

OrderState some_state(uint64_t seed, int steps) {
  RandomLife life(seed);
  AuditRecord login = RandomLife::event(AuditRecordType::kLogin, 0);
  login.symbol.assign("SESSION01");
  life.put(login);
  AuditRecord configuration = RandomLife::event(AuditRecordType::kConfigurationHash, 0);
  configuration.match_id = 0x1234567890abcdef;
  life.put(configuration);
  for (int i = 0; i < steps; ++i) life.step();
  life.enter();
  life.put(RandomLife::event(AuditRecordType::kKillSwitch, life.last_ref() + 1));
  return life.live.state();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_snapshot_comes_back_as_it_was) {
  BOOST_TEST((decode_order_state(encode_order_state(OrderState{})).value() == OrderState{}));
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const OrderState state = some_state(seed, 400);
    const auto bytes = encode_order_state(state);
    const auto decoded = decode_order_state(bytes);
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((*decoded == state));
    BOOST_TEST((encode_order_state(*decoded) == bytes));
  }
}

// An order that the exchange told of after the log had lost it, whose acceptance was lost as well.
BOOST_AUTO_TEST_CASE(a_snapshot_holds_an_adopted_order_whose_terms_are_unknown) {
  OrderState state = some_state(4, 30);
  WorkingOrder adopted;
  adopted.side = '\0';
  adopted.phase = OrderPhase::kPending;
  state.orders[state.next_user_ref] = adopted;
  const auto decoded = decode_order_state(encode_order_state(state));
  BOOST_REQUIRE(decoded.has_value());
  BOOST_TEST((*decoded == state));
  state.orders[state.next_user_ref].phase = OrderPhase::kOpen;
  BOOST_TEST(!decode_order_state(encode_order_state(state)).has_value());
}

BOOST_AUTO_TEST_CASE(a_snapshot_torn_at_any_byte_is_refused) {
  const auto bytes = encode_order_state(some_state(2, 60));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_order_state(std::span(bytes).first(size));
    BOOST_REQUIRE(!decoded);
    BOOST_REQUIRE((decoded.error().kind == ErrorKind::kCorrupt));
  }
}

BOOST_AUTO_TEST_CASE(a_snapshot_with_any_bit_flipped_is_refused) {
  auto bytes = encode_order_state(some_state(3, 30));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    BOOST_REQUIRE(!decode_order_state(bytes));
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_content_under_a_right_checksum_is_read_safely) {
  const auto good = encode_order_state(some_state(4, 30));
  for (size_t bit = 16 * 8; bit < good.size() * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    const uint32_t checksum = crc32c(bytes.data() + 16, bytes.size() - 16);
    std::memcpy(bytes.data() + 12, &checksum, sizeof checksum);
    const auto decoded = decode_order_state(bytes);
    if (decoded) BOOST_REQUIRE(encode_order_state(*decoded).size() == bytes.size());
  }
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_by_name) {
  auto bytes = encode_order_state(OrderState{});
  bytes[4] = std::byte{3};
  BOOST_TEST(decode_order_state(bytes).error().message == "state snapshot: version 3, this program speaks version 4");
}
