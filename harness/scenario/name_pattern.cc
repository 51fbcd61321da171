#include "harness/scenario/name_pattern.h"

#include <fmt/format.h>

#include "harness/scenario/suggest.h"

namespace crashwright::harness {

bool is_pattern(std::string_view text) { return text.find('*') != std::string_view::npos; }

bool matches_pattern(std::string_view name, std::string_view pattern) {
  size_t at = 0;                           // in the name
  size_t wanted = 0;                       // in the pattern
  size_t resume = 0;                       // where the text of the last * ends, as far as tried
  size_t behind = std::string_view::npos;  // in the pattern, behind the last *
  while (at < name.size()) {
    if (wanted < pattern.size() && pattern[wanted] == '*') {
      behind = ++wanted;
      resume = at;
    } else if (wanted < pattern.size() && pattern[wanted] == name[at]) {
      ++wanted;
      ++at;
    } else if (behind != std::string_view::npos) {
      wanted = behind;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', wanted) == std::string_view::npos;
}

std::string pattern_suggestion(std::string_view pattern, const std::vector<std::string>& names) {
  std::vector<std::string> meant;
  for (const std::string& name : names) {
    const size_t dot = name.find('.');
    if (dot != std::string::npos) {
      meant.push_back(name.substr(0, dot) + ".*");
      meant.push_back("*" + name.substr(dot));
    }
    meant.push_back(name);
  }
  const std::string nearest = nearest_word(pattern, meant);
  return nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest);
}

}  // namespace crashwright::harness
