#include "verifiers/torn_tail.h"

#include <filesystem>
#include <string>

#include "postmortem/audit_log.h"

namespace crashwright::verifiers {

void check_tail_kept(const CaseView& view, const rca::ProcessFacts& death, const rca::ProcessFacts& next,
                     Findings& findings) {
  const auto log = postmortem::read_audit_log(view.path(death.folder + "/data/audit.log"));
  if (!log || log->torn_tail_bytes == 0) return;
  const auto after = postmortem::read_audit_log(view.path(next.folder + "/data/audit.log"));
  const bool died_before = after && after->torn_tail_bytes > 0 && after->torn_tail_offset == log->torn_tail_offset;
  if (died_before) return;
  const std::string kept = next.folder + "/data/audit.log.torn-" + std::to_string(log->torn_tail_offset);
  if (std::filesystem::exists(view.path(kept)) || !std::filesystem::exists(view.path(next.folder + "/data"))) return;
  findings.fail("start " + std::to_string(next.incarnation) + ": the torn tail of " +
                std::to_string(log->torn_tail_bytes) + " bytes that start " + std::to_string(death.incarnation) +
                " left was cut and not kept");
}

}  // namespace crashwright::verifiers
