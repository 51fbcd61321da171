// Names of custom storage profiles: folders of evidence are named by them.
//
// Threads: free function without state. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace crashwright::harness {

// Why a profile cannot have that name, in words behind "`name` ": letters, digits, _ and - are allowed, and neither K,
// E nor S, which stand for themselves. Empty when it can.
[[nodiscard]] std::string trouble_with_profile_name(std::string_view name);

}  // namespace crashwright::harness
