// Between the two languages an order is spoken of in: OUCH messages on the wire, audit records inside.
//
// Threads: any. Errors: an undecodable message of the exchange is an empty optional. Signal context: yes.
#pragma once

#include <cstddef>
#include <optional>

#include "mock_engine/decision.h"
#include "mock_engine/order_state.h"
#include "mock_engine/wire.h"
#include "postmortem/audit_record.h"

namespace crashwright::mock_engine {

// Room for any packet that encode_intent() writes, SoupBinTCP header included.
inline constexpr size_t kOrderPacketBytesMax = 64;

// The audit record that announces `decision`.
[[nodiscard]] postmortem::AuditRecord intent_record(const Decision& decision);

// The same intent again from what the order state remembers of it, to be sent once more.
[[nodiscard]] postmortem::AuditRecord intent_record(const PendingIntent& pending, const OrderState& state);

// Writes the whole packet for an intent (enter, replace, cancel, kill switch) and returns its bytes.
size_t encode_intent(const postmortem::AuditRecord& intent, std::byte* out) noexcept;
size_t encode_account_query(std::byte* out) noexcept;

// What a sequenced message of the exchange means as a record; annotate() adds what follows from the state.
[[nodiscard]] std::optional<postmortem::AuditRecord> event_record(Bytes message, uint64_t session_sequence) noexcept;

}  // namespace crashwright::mock_engine
