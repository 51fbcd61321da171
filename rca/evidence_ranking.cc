#include "rca/evidence_ranking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "rca/cause.h"

namespace crashwright::rca {
namespace {

constexpr size_t kTiers = 6;
constexpr double kInherited = 0.5;          // share of a general cause's support that a refinement of it inherits
constexpr double kContradiction = 0.5;      // share of a rival's support that is taken off
constexpr double kConfidenceSteps = 1'000;  // finer than a thousandth is nothing that anybody knows
constexpr double kRefinementMin = 0.3;      // own support from which a refinement explains the general cause away

struct Support {
  std::array<double, kTiers> best{};     // for, by tier
  std::array<double, kTiers> against{};  // magnitude
  double own = 0;
  double total = 0;
};

double combined(const std::array<double, kTiers>& by_tier) {
  double doubt = 1;
  for (const double support : by_tier) doubt *= 1 - support;
  return 1 - doubt;
}

}  // namespace

double tier_weight(EvidenceTier tier) noexcept {
  constexpr double kWeights[kTiers] = {1.0, 0.95, 0.85, 0.75, 0.6, 0.4};
  return kWeights[static_cast<size_t>(tier)];
}

const char* tier_name(EvidenceTier tier) noexcept {
  constexpr const char* kNames[kTiers] = {"harness fact",  "runtime verdict", "library message",
                                          "machine state", "frames",          "exit code"};
  return kNames[static_cast<size_t>(tier)];
}

Ranking rank_evidence(const std::vector<Evidence>& evidence) {
  std::map<std::string, Support> causes;
  for (const Evidence& piece : evidence) {
    if (piece.cause.empty() || piece.cause == "UNKNOWN") continue;
    const size_t tier = static_cast<size_t>(piece.tier);
    const double weight = std::min(1.0, std::abs(piece.strength)) * tier_weight(piece.tier);
    Support& support = causes[piece.cause];
    double& slot = piece.strength < 0 ? support.against[tier] : support.best[tier];
    slot = std::max(slot, weight);
  }
  for (auto& [name, support] : causes) {
    support.own = combined(support.best) * (1 - combined(support.against));
    support.total = support.own;
  }
  const auto explains = [&](const std::string& specific, const std::string& general) {
    return causes[specific].own >= kRefinementMin && refines(specific, general);
  };
  for (auto& [name, support] : causes) {
    for (const auto& [general, of_general] : causes) {
      if (explains(name, general)) support.total = 1 - (1 - support.total) * (1 - kInherited * of_general.own);
    }
  }
  Ranking ranking;
  for (const auto& [name, support] : causes) {
    double rival = 0;
    bool explained = false;
    for (const auto& [other, of_other] : causes) {
      if (other == name) continue;
      if (explains(other, name)) explained = true;
      if (!refines(other, name) && !refines(name, other)) rival = std::max(rival, of_other.own);
    }
    double confidence = support.total * (1 - kContradiction * rival);
    // What another cause explains stays a candidate, behind it.
    if (explained) confidence *= kInherited;
    confidence = std::round(confidence * kConfidenceSteps) / kConfidenceSteps;
    if (confidence > 0) ranking.candidates.push_back({name, confidence});
  }
  std::ranges::stable_sort(ranking.candidates, std::ranges::greater{}, &Candidate::confidence);
  const bool decided = !ranking.candidates.empty() && ranking.candidates.front().confidence >= kConfidenceMin;
  ranking.cause = decided ? ranking.candidates.front().cause : "UNKNOWN";
  ranking.confidence = ranking.candidates.empty() ? 0 : ranking.candidates.front().confidence;
  return ranking;
}

}  // namespace crashwright::rca
