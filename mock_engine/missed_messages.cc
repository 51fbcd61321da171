#include "mock_engine/missed_messages.h"

#include <string_view>

#include "base/file.h"
#include "mock_engine/drop_copy_line.h"
#include "mock_engine/ouch.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

struct MessageName {
  std::string_view name;
  AuditRecordType type;
  char event;  // OUCH type of a kSessionEvent
};

constexpr MessageName kMessages[] = {
    {"accepted", AuditRecordType::kAccepted, 0},
    {"replaced", AuditRecordType::kReplaced, 0},
    {"executed", AuditRecordType::kExecuted, 0},
    {"duplicate_executed", AuditRecordType::kExecuted, 0},
    {"broken", AuditRecordType::kBrokenTrade, 0},
    {"canceled", AuditRecordType::kCancelled, 0},
    {"rejected", AuditRecordType::kRejected, 0},
    {"cancel_reject", AuditRecordType::kSessionEvent, ouch::CancelReject::kType},
    {"mass_cancel_response", AuditRecordType::kSessionEvent, ouch::MassCancelResponse::kType},
    {"disabled", AuditRecordType::kSessionEvent, ouch::OrderEntryDisabled::kType},
    {"enabled", AuditRecordType::kSessionEvent, ouch::OrderEntryEnabled::kType},
    {"account_query_response", AuditRecordType::kSessionEvent, ouch::AccountQueryResponse::kType},
    {"system_event", AuditRecordType::kSessionEvent, ouch::SystemEvent::kType},
};

const MessageName* find_message(std::string_view name) {
  for (const MessageName& message : kMessages) {
    if (message.name == name) return &message;
  }
  return nullptr;
}

AuditRecord record_of(const DropCopyLine& line, const MessageName& message) {
  AuditRecord record{};
  record.type = message.type;
  record.session_sequence = line.value<uint64_t>("seq");
  record.user_ref = line.value<uint32_t>("user_ref");
  record.original_user_ref = line.value<uint32_t>("orig_user_ref");
  if (message.type == AuditRecordType::kSessionEvent) {
    record.reason = static_cast<uint8_t>(message.event);
    return record;
  }
  record.quantity = line.value<uint32_t>("quantity");
  record.price_ticks = line.value<int64_t>("price_ticks");
  record.match_id = line.value<uint64_t>("match_id");
  record.exchange_order_id = line.value<uint64_t>("order_id");
  record.leaves = line.value<uint32_t>("leaves");
  record.symbol.assign(line.word("symbol"));
  record.side = line.word("side").empty() ? '\0' : line.word("side").front();
  if (message.type == AuditRecordType::kCancelled && !line.word("reason").empty()) {
    record.reason = static_cast<uint8_t>(line.word("reason").front());
  }
  return record;
}

}  // namespace

Result<std::vector<AuditRecord>> read_missed_messages(const std::string& path, const std::string& new_session,
                                                      uint64_t next) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  std::vector<AuditRecord> missed;
  uint64_t last = 0;
  bool began = false;
  const auto read = for_each_drop_copy_line(path, *text, [&](const DropCopyLine& line) {
    began = began || (line.word("kind") == "session" && line.word("session") == new_session);
    if (began || line.word("kind") != "out") return true;
    const MessageName* const message = find_message(line.word("type"));
    if (message == nullptr || line.value<uint64_t>("seq") != last + 1) return false;
    ++last;
    if (last >= next) missed.push_back(record_of(line, *message));
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  if (!began) return fail(ErrorKind::kCorrupt, path + " knows no session " + new_session);
  if (last + 1 < next) {
    return fail(ErrorKind::kCorrupt, path + " ends with message " + std::to_string(last) +
                                         " of the sessions before, and " + std::to_string(next - 1) + " was applied");
  }
  return missed;
}

}  // namespace crashwright::mock_engine
