#include "harness/scenario/profile_name.h"

namespace crashwright::harness {

std::string trouble_with_profile_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (name.empty()) return "is missing";
  if (name.find_first_not_of(kAllowed) != std::string_view::npos) {
    return "takes letters, digits, _ and -: folders are named by it";
  }
  if (name == "K" || name == "E" || name == "S") return "is one of the profiles that there are";
  return {};
}

}  // namespace crashwright::harness
