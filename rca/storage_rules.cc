// Storage: what the storage layer confirmed, what the engine said when it sealed its files, what its log looks like.
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"
#include "postmortem/state_store.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

constexpr int kStorageSealedExit = 4;  // the engine stopped in order because it could no longer record what it does

// One line about the torn end of a file in the data folder, empty when both files end cleanly.
std::string torn_file(Investigation& investigation) {
  const std::string data = investigation.artefacts.folder + "/data/";
  // Its first files may be archived, and what tears is the newest one, be it only its head.
  const auto segments = postmortem::find_audit_segments(data + "audit.log");
  if (!segments) investigation.report.missing.push_back("audit log: " + segments.error().message);
  if (segments && !segments->empty()) {
    const auto log = postmortem::read_audit_log(data + "audit.log");
    if (!log) investigation.report.missing.push_back("audit log: " + log.error().message);
    if (log && log->torn_tail_bytes > 0) {
      return "audit.log: " + std::to_string(log->torn_tail_bytes) + " bytes of a torn tail at offset " +
             std::to_string(log->torn_tail_offset) + ", " + log->torn_tail_reason;
    }
  }
  std::error_code error;
  if (std::filesystem::is_regular_file(data + "state.bin", error)) {
    const auto state = postmortem::read_state_store(data + "state.bin");
    if (!state) investigation.report.missing.push_back("state store: " + state.error().message);
    if (state && !state->refused.empty()) return "state.bin: " + state->refused.front();
  }
  return {};
}

constexpr std::string_view kPartKept = " bytes of the write were kept";
constexpr std::string_view kNeverAnswered = ", and it was never answered";

// A write of which the storage layer kept a part only, while the process was killed. One that was never answered is
// torn. Where the layer does not say, a short write that the process survived looks the same: the files decide.
void torn_write(Investigation& investigation, const std::string& seen) {
  const std::string torn = torn_file(investigation);
  const bool nothing_kept = seen.starts_with("storage layer: 0 bytes");
  const bool decided = nothing_kept || seen.ends_with(kNeverAnswered) || !torn.empty();
  const double strength = decided ? 0.9 : 0.25;
  investigation.add(EvidenceTier::kHarnessFact, "storage layer", "TORN_WRITE", strength, "facts.json", seen);
  if (!torn.empty()) {
    investigation.add(EvidenceTier::kRuntimeVerdict, "data folder", "TORN_WRITE", 0.8, "data", torn);
  }
}

// What the storage layer did to a write of this process is an observation, whoever asked for it.
void storage_observations(Investigation& investigation, const ProcessFacts& process) {
  const bool killed = process.killed_by == "harness" && WIFSIGNALED(process.wait_status);
  for (const InjectedFaultFact& fault : investigation.artefacts.observations) {
    const std::string& seen = fault.confirmed_by;
    if (fault.incarnation != process.incarnation || !seen.starts_with("storage layer: ")) continue;
    if (killed && (seen.ends_with(kPartKept) || seen.ends_with(kNeverAnswered))) {
      torn_write(investigation, seen);
    } else if (seen.ends_with("errno 28")) {
      investigation.add(EvidenceTier::kHarnessFact, "storage layer", "DISK_FULL", 0.7, "facts.json", seen);
    } else if (seen.ends_with("errno 5") || seen.ends_with("errno 30")) {
      investigation.add(EvidenceTier::kHarnessFact, "storage layer", "IO_ERROR", 0.7, "facts.json", seen);
    }
  }
}

}  // namespace

void apply_storage_rules(Investigation& investigation) {
  if (!investigation.artefacts.process || investigation.artefacts.process->finished) return;
  const ProcessFacts& process = *investigation.artefacts.process;
  storage_observations(investigation, process);
  if (!WIFEXITED(process.wait_status) || WEXITSTATUS(process.wait_status) != kStorageSealedExit) return;
  for (const char* const cause : {"DISK_FULL", "IO_ERROR"}) {
    const bool said =
        std::ranges::any_of(investigation.report.evidence, [&](const Evidence& piece) { return piece.cause == cause; });
    if (!said) continue;
    investigation.add(EvidenceTier::kExitCode, "wait status", cause, 1, "facts.json",
                      "exit code 4: the engine sealed its storage and stopped in order");
  }
}

}  // namespace crashwright::rca
