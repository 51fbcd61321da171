// Promise: the state recovered from what a death left equals what the exchange had told the engine up to the sequence
// it claims, nothing acknowledged is missing, and recovering it again gives the same bytes. The snapshots that were
// written are there, but for those whose write a lying device lost: they are told, and change nothing. Witness: the
// exchange's drop copy, and the durable counter in the control block.
#include <algorithm>

#include "base/file.h"
#include "postmortem/audit_log.h"
#include "postmortem/state_store.h"
#include "verifiers/control_dump.h"
#include "verifiers/drop_copy.h"
#include "verifiers/engine_state.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

void compare_with_exchange(const EngineState& state, const std::vector<ExchangeEvent>& events, const std::string& where,
                           Findings& findings) {
  const DropCopyFold told = fold_drop_copy(events, state.next_session_sequence);
  if (state.positions != told.positions) {
    findings.fail(where + ": recovered positions " + describe_positions(state.positions) + ", the exchange had told " +
                  describe_positions(told.positions) + " before session sequence " +
                  std::to_string(state.next_session_sequence));
  }
  if (state.cash_ticks != told.cash_ticks) {
    findings.fail(where + ": recovered cash " + std::to_string(state.cash_ticks) + " ticks, the exchange had told " +
                  std::to_string(told.cash_ticks));
  }
  std::map<uint32_t, int64_t> open;
  for (const EngineOpenOrder& order : state.open_orders) open[order.user_ref] = order.leaves;
  if (open != told.open_leaves) {
    findings.fail(where + ": " + std::to_string(open.size()) + " open orders recovered, " +
                  std::to_string(told.open_leaves.size()) +
                  " were open by what the exchange had told, or their shares differ");
  }
}

uint64_t passages(const postmortem::ControlBlock& block, const char* point) {
  for (const postmortem::FaultPointCounter& counter : block.fault_points) {
    if (counter.name == point) return counter.hits.load();
  }
  return 0;
}

// The harness itself damaged what the death left; that recovery does without it is what remains to be judged.
bool damaged_afterwards(const CaseView& view) {
  return std::any_of(view.plan.faults.begin(), view.plan.faults.end(),
                     [](const PlannedFault& fault) { return fault.at_rest; });
}

// Writes of snapshots that the device was made to lose or spoil, by its own account, up to that death. Each is of one
// slot.
uint64_t spoilt_slot_writes(const CaseView& view, const rca::ProcessFacts& death) {
  const auto& faults = view.facts.faults;
  return static_cast<uint64_t>(std::count_if(faults.begin(), faults.end(), [&](const rca::InjectedFaultFact& fault) {
    const bool spoils =
        fault.kind == "lost_write" || fault.kind == "misdirected_write" || fault.kind == "flipped_write";
    return spoils && fault.file == "state.bin" && fault.state == "confirmed" && fault.incarnation <= death.incarnation;
  }));
}

// The audit sequence of the newest snapshot that the log says was taken, 0 for none.
uint64_t newest_checkpoint(const std::string& log) {
  uint64_t newest = 0;
  const auto scanned = postmortem::scan_audit_log(log, [&newest](std::span<const postmortem::AuditRecord> records) {
    for (const postmortem::AuditRecord& record : records) {
      if (record.type == postmortem::AuditRecordType::kCheckpoint) newest = record.match_id;
    }
  });
  return scanned ? newest : 0;
}

// What the death left must hold the snapshots whose writes had returned: at most the one under way may be broken. A
// write that the device lost or sent elsewhere leaves its slot as it was, a changed one leaves it broken: one snapshot
// less, or an older one.
void check_snapshots(const CaseView& view, const rca::ProcessFacts& death, const postmortem::ControlBlock& block,
                     const std::string& where, Findings& findings) {
  const uint64_t begun = passages(block, "state.before_write");
  const uint64_t written = passages(block, "state.after_write");
  const uint64_t slots = std::min<uint64_t>(written, 2);
  const uint64_t due = begun > written && slots == 2 ? 1 : slots;
  const auto store = postmortem::read_state_store(view.path(death.folder + "/data/state.bin"));
  const uint64_t intact = store ? store->slots_intact : 0;
  const uint64_t sequence = store && store->newest ? store->newest->sequence : 0;
  const uint64_t checkpoint = newest_checkpoint(view.path(death.folder + "/data/audit.log"));
  std::string found;
  uint64_t lost = 0;
  if (intact < due) {
    lost = due - intact;
    found = where + ": " + std::to_string(written) + " snapshots had been written, only " + std::to_string(intact) +
            " of " + std::to_string(due) + " are intact" +
            (store && !store->refused.empty() ? ": " + store->refused.front() : "");
  } else if (sequence < checkpoint) {
    lost = 1;
    found = where + ": a snapshot of audit sequence " + std::to_string(checkpoint) +
            " had been written, the newest one there is of " + std::to_string(sequence);
  }
  if (lost == 0) return;
  if (lost > spoilt_slot_writes(view, death)) return findings.fail(found);
  findings.note(found + "; the device lied about the write, the log held the rest");
}

// ": its words", or nothing.
std::string said_in(const std::string& path) {
  const auto said = read_file(path);
  return said && !said->empty() ? ": " + *said : "";
}

// One death: its two recover-only runs against the exchange and the durable counter.
void judge_death(const CaseView& view, const rca::ProcessFacts& death, const std::vector<ExchangeEvent>& events,
                 Findings& findings) {
  const std::string where = "start " + std::to_string(death.incarnation);
  const std::string folder = view.path("recovered/" + std::to_string(death.incarnation));
  const auto first = read_file(folder + "/first.json");
  if (!first) {
    findings.fail(where + ": what it left could not be recovered" + said_in(folder + "/first.stderr.txt"));
    return;
  }
  const auto second = read_file(folder + "/second.json");
  if (!second) {
    findings.fail(where + ": what was recovered could not be recovered again" + said_in(folder + "/second.stderr.txt"));
  } else if (*first != *second) {
    findings.fail(where + ": recovering the recovered state changed it");
  }
  const auto state = read_engine_state(folder + "/first.json");
  if (!state) {
    findings.fail(where + ": " + state.error().message);
    return;
  }
  const auto dump = read_control_dump(view.path(death.control_dump));
  if (dump && !damaged_afterwards(view)) check_snapshots(view, death, **dump, where, findings);
  if (dump && state->audit_sequence < (*dump)->engine.audit_durable.load()) {
    findings.fail(where + ": audit sequence " + std::to_string((*dump)->engine.audit_durable.load()) +
                  " had been acknowledged as durable, recovery knows only " + std::to_string(state->audit_sequence));
  }
  compare_with_exchange(*state, events, where, findings);
}

}  // namespace

Verdict verify_state_recovery(const CaseView& view) {
  Findings findings("state_recovery");
  if (view.plan.expect.outcome == ExpectedOutcome::kRefuse) return findings.not_applicable("the engine is to refuse");
  const auto events = read_complete_drop_copy(view.path("exchange"));
  if (!events) return findings.error("no drop copy: " + events.error().message);
  size_t deaths = 0;
  for (const rca::ProcessFacts* engine : view.engines()) {
    if (engine->finished) continue;
    ++deaths;
    judge_death(view, *engine, *events, findings);
  }
  if (deaths == 0) return findings.not_applicable("nothing died");
  return findings.finish("after " + std::to_string(deaths) + (deaths == 1 ? " death" : " deaths") +
                         " the recovered state equals the exchange's account, twice");
}

}  // namespace crashwright::verifiers
