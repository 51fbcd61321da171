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

bool acts_from_the_start(const FaultKind& kind) {
  return kind.outside == OutsideAction::kLimit || kind.outside == OutsideAction::kMemoryLimit ||
         (postmortem::happens_in_storage(kind.action) && kind.action != FaultAction::kPowerLoss);
}

class FaultChecker {
 public:
  FaultChecker(const ScenarioFault& fault, const FaultKind& kind, SectionReader& reader)
      : fault_(fault), kind_(kind), reader_(reader) {}

  void check() {
    const bool of_the_mock =
        kind_.action == FaultAction::kExchangeDisconnect || kind_.action == FaultAction::kSecondPrimary;
    const bool by_session = fault_.feed_sequence || fault_.about || fault_.last_passage;
    if (of_the_mock || by_session) {
      complain(code::kForeignKey,
               fmt::format("{} is about the mock engine's {}", kind_.name,
                           of_the_mock            ? "exchange"
                           : fault_.feed_sequence ? "feed"
                                                  : "session"),
               "an engine of your own has none that the harness knows");
    }
    check_trigger();
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

  const ScenarioFault& fault_;
  const FaultKind& kind_;
  SectionReader& reader_;
};

}  // namespace

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
