#include "harness/scenario/name_pattern.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

constexpr size_t kNearPointsMax = 6;
constexpr const char* kAllPoints = "`mock_engine --list-fault-points` lists them";

}  // namespace

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

std::string point_suggestion(std::string_view point, const std::vector<std::string>& points) {
  const std::string near = suggestion(point, points);
  if (!near.empty()) return near;
  const std::string_view room = point.substr(0, std::min(point.find('.'), point.size()));
  std::vector<std::string> same_room;
  std::copy_if(points.begin(), points.end(), std::back_inserter(same_room),
               [&](const std::string& name) { return name.starts_with(std::string(room) + "."); });
  if (same_room.empty()) return kAllPoints;
  std::stable_sort(same_room.begin(), same_room.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(point, a) < edit_distance(point, b);
  });
  if (same_room.size() > kNearPointsMax) same_room.resize(kNearPointsMax);
  return fmt::format("near it: {}; {} all", fmt::join(same_room, ", "), kAllPoints);
}

}  // namespace crashwright::harness
