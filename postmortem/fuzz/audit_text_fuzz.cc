// Fuzz target. Records of the audit log as text, JSON and CSV, and the times that people type.
#include <algorithm>
#include <cstring>

#include "base/fuzz/fuzz_target.h"
#include "postmortem/audit_text.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(audit_text) {
  postmortem::AuditRecord record{};
  std::memcpy(&record, input.data(), std::min(input.size(), sizeof record));
  (void)postmortem::audit_record_to_text(record);
  (void)postmortem::audit_record_to_json(record);
  (void)postmortem::audit_record_to_csv(record);
  (void)postmortem::parse_wall_time(input);
}
