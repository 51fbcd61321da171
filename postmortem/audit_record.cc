#include "postmortem/audit_record.h"

namespace crashwright::postmortem {

const char* audit_record_type_name(AuditRecordType type) noexcept {
  switch (type) {
    case AuditRecordType::kRunStart:
      return "run_start";
    case AuditRecordType::kIntentEnter:
      return "intent_enter";
    case AuditRecordType::kIntentReplace:
      return "intent_replace";
    case AuditRecordType::kIntentCancel:
      return "intent_cancel";
    case AuditRecordType::kSent:
      return "sent";
    case AuditRecordType::kAccepted:
      return "accepted";
    case AuditRecordType::kReplaced:
      return "replaced";
    case AuditRecordType::kCancelled:
      return "cancelled";
    case AuditRecordType::kExecuted:
      return "executed";
    case AuditRecordType::kRejected:
      return "rejected";
    case AuditRecordType::kBrokenTrade:
      return "broken_trade";
    case AuditRecordType::kRiskBlock:
      return "risk_block";
    case AuditRecordType::kKillSwitch:
      return "kill_switch";
    case AuditRecordType::kLogin:
      return "login";
    case AuditRecordType::kGap:
      return "gap";
    case AuditRecordType::kReconciliationDifference:
      return "reconciliation_difference";
    case AuditRecordType::kCheckpoint:
      return "checkpoint";
    case AuditRecordType::kConfigurationHash:
      return "configuration_hash";
    case AuditRecordType::kTornTail:
      return "torn_tail";
    case AuditRecordType::kHeartbeat:
      return "heartbeat";
    case AuditRecordType::kInDoubtResolved:
      return "in_doubt_resolved";
    case AuditRecordType::kSessionEvent:
      return "session_event";
  }
  return "unknown";
}

const char* audit_figure_name(AuditRecordType type) noexcept {
  switch (type) {
    case AuditRecordType::kCheckpoint:
      return "sequence";
    case AuditRecordType::kTornTail:
      return "bytes";
    case AuditRecordType::kGap:
      return "messages";
    case AuditRecordType::kConfigurationHash:
      return "hash";
    default:
      return "match";
  }
}

}  // namespace crashwright::postmortem
