#include "bench/crash_handler_table.h"

#include <algorithm>
#include <cstdio>

#include "bench/samples.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::bench {
namespace {

// An address in the first page is the same in every run; any other moves with the address space.
constexpr uint64_t kStableBelow = 4096;

bool same_address(uint64_t one, uint64_t other) {
  if (one < kStableBelow || other < kStableBelow) return one == other;
  return true;
}

// The death as it is without a stage that fails.
std::string plain(const std::string& death) {
  return death.find(':') == std::string::npos ? death : std::string("null_dereference");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : "%.0f", value);
  return text;
}

// ", 0.25 / 3.4 ms": fault to last output and to process gone, medians; empty for what hung.
std::string times_of(const std::vector<Outcome>& runs) {
  std::vector<double> record_ms;
  std::vector<double> gone_ms;
  for (const Outcome& outcome : runs) {
    if (outcome.left == Left::kHung) continue;
    gone_ms.push_back(outcome.gone_ms);
    if (outcome.left != Left::kLost && outcome.record_ms > 0) record_ms.push_back(outcome.record_ms);
  }
  if (gone_ms.empty()) return "";
  return ", " + (record_ms.empty() ? "–" : number(percentile(record_ms, 0.5))) + " / " +
         number(percentile(gone_ms, 0.5)) + " ms";
}

}  // namespace

void HandlerTable::add(const std::string& handler, const std::string& death, const Outcome& outcome) {
  if (outcome.installed && !outcome.cannot_die) runs_[{handler, death}].push_back(outcome);
}

bool HandlerTable::core_is_true(const std::string& death, const Outcome& outcome) const {
  const auto truth = truth_.find(plain(death));
  if (truth == truth_.end() || !truth->second) return true;  // no cores on this machine, nothing to compare
  const CoreTruth& kernel = *truth->second;
  if (!outcome.core) return false;
  const CoreTruth& core = *outcome.core;
  const bool either = death == "two_at_once";  // whichever of the two came second stored its number last
  return core.signal == kernel.signal && core.code == kernel.code && (core.dying_thread_first || either) &&
         same_address(core.fault_address, kernel.fault_address);
}

bool HandlerTable::measured(const std::string& handler, const std::string& death) const {
  return runs_.contains({handler, death});
}

bool HandlerTable::survived(const std::string& handler, const std::string& death) const {
  const auto found = runs_.find({handler, death});
  return found != runs_.end() && std::all_of(found->second.begin(), found->second.end(), [&](const Outcome& outcome) {
           return outcome.left == Left::kComplete && core_is_true(death, outcome);
         });
}

// The worst that was left, how often when not always, what is wrong with the core, and how long it took.
std::string HandlerTable::cell(const std::string& handler, const std::string& death) const {
  const auto found = runs_.find({handler, death});
  if (found == runs_.end()) return "–";
  const auto& runs = found->second;
  const auto worst =
      std::max_element(runs.begin(), runs.end(), [](const Outcome& a, const Outcome& b) { return a.left < b.left; });
  const auto times = std::count_if(runs.begin(), runs.end(), [&](const Outcome& o) { return o.left == worst->left; });
  std::string text = word_for(worst->left);
  if (times != static_cast<long>(runs.size())) {
    text += " " + std::to_string(times) + "/" + std::to_string(runs.size());
  }
  const bool core = std::all_of(runs.begin(), runs.end(), [&](const Outcome& o) { return core_is_true(death, o); });
  const bool none = std::all_of(runs.begin(), runs.end(), [&](const Outcome& o) { return !o.core.has_value(); });
  if (!core) text += none ? ", no core" : ", core untrue";
  return text + times_of(runs);
}

std::string HandlerTable::times(const std::vector<HandlerColumn>& handlers,
                                const std::vector<std::string>& deaths) const {
  std::string record = "| **fault to last output**, ms, median";
  std::string gone = "| **fault to process gone**, ms, median";
  for (const HandlerColumn& handler : handlers) {
    std::vector<double> record_ms;
    std::vector<double> gone_ms;
    for (const std::string& death : deaths) {
      const auto found = runs_.find({handler.name, death});
      if (found == runs_.end() || death.find(':') != std::string::npos) continue;
      for (const Outcome& outcome : found->second) {
        if (outcome.left == Left::kHung) continue;
        gone_ms.push_back(outcome.gone_ms);
        if (outcome.left != Left::kLost && outcome.record_ms > 0) record_ms.push_back(outcome.record_ms);
      }
    }
    record += " | " + (record_ms.empty() ? "–" : number(percentile(record_ms, 0.5)));
    gone += " | " + (gone_ms.empty() ? "–" : number(percentile(gone_ms, 0.5)));
  }
  return record + " |\n" + gone + " |\n";
}

std::string HandlerTable::markdown(const std::vector<HandlerColumn>& handlers,
                                   const std::vector<std::string>& deaths) const {
  std::string text = "| death";
  std::string line = "|---";
  for (const HandlerColumn& handler : handlers) {
    text += " | " + handler.name;
    line += "|---";
  }
  text += " |\n" + line + "|\n";
  for (const std::string& death : deaths) {
    text += "| " + title_of(death);
    for (const HandlerColumn& handler : handlers) text += " | " + cell(handler.name, death);
    text += " |\n";
  }
  return text + times(handlers, deaths);
}

std::string title_of(const std::string& death) {
  const size_t colon = death.find(':');
  if (colon != std::string::npos) {
    const bool hang = death.starts_with("hang");
    return (hang ? "handler stage " : "second fault in handler stage ") + death.substr(colon + 1) +
           (hang ? " hangs" : "");
  }
  const postmortem::testing::Death* const found = postmortem::testing::find_death(death);
  return found == nullptr ? death : found->what;
}

}  // namespace crashwright::bench
