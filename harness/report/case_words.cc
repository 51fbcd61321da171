#include "harness/report/case_words.h"

#include <fmt/format.h>

namespace crashwright::harness {

std::string cause_in_words(const CaseFinished& done) {
  if (!done.autopsy) return {};
  return done.autopsy->cause + (done.autopsy->function.empty() ? "" : " in " + done.autopsy->function);
}

std::string unfired_advice(const CaseFinished& done) {
  for (const rca::InjectedFaultFact& fault : done.faults) {
    if (fault.state != "armed" || fault.point.empty()) continue;
    const auto passed = done.passages.find(fault.point);
    if (passed == done.passages.end() || passed->second == 0) {
      return fmt::format("{} was never passed: choose another place, or a longer session (session.messages)",
                         fault.point);
    }
    return fmt::format("{} was passed {} {}: choose an earlier hit, or a longer session (session.messages)",
                       fault.point, passed->second, passed->second == 1 ? "time" : "times");
  }
  return {};
}

}  // namespace crashwright::harness
