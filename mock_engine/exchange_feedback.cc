#include "mock_engine/exchange_feedback.h"

#include "mock_engine/old_execution.h"
#include "postmortem/device_wait.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/planted_bug.h"

namespace crashwright::mock_engine {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

namespace {

// What an answer says of the order that it answers. Of a replaced one that is what was left, of a rejected one nothing.
AuditRecord intent_from_answer(const AuditRecord& answer) {
  AuditRecord intent{};
  intent.type =
      answer.type == AuditRecordType::kReplaced ? AuditRecordType::kIntentReplace : AuditRecordType::kIntentEnter;
  intent.user_ref = answer.user_ref;
  intent.original_user_ref = answer.original_user_ref;
  intent.side = answer.side;
  intent.price_ticks = answer.price_ticks;
  intent.symbol = answer.symbol;
  const bool answer_taken_for_order = CRASHWRIGHT_PLANTED("answer_taken_for_the_order");
  if (answer.type == AuditRecordType::kAccepted || answer_taken_for_order) intent.quantity = answer.quantity;
  if (answer.type != AuditRecordType::kAccepted && !answer_taken_for_order) intent.flags = postmortem::kTermsUnknown;
  return intent;
}

}  // namespace

tl::expected<Drained, StopReason> ExchangeFeedback::drain() {
  Drained drained = Drained::kNothing;
  GatewayEvent event;
  while (gateway_.next_event(event)) {
    if (event.disconnected) return Drained::kDisconnected;
    if (auto taken = take(event.record); !taken) return tl::unexpected(taken.error());
    drained = Drained::kSome;
  }
  return drained;
}

Step ExchangeFeedback::take(AuditRecord& record) {
  const bool catching_up = queries_answered_ == 0;
  if (CRASHWRIGHT_PLANTED("missed_fill_taken_for_cancel") && catching_up && record.type == AuditRecordType::kExecuted) {
    record.type = AuditRecordType::kCancelled;
  }
  const bool query_answer = record.type == AuditRecordType::kSessionEvent && record.reason == 'Q';
  switch (journal_.orders().judge(record)) {
    case InboundVerdict::kApply:
      break;
    case InboundVerdict::kAlreadyApplied:
      return {};
    case InboundVerdict::kGap:
      return stop_at_gap(record.session_sequence);
    case InboundVerdict::kUnknownOrder:
      return take_unknown(record);
    case InboundVerdict::kDifference:
      if (const auto recalled = recall_trade(record); !recalled) {
        return tl::unexpected(recalled.error());
      } else if (*recalled) {
        break;
      }
      CRASHWRIGHT_LOG_WARN("message {} of the exchange ({} for order {}) contradicts the order state and is set aside",
                           record.session_sequence, audit_record_type_name(record.type), record.user_ref);
      record.reason = static_cast<uint8_t>(record.type);
      record.type = AuditRecordType::kReconciliationDifference;
      break;
  }
  if (!journal_.record(record)) return stop_sealed(journal_.log());
  if (query_answer) {
    ++queries_answered_;
    exchange_next_user_ref_ = record.user_ref;
  }
  CRASHWRIGHT_LOG_INFO("{} of order {}: {} shares at {} ticks, {} left, position {}, session {}",
                       audit_record_type_name(record.type), record.user_ref, record.quantity, record.price_ticks,
                       record.leaves, record.position_after, record.session_sequence);
  return {};
}

// A trade that cannot be looked up is not set aside: the position would be wrong from here on.
tl::expected<bool, StopReason> ExchangeFeedback::recall_trade(AuditRecord& record) const {
  if (record.type != AuditRecordType::kBrokenTrade) return false;
  const auto old = find_old_execution(audit_path_, record.match_id);
  if (!old) {
    return stop(ExitCode::kRefused, "the exchange broke trade " + std::to_string(record.match_id) + " of order " +
                                        std::to_string(record.user_ref) +
                                        ", which is not found: " + with_remedy(old.error()) + "; nothing is sent");
  }
  if (!*old) return false;
  record.symbol = (*old)->symbol;
  record.side = (*old)->side;
  record.quantity = (*old)->quantity;
  record.price_ticks = (*old)->price_ticks;
  return true;
}

Step ExchangeFeedback::take_unknown(AuditRecord& answer) {
  if (CRASHWRIGHT_PLANTED("unlogged_orders_forgotten")) return {};
  const bool first_answer = answer.type == AuditRecordType::kAccepted || answer.type == AuditRecordType::kReplaced ||
                            answer.type == AuditRecordType::kRejected;
  if (!adopts_ || queries_answered_ != 0 || !first_answer) {
    return stop(ExitCode::kRefused, "the exchange reports order " + std::to_string(answer.user_ref) +
                                        ", which the audit log does not hold");
  }
  auto intent = intent_behind(answer);
  if (!intent) return tl::unexpected(intent.error());
  CRASHWRIGHT_LOG_WARN("order {} is not in the log: taken over from the exchange{}", answer.user_ref,
                       (intent->flags & postmortem::kTermsUnknown) != 0 ? ", with what its answer says" : "");
  if (!journal_.record(*intent)) return stop_sealed(journal_.log());
  return take(answer);
}

tl::expected<AuditRecord, StopReason> ExchangeFeedback::intent_behind(const AuditRecord& answer) {
  AuditRecord intent = intent_from_answer(answer);
  const auto find = [&] {
    const postmortem::DeviceWait wait;  // a drop copy takes as long as it is
    return entered_.find(answer.user_ref);
  };
  const auto entered = find();
  if (!entered) return stop(ExitCode::kRefused, "drop copy: " + entered.error().message);
  if (*entered && !CRASHWRIGHT_PLANTED("answer_taken_for_the_order")) intent = **entered;
  intent.time_in_force = answer.time_in_force;
  intent.flags |= postmortem::kPossibleResend;
  intent.reason = kAdoptedFromExchange;
  return intent;
}

// The state keeps wanting the missing message, so a restart asks for it again.
Step ExchangeFeedback::stop_at_gap(uint64_t received) {
  const uint64_t wanted = journal_.state().next_session_sequence;
  AuditRecord gap{};
  gap.type = AuditRecordType::kGap;
  gap.match_id = received - wanted;
  if (!journal_.record(gap)) return stop_sealed(journal_.log());
  return stop(ExitCode::kRefused, "message " + std::to_string(received) + " of the exchange came, " +
                                      std::to_string(wanted) + " is missing");
}

tl::unexpected<StopReason> stop_sealed(const postmortem::AuditLog& log) {
  const std::string why = "audit log sealed: " + (log.sealed() ? log.seal_reason().message : "closed");
  CRASHWRIGHT_LOG_ERROR("{}; nothing more is sent", why);
  return stop(ExitCode::kStorageSealed, why);
}

tl::unexpected<StopReason> stop_stalled() {
  const std::string why = "audit log stalled: no progress for " + std::to_string(kLogStallMax.count()) + " s";
  CRASHWRIGHT_LOG_ERROR("{}; nothing more is sent", why);
  return tl::unexpected<StopReason>(StopReason{ExitCode::kStorageSealed, why, true});
}

}  // namespace crashwright::mock_engine
