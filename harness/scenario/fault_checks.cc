#include "harness/scenario/fault_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/engine_checks.h"
#include "harness/scenario/matrix.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/sweep_passages.h"

namespace crashwright::harness {
namespace {

// Where time and feed sequence are looked at when the scenario names no point: every change of a book passes there.
constexpr const char* kClockPoint = "book.apply";
constexpr const char* kRecoveryPoint = "recovery.start";

bool is_done_from_outside(const FaultKind& kind) {
  using postmortem::FaultAction;
  return kind.action == FaultAction::kSigkill || kind.action == FaultAction::kSigstop ||
         kind.action == FaultAction::kExchangeDisconnect || kind.action == FaultAction::kSigterm;
}

// Those that the reference engine keeps.
void check_file(const ScenarioFault& fault, SectionReader& reader) {
  const std::vector<std::string> files = {"audit.log", "state.bin"};
  if (fault.file.empty() || std::find(files.begin(), files.end(), fault.file) != files.end()) return;
  reader.complain(fault.file_position, fault.file.size(), code::kUnknownWord,
                  fmt::format("\"file\" cannot be \"{}\"", fault.file), suggestion(fault.file, files));
}

void check_triggers(const ScenarioFault& fault, SectionReader& reader) {
  const int given = (fault.hit ? 1 : 0) + (fault.probability_ppb ? 1 : 0) + (fault.after_ns ? 1 : 0) +
                    (fault.feed_sequence ? 1 : 0) + (fault.about ? 1 : 0) + (fault.last_passage ? 1 : 0);
  if (given > 1) {
    reader.complain(fault.position, fault.kind.size(), code::kTriggers,
                    fmt::format("{} has more than one trigger", fault.kind),
                    "give one of: hit, probability, after, feed_sequence, about, passage");
  }
  if (fault.incarnation && fault.during_recovery) {
    reader.complain(fault.position, fault.kind.size(), code::kTriggers,
                    fmt::format("{} has both \"incarnation\" and \"during\"", fault.kind), "give one of them");
  }
}

// Triggers that only some points know: at another one the fault would wait in vain.
void check_point_of_trigger(const ScenarioFault& fault, SectionReader& reader) {
  if (fault.at.empty()) return;
  if (fault.last_passage && !is_passed_at_the_end(fault.at)) {
    reader.complain(fault.at_position, fault.at.size(), code::kTriggers,
                    fmt::format("nobody knows which passage of {} is the last before it is over", fault.at),
                    fmt::format("`passage: last` is for {}", fmt::join(points_passed_at_the_end(), ", ")));
  }
  if (fault.about && !has_subject(fault.at)) {
    reader.complain(fault.at_position, fault.at.size(), code::kTriggers,
                    fmt::format("passages of {} are about nothing that has a number", fault.at),
                    fmt::format("`about` is for {}", fmt::join(points_with_subject(), ", ")));
  }
}

// `open`: a matrix or a sweep gives the place to what has none.
void check_place(ScenarioFault& fault, const FaultKind& kind, bool open, SectionReader& reader) {
  if (kind.outside != OutsideAction::kNothing || !fault.output.empty() || !fault.function.empty()) return;
  const bool by_harness = kind.at_rest();
  if (by_harness) {
    const bool no_trigger = !fault.hit && !fault.probability_ppb && !fault.after_ns && !fault.feed_sequence &&
                            !fault.about && !fault.last_passage;
    if (fault.at.empty() && no_trigger) return;
    reader.complain(
        fault.at_position, std::max<size_t>(fault.at.size(), 1), code::kTriggers,
        fmt::format("{} has no trigger: it is done after the faults before it ended the process", kind.name),
        fmt::format("example: - {}", kind.example));
    return;
  }
  if (!fault.at.empty() || (open && is_place_open(fault))) return;
  if (!kind.default_at.empty()) {
    fault.at = fault.file == "state.bin" ? "state.before_write" : kind.default_at;
  } else if (fault.during_recovery) {
    fault.at = kRecoveryPoint;
  } else if (fault.after_ns && is_done_from_outside(kind)) {
    return;  // at a time of the harness's clock, wherever the engine is then
  } else if (fault.after_ns || fault.feed_sequence) {
    fault.at = kClockPoint;
  } else if (!reader.was_meant(fault.position, "at")) {
    reader.complain(fault.position, kind.name.size(), code::kMissingKey,
                    fmt::format("{} does not say where: \"at\" is missing", kind.name),
                    fmt::format("example: - {}", kind.example));
  }
}

void check_builds(const Scenario& scenario, const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader) {
  for (const Build build : scenario.builds) {
    if (!kind.causes(build).empty()) continue;
    reader.complain(fault.position, kind.name.size(), code::kBuild,
                    fmt::format("{} makes no sense in the {} build", kind.name, build_name(build)),
                    fmt::format("write `build: {}`", build == Build::kAsan ? "release" : "asan"));
  }
}

// What a kind cannot do without.
void check_required(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader) {
  using postmortem::FaultAction;
  const char* missing = nullptr;
  if (kind.action == FaultAction::kWallClockStep && !fault.by_ns) missing = "by";
  if (kind.action == FaultAction::kPoisonMessage && !fault.message) missing = "message";
  if ((kind.action == FaultAction::kSlowThread || kind.action == FaultAction::kSlowFsync) && !fault.for_ns) {
    missing = "for";
  }
  if (missing == nullptr || reader.was_meant(fault.position, missing)) return;
  reader.complain(fault.position, kind.name.size(), code::kMissingKey,
                  fmt::format("{} needs \"{}\"", kind.name, missing), fmt::format("example: - {}", kind.example));
}

// Without fsync nothing is promised to survive, and no fsync is there to fail.
void check_durability(const Scenario& scenario, const ScenarioFault& fault, const FaultKind& kind,
                      SectionReader& reader) {
  using postmortem::FaultAction;
  const bool wants_sync = kind.action == FaultAction::kPowerLoss || kind.action == FaultAction::kEioFsync ||
                          kind.action == FaultAction::kStaleRead || kind.action == FaultAction::kSlowFsync ||
                          kind.action == FaultAction::kReorderedWrite;
  if (!wants_sync || scenario.session.durability == Durability::kPowerLoss) return;
  reader.complain(fault.position, kind.name.size(), code::kDurability,
                  fmt::format("{} needs a session that syncs", kind.name), "add `session: {durability: power_loss}`");
}

// A start of the engine that no death leads to: the fault would wait for it in vain.
void check_start(const Scenario& scenario, const ScenarioFault& fault, SectionReader& reader) {
  if (!fault.incarnation || (scenario.matrix && !scenario.matrix->faults.empty())) return;
  uint64_t deaths = 0;
  for (const ScenarioFault& other : scenario.faults) {
    if (&other != &fault && is_death(other, *find_fault_kind(other.kind))) deaths += other.times;
  }
  if (*fault.incarnation <= deaths) return;
  reader.complain(fault.position, fault.kind.size(), code::kNothingDied,
                  fmt::format("{} waits for start {} of the engine, which never comes", fault.kind, *fault.incarnation),
                  deaths == 0 ? "nothing else here ends the process; put a sigkill before it, for example"
                              : fmt::format("the other faults end the process {} {}: starts 0 to {}", deaths,
                                            deaths == 1 ? "time" : "times", deaths));
}

}  // namespace

bool is_death(const ScenarioFault& fault, const FaultKind& kind) {
  const bool resumes = kind.action == postmortem::FaultAction::kSigstop && fault.for_ns.has_value();
  return kind.ends_process && !resumes;
}

void check_faults(Scenario& scenario, SectionReader& reader) {
  // Refused as a whole by check_exploration(): what each of them lacks says nothing.
  if (scenario.exploration && !scenario.engine.command.empty()) return;
  const bool open = scenario.sweep || (scenario.matrix && !scenario.matrix->points.empty());
  bool something_ended = false;
  for (ScenarioFault& fault : scenario.faults) {
    const FaultKind& kind = *find_fault_kind(fault.kind);
    if (fault.file.empty() && !has_own_engine(scenario)) fault.file = kind.default_file;
    if (has_own_engine(scenario)) {
      check_own_engine_fault(fault, kind, reader);
    } else {
      check_file(fault, reader);
      refuse_outside_fault(fault, kind, reader);
      check_triggers(fault, reader);
      check_place(fault, kind, open, reader);
      check_point_of_trigger(fault, reader);
      check_builds(scenario, fault, kind, reader);
      check_durability(scenario, fault, kind, reader);
    }
    check_required(fault, kind, reader);
    if (!something_ended && (fault.during_recovery || kind.at_rest())) {
      reader.complain(fault.position, kind.name.size(), code::kNothingDied,
                      fmt::format("{} needs a fault before it that ends the process", kind.name),
                      "put a sigkill before it, for example");
    }
    if (!has_own_engine(scenario)) check_start(scenario, fault, reader);
    something_ended = something_ended || is_death(fault, kind);
  }
}

}  // namespace crashwright::harness
