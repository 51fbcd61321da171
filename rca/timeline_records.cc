// What the engine itself left on the time axis: flight recorder, audit log, crash record.
#include <fmt/format.h>

#include "postmortem/audit_log.h"
#include "postmortem/crash_record_reader.h"
#include "postmortem/flight_reader.h"
#include "rca/timeline_sources.h"

namespace crashwright::rca {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::Severity;

void note_account(TimelineBuilder& builder, size_t source, const postmortem::FlightThread& thread) {
  const std::string who = "thread " + (thread.name.empty() ? std::to_string(thread.tid) : thread.name) + ": ";
  if (thread.overwritten > 0) {
    builder.note(source, who + std::to_string(thread.overwritten) + " older records were overwritten");
  }
  if (thread.in_flight > 0) builder.note(source, who + "a record was in flight at the end");
  for (const std::string& line : thread.refused) builder.note(source, who + "refused: " + line);
}

void add_number(TimelineEvent& event, const char* name, int64_t value) {
  event.fields.push_back({name, std::to_string(value), true});
}

void add_nonzero(TimelineEvent& event, const char* name, uint64_t value) {
  if (value != 0) event.fields.push_back({name, std::to_string(value), true});
}

Severity audit_severity(AuditRecordType type) {
  switch (type) {
    case AuditRecordType::kRejected:
    case AuditRecordType::kBrokenTrade:
    case AuditRecordType::kRiskBlock:
    case AuditRecordType::kTornTail:
      return Severity::kWarn;
    case AuditRecordType::kKillSwitch:
    case AuditRecordType::kGap:
    case AuditRecordType::kReconciliationDifference:
      return Severity::kError;
    default:
      return Severity::kInfo;
  }
}

TimelineEvent audit_event(const AuditRecord& record) {
  TimelineEvent event;
  event.monotonic_ns = record.monotonic_ns;
  event.wall_ns = record.wall_ns;
  event.sequence = record.sequence;
  event.severity = audit_severity(record.type);
  event.thread = "audit";
  event.text = postmortem::audit_record_type_name(record.type);
  if (record.user_ref != 0) event.text += fmt::format(" order {}", record.user_ref);
  if (record.side != 0) event.text += fmt::format(" {}", record.side);
  if (record.quantity != 0) event.text += fmt::format(" {}", record.quantity);
  if (record.match_id != 0 && record.user_ref == 0) {
    event.text += fmt::format(" {} {}", postmortem::audit_figure_name(record.type), record.match_id);
  }
  if (!record.symbol.empty()) event.text += fmt::format(" {}", record.symbol.view());
  if (record.price_ticks != 0) event.text += fmt::format(" at {} ticks", record.price_ticks);
  add_nonzero(event, "user_ref", record.user_ref);
  add_nonzero(event, "original_user_ref", record.original_user_ref);
  if (!record.symbol.empty()) event.fields.push_back({"symbol", std::string(record.symbol.view()), false});
  if (record.side != 0) event.fields.push_back({"side", std::string(1, record.side), false});
  add_nonzero(event, "quantity", record.quantity);
  add_nonzero(event, "match_id", record.match_id);
  if (record.price_ticks != 0) add_number(event, "price_ticks", record.price_ticks);
  add_number(event, "leaves", record.leaves);
  add_number(event, "position_after", record.position_after);
  add_nonzero(event, "feed_sequence", record.feed_sequence);
  add_nonzero(event, "session_sequence", record.session_sequence);
  if (std::isprint(record.reason) != 0) {  // a code of the exchange: 'S', the start of a session
    event.fields.push_back({"reason", std::string(1, static_cast<char>(record.reason)), false});
  } else if (record.reason != 0) {
    add_number(event, "reason", record.reason);
  }
  return event;
}

std::string crash_text(const postmortem::CrashRecord& record) {
  std::string text = fmt::format("died of signal {} code {}", record.signal, record.code);
  if (record.fault_address) text += fmt::format(" at address {:#x}", *record.fault_address);
  for (const std::string* more : {&record.exception_type, &record.exception_what, &record.abort_message,
                                  &record.check_message, &record.sanitizer, &record.watchdog}) {
    if (!more->empty()) text += ": " + *more;
  }
  if (!record.last_fault_point.empty()) text += ", last fault point " + record.last_fault_point;
  return text;
}

}  // namespace

Status add_engine_log(TimelineBuilder& builder, const std::string& path) {
  const auto readout = postmortem::read_flight_file(path);
  if (!readout) return tl::unexpected(readout.error());
  const size_t source = builder.add_source(TimelineKind::kEngineLog, path, readout->pid);
  for (const std::string& note : readout->notes) builder.note(source, note);
  for (const postmortem::FlightThread& thread : readout->threads) {
    note_account(builder, source, thread);
    for (const postmortem::FlightRecord& record : thread.records) {
      TimelineEvent event;
      event.monotonic_ns = record.monotonic_ns;
      event.wall_ns = record.wall_ns;
      event.error_ns = record.error_ns;
      event.source = source;
      event.sequence = record.sequence;
      event.severity = record.severity;
      event.pid = readout->pid;
      event.tid = record.tid;
      event.thread = thread.name;
      event.text = record.text;
      event.file = record.file;
      event.line = record.line;
      for (const postmortem::FlightField& field : record.fields) {
        event.fields.push_back({field.name, field.value, field.is_literal});
      }
      builder.add(std::move(event));
    }
  }
  return {};
}

Status add_audit_log(TimelineBuilder& builder, const std::string& path) {
  const auto readout = postmortem::read_audit_log(path);
  if (!readout) return tl::unexpected(readout.error());
  const size_t source = builder.add_source(TimelineKind::kAuditLog, path, 0);
  for (const postmortem::AuditDamage& damage : readout->damage) {
    builder.note(source, fmt::format("damage at byte {}, {} bytes: {}", damage.offset, damage.size, damage.reason));
  }
  if (readout->torn_tail_bytes > 0) {
    builder.note(source, fmt::format("torn tail of {} bytes at byte {}: {}", readout->torn_tail_bytes,
                                     readout->torn_tail_offset, readout->torn_tail_reason));
  }
  for (const AuditRecord& record : readout->records) {
    builder.anchor_feed(record.feed_sequence, record.monotonic_ns);
    TimelineEvent event = audit_event(record);
    event.source = source;
    builder.add(std::move(event));
  }
  return {};
}

Status add_crash_record(TimelineBuilder& builder, const std::string& path) {
  const auto record = postmortem::read_crash_record(path);
  if (!record) return tl::unexpected(record.error());
  const size_t source = builder.add_source(TimelineKind::kCrash, path, record->pid);
  for (const std::string& note : record->notes) builder.note(source, note);
  if (!record->crashed) return {};
  if (!record->complete) builder.note(source, "the crash record is not complete");
  TimelineEvent event;
  event.monotonic_ns = record->monotonic_ns;
  event.wall_ns = record->wall_ns;
  event.source = source;
  event.severity = Severity::kError;
  event.pid = record->pid;
  event.tid = record->tid;
  event.thread = record->thread_name;
  event.text = crash_text(*record);
  add_number(event, "signal", record->signal);
  add_number(event, "code", record->code);
  if (record->fault_address) {
    event.fields.push_back({"fault_address", fmt::format("{:#x}", *record->fault_address), false});
  }
  builder.add_crash(std::move(event));
  return {};
}

}  // namespace crashwright::rca
