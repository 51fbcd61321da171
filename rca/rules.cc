#include "rca/rules.h"

#include "rca/evidence.h"

namespace crashwright::rca {
namespace {

constexpr void (*kRules[])(Investigation&) = {
    apply_harness_rules, apply_message_rules, apply_exception_rules, apply_machine_rules,
    apply_place_rules,   apply_stall_rules,   apply_memory_rules,    apply_storage_rules,
    apply_frame_rules,   apply_system_rules,  apply_story_rules,     apply_stored_rules,
};

}  // namespace

void Investigation::add(EvidenceTier tier, const std::string& source, const std::string& cause, double strength,
                        const std::string& where, const std::string& excerpt) {
  Evidence evidence = make_evidence(tier, source, cause, strength, where, excerpt);
  evidence.pid = artefacts.pid;
  evidence.tid = report.tid;
  report.evidence.push_back(std::move(evidence));
}

void apply_all_rules(Investigation& investigation) {
  for (const auto rule : kRules) rule(investigation);
}

}  // namespace crashwright::rca
