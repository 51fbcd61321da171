#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> check_fault_kinds() {
  FaultKind abort_kind;
  abort_kind.name = "abort";
  abort_kind.family = "checks";
  abort_kind.action = FaultAction::kAbort;
  abort_kind.doc = "calls abort()";
  abort_kind.example = "abort: {at: orders.apply, hit: 10}";
  abort_kind.causes_release = {"ABORT"};
  abort_kind.causes_asan = {"ABORT"};

  FaultKind assertion;
  assertion.name = "assert";
  assertion.family = "checks";
  assertion.action = FaultAction::kAssert;
  assertion.doc = "fails an assert()";
  assertion.example = "assert: {at: risk.check, hit: 50}";
  assertion.causes_release = {"ASSERTION"};
  assertion.causes_asan = {"ASSERTION"};

  FaultKind uncaught_exception;
  uncaught_exception.name = "uncaught_exception";
  uncaught_exception.family = "checks";
  uncaught_exception.action = FaultAction::kUncaughtException;
  uncaught_exception.doc = "throws what nobody catches: std::terminate";
  uncaught_exception.example = "uncaught_exception: {at: feed.message, hit: 700}";
  uncaught_exception.causes_release = {"EXCEPTION"};
  uncaught_exception.causes_asan = {"EXCEPTION"};

  FaultKind division_by_zero;
  division_by_zero.name = "division_by_zero";
  division_by_zero.family = "checks";
  division_by_zero.action = FaultAction::kDivisionByZero;
  division_by_zero.doc = "divides an integer by zero: SIGFPE";
  division_by_zero.example = "division_by_zero: {at: strategy.decide, hit: 80}";
  division_by_zero.causes_release = {"FPE"};
  division_by_zero.causes_asan = {"FPE", "UNDEFINED_BEHAVIOUR"};  // UBSan speaks first

  return {abort_kind, assertion, uncaught_exception, division_by_zero};
}

}  // namespace crashwright::harness
