#include "harness/scenario/engine_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

// Committed by the engine's own thread, which only a program that links the kit can do.
bool needs_the_kit(const FaultKind& kind) {
  return kind.action != FaultAction::kNone &&
         (kind.action < FaultAction::kSigkill || kind.action >= FaultAction::kLostWakeup);
}

// Done by the storage layer to an operation that comes.
bool waits_for_an_operation(const FaultKind& kind) {
  return postmortem::happens_in_storage(kind.action) && kind.action != FaultAction::kPowerLoss;
}

bool acts_from_the_start(const FaultKind& kind) {
  return kind.outside == OutsideAction::kLimit || kind.outside == OutsideAction::kMemoryLimit ||
         waits_for_an_operation(kind);
}

// What of the mock engine it is about; null: it is about any engine.
const char* part_of_the_mock_engine(const FaultKind& kind) {
  if (kind.action == FaultAction::kExchangeDisconnect || kind.action == FaultAction::kSecondPrimary) return "exchange";
  // Only of its sessions a copy is kept to put in the place of the file.
  return kind.name == "stale_file" || kind.name == "foreign_file" ? "sessions" : nullptr;
}

class FaultChecker {
 public:
  FaultChecker(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader)
      : fault_(fault), kind_(kind), reader_(reader) {}

  void check() {
    const char* part = part_of_the_mock_engine(kind_);
    if (part == nullptr && fault_.feed_sequence) part = "feed";
    if (part == nullptr && (fault_.about || fault_.last_passage)) part = "session";
    if (part != nullptr) {
      complain(code::kForeignKey, fmt::format("{} is about the mock engine's {}", kind_.name, part),
               "an engine of your own has none that the harness knows");
    }
    check_trigger();
    check_counted();
    if (kind_.outside == OutsideAction::kLimit && fault_.limits.size() != 1) {
      complain(code::kMissingKey, fmt::format("{} wants one limit, not {}", kind_.name, fault_.limits.size()),
               "one of: descriptors, file_size, address_space, cpu_time, threads");
    }
  }

 private:
  void complain(const char* error_code, std::string message, std::string hint) {
    reader_.complain(fault_.position, kind_.name.size(), error_code, std::move(message), std::move(hint));
  }

  void check_trigger() {
    const int given = (fault_.at.empty() ? 0 : 1) + (fault_.after_ns ? 1 : 0) + (fault_.output.empty() ? 0 : 1) +
                      (fault_.function.empty() ? 0 : 1);
    if (given > 1) {
      complain(code::kTriggers, fmt::format("{} has more than one trigger", kind_.name),
               "give one of: at, after, output, function");
    } else if (needs_the_kit(kind_) && fault_.at.empty()) {
      complain(code::kMissingKey, fmt::format("{} is done by the engine itself: \"at\" is missing", kind_.name),
               "a fault point of an engine that links the kit; without it: null_call, signal, limit");
    } else if (kind_.outside == OutsideAction::kNullCall && fault_.function.empty()) {
      complain(code::kMissingKey, fmt::format("{} does not say where: \"function\" is missing", kind_.name),
               fmt::format("example: - {}", kind_.example));
    } else if (kind_.outside == OutsideAction::kMemoryLimit && given > 0) {
      complain(code::kTriggers, fmt::format("{} has no trigger: it is there from the start", kind_.name),
               fmt::format("example: - {}", kind_.example));
    } else if (given == 0 && !kind_.at_rest() && !acts_from_the_start(kind_)) {
      complain(code::kMissingKey, fmt::format("{} does not say when", kind_.name),
               "give one of: after, output, function, or at for an engine that links the kit");
    }
  }

  // What counts: passages of a point, lines, calls; in the storage layer the operations of a file.
  void check_counted() {
    if (fault_.at.empty() && (fault_.probability_ppb || fault_.per_thread)) {
      complain(code::kTriggers,
               fmt::format("{} has \"{}\", which is of passages of a fault point", kind_.name,
                           fault_.per_thread ? "scope" : "probability"),
               "add at for an engine that links the kit");
    }
    const bool counts = !fault_.at.empty() || !fault_.output.empty() || !fault_.function.empty();
    if (!fault_.hit || counts) return;
    if (waits_for_an_operation(kind_) && !fault_.after_ns) return;
    if (!fault_.after_ns && !kind_.at_rest() && !acts_from_the_start(kind_)) return;  // it does not say when
    complain(code::kTriggers, fmt::format("{} has nothing that \"hit\" could count", kind_.name),
             "hit counts lines with output, calls with function, passages with at, and for a storage fault without any "
             "of these the writes or syncs of the file");
  }

  const ScenarioFault& fault_;
  const FaultKind& kind_;
  SectionReader& reader_;
};

}  // namespace

OwnEngineUse use_by_own_engine(const FaultKind& kind) {
  if (part_of_the_mock_engine(kind) != nullptr) return OwnEngineUse::kNone;
  // The version is that of the kit's audit log.
  return needs_the_kit(kind) || kind.name == "newer_version" ? OwnEngineUse::kWithTheKit : OwnEngineUse::kAny;
}

bool is_answered_by_own_engine(const FaultKind& kind) {
  switch (kind.action) {
    case FaultAction::kShortWrite:
    case FaultAction::kEnospc:
    case FaultAction::kEioWrite:
    case FaultAction::kEioFsync:
    case FaultAction::kStaleRead:
    case FaultAction::kReadOnly:
    case FaultAction::kNoInodes:
      return true;
    default:
      return kind.outside == OutsideAction::kLimit;
  }
}

std::vector<std::string> causes_in_own_engine(const FaultKind& kind) {
  std::vector<std::string> causes = kind.causes(Build::kForeign);
  if (!is_answered_by_own_engine(kind) || kind.outside == OutsideAction::kLimit) return causes;
  for (const char* const way : {"NO_FAULT", "UNEXPECTED_EXIT", "EXCEPTION", "ABORT", "ASSERTION"}) {
    if (std::find(causes.begin(), causes.end(), way) == causes.end()) causes.emplace_back(way);
  }
  return causes;
}

bool has_own_engine(const Scenario& scenario) { return !scenario.engine.command.empty() && !scenario.exploration; }

void check_own_engine_fault(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader) {
  FaultChecker(fault, kind, reader).check();
}

void refuse_outside_fault(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader) {
  std::string what;
  if (kind.outside != OutsideAction::kNothing) what = kind.name;
  if (!fault.output.empty()) what = "\"output\"";
  if (!fault.function.empty()) what = "\"function\"";
  if (what.empty()) return;
  reader.complain(fault.position, kind.name.size(), code::kForeignKey, what + " is for an engine of your own",
                  "add `engine: {command: [./my_engine]}`, or use a fault point");
}

}  // namespace crashwright::harness
