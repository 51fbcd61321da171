// What an exploration found, for people and as JSON.
//
// Threads: free functions. Errors: none; text of checkers is shown without its control characters.
#pragma once

#include <string>

#include "harness/storage/explore/campaign.h"

namespace crashwright::harness::cli {

// {"verdict": "clean"|"violated"|"error", "states": n, "findings": [{"profile", "reason", "lost": [...], ...}], ...}
[[nodiscard]] std::string exploration_json(const CampaignResult& result, const Recording& recording, uint64_t seed);

void print_exploration(const CampaignResult& result, const Recording& recording);

}  // namespace crashwright::harness::cli
