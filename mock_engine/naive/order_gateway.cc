#include "mock_engine/naive/order_gateway.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "mock_engine/order_messages.h"
#include "mock_engine/soupbintcp.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace crashwright::mock_engine::naive {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

Status OrderGateway::connect(const Endpoint& endpoint, uint64_t next_sequence) {
  const auto login = connection_.open(endpoint, "", next_sequence, Deadline(std::chrono::seconds(5)), [] {});
  if (!login) return tl::unexpected(login.error());
  session_sequence_ = login->next_sequence;
  log_.log("logged in at session sequence %lu", session_sequence_);
  return {};
}

__attribute__((noinline)) void OrderGateway::send(const Decision& decision) {
  CRASHWRIGHT_FAULT_POINT("gateway.before_append");
  const AuditRecord intent = intent_record(decision);
  {
    const std::lock_guard lock(mutex_);
    trail_.append(intent);
    books_.apply(intent);
  }
  CRASHWRIGHT_FAULT_POINT("gateway.send_order");
  write_order(intent);
  CRASHWRIGHT_FAULT_POINT("gateway.after_send");
  log_.log("sent %s of order %u: %c %u %s at %ld", audit_record_type_name(intent.type), intent.user_ref, intent.side,
           intent.quantity, std::string(intent.symbol.view()).c_str(), intent.price_ticks);
}

void OrderGateway::write_order(const AuditRecord& intent) {
  std::array<std::byte, kOrderPacketBytesMax> packet;
  const uint64_t now_ns = monotonic_ns();
  if (!connection_.write({packet.data(), encode_intent(intent, packet.data())})) lost_.store(true);
  postmortem::EngineWitness& witness = postmortem::control_block().engine;
  if (witness.orders_sent.fetch_add(1) == 0) witness.first_send_ns.store(now_ns);
}

void OrderGateway::ask() {
  std::array<std::byte, kOrderPacketBytesMax> packet;
  answered_.store(false);
  if (!connection_.write({packet.data(), encode_account_query(packet.data())})) lost_.store(true);
}

void OrderGateway::receive() {
  soup::Framer framer;
  while (!finishing_.load()) {
    pollfd ready{connection_.descriptor(), POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) continue;
    const auto space = framer.write_space();
    const ssize_t got = ::recv(connection_.descriptor(), space.data(), space.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    framer.committed(static_cast<size_t>(got));
    soup::Packet packet;
    while (framer.next(packet) == soup::FrameStatus::kPacket) {
      if (packet.type == soup::PacketType::kSequenced) on_exchange_message(packet.payload, session_sequence_++);
    }
  }
  lost_.store(!finishing_.load());
}

__attribute__((noinline)) void OrderGateway::on_exchange_message(Bytes message, uint64_t session_sequence) {
  CRASHWRIGHT_FAULT_POINT("gateway.on_message");
  auto record = event_record(message, session_sequence);
  if (!record) return;
  {
    const std::lock_guard lock(mutex_);
    record->leaves = books_.leaves_after(*record);
    trail_.append(*record);
    books_.apply(*record);
  }
  log_.log("received %s for order %u: %u shares at %ld", audit_record_type_name(record->type), record->user_ref,
           record->quantity, record->price_ticks);
  if (record->type == AuditRecordType::kSessionEvent && record->reason == 'Q') answered_.store(true);
}

void OrderGateway::finish() {
  finishing_.store(true);
  connection_.shut_down();
}

}  // namespace crashwright::mock_engine::naive
