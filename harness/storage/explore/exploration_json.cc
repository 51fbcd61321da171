#include "harness/storage/explore/exploration_json.h"

#include <nlohmann/json.hpp>

namespace crashwright::harness {
namespace {

nlohmann::ordered_json finding_json(const StorageFinding& finding) {
  return {{"profile", finding.profile},         {"reason", finding.reason},        {"operations_lost", finding.lost},
          {"lost_along", finding.lost_along},   {"issued_by", finding.issued_by},  {"states", finding.states},
          {"crash_point", finding.crash_point}, {"after", finding.last_operation}, {"acknowledged", finding.acked},
          {"added_sync", finding.fix},          {"no_added_sync", finding.no_fix}, {"minimal", finding.minimal},
          {"checker_output", finding.output},   {"folder", finding.folder}};
}

}  // namespace

const char* exploration_verdict(const CampaignResult& result) noexcept {
  if (result.untouched) return "error";
  if (result.violated > 0) return "violated";
  if (result.interrupted) return "interrupted";
  if (result.checker_errors > 0) return "error";
  return result.states == 0 ? "inconclusive" : "clean";
}

std::string exploration_json(const CampaignResult& result, const Recording& recording, uint64_t seed) {
  nlohmann::ordered_json json = {{"verdict", exploration_verdict(result)}, {"states", result.states}};
  json["findings"] = nlohmann::ordered_json::array();
  for (const StorageFinding& finding : result.findings) json["findings"].push_back(finding_json(finding));
  json["states_violated"] = result.violated;
  json["checker_errors"] = result.checker_errors;
  if (result.checker_errors > 0) json["first_checker_error"] = result.first_error;
  if (result.untouched) json["untouched_folder_violated"] = result.untouched->output;
  json["findings_unexplained"] = result.unexplained;
  json["operations"] = recording.size() - recording.initial;
  json["acknowledged"] = recording.tokens.size();
  json["seed"] = seed;
  json["profiles"] = nlohmann::ordered_json::array();
  for (const ProfileSummary& profile : result.profiles) {
    json["profiles"].push_back({{"profile", profile.profile},
                                {"states", profile.states},
                                {"violated", profile.violated},
                                {"exhausted", profile.end == ExplorationEnd::kNothingNew},
                                {"ended_by", exploration_end_name(profile.end)},
                                {"steps_done", profile.steps_done},
                                {"steps_known", profile.steps_known},
                                {"pairs_known", profile.pairs_known},
                                {"pairs_covered", profile.pairs_covered}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace crashwright::harness
