// A kind of fault: its word in the scenario language and everything the harness must know about it.
//
// One file per family lists its kinds, registry.h offers them all. Adding a kind: one entry here, the action in
// postmortem/control_block.h, and a stock scenario that proves that it fires.
// Threads: immutable after start.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/scenario.h"
#include "postmortem/control_block.h"

namespace crashwright::harness {

struct FaultKind {
  std::string name;                                                 // "null_dereference"
  std::string family;                                               // folder of its stock scenarios: "memory"
  postmortem::FaultAction action = postmortem::FaultAction::kNone;  // kNone: done by the harness itself
  OutsideAction outside = OutsideAction::kNothing;  // what the harness does to a running program that links nothing
  std::string doc;                                  // one line
  std::string example;                              // one entry of `faults:`
  // For docs/faults.md, which is written from this table.
  std::string stands_for;    // the failure of real life that it stands for
  std::string evidence;      // how it shows
  std::string reveals;       // the planted bug that it reveals, or why there is none that it alone reveals
  std::string right_then{};  // of one that is noticed late: what the engine owes; empty: the promises say it
  // Keys beyond the triggers that every kind takes.
  std::vector<std::string> parameters{};
  std::string default_at{};    // empty: `at` must be given unless the trigger is a time or a feed sequence
  std::string default_file{};  // storage faults
  bool ends_process = true;    // the engine is gone afterwards, by the fault or by its own refusal to go on
  std::vector<std::string> causes_release{};  // causes that are right answers of the autopsy
  std::vector<std::string> causes_asan{};     // empty: makes no sense in that build
  std::vector<std::string> needs{};           // "cgroup_memory" "fuse"

  // Done to the files between a death and the next start.
  [[nodiscard]] bool at_rest() const {
    return action == postmortem::FaultAction::kNone && outside == OutsideAction::kNothing;
  }
  [[nodiscard]] const std::vector<std::string>& causes(Build build) const {
    return build == Build::kAsan ? causes_asan : causes_release;
  }
};

}  // namespace crashwright::harness
