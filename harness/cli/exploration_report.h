// What an exploration found, for people.
//
// Threads: free functions. Errors: none; text of checkers is shown without its control characters.
#pragma once

#include <string>

#include "harness/storage/explore/campaign.h"

namespace crashwright::harness::cli {

void print_exploration(const CampaignResult& result, const Recording& recording);

}  // namespace crashwright::harness::cli
