#include "rca/text_pattern.h"

namespace crashwright::rca {
namespace {

constexpr char kDigit = '~';

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool fits(std::string_view line, size_t at, std::string_view fragment) {
  if (line.size() - at < fragment.size()) return false;
  for (size_t i = 0; i < fragment.size(); ++i) {
    const bool same = fragment[i] == kDigit ? is_digit(line[at + i]) : line[at + i] == fragment[i];
    if (!same) return false;
  }
  return true;
}

size_t find(std::string_view line, size_t from, std::string_view fragment) {
  if (fragment.find(kDigit) == std::string_view::npos) return line.find(fragment, from);
  for (size_t at = from; at + fragment.size() <= line.size(); ++at) {
    if (fits(line, at, fragment)) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<TextMatch> match_line(std::string_view line, std::string_view pattern) {
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  const bool ends = pattern.ends_with('$');
  if (ends) pattern.remove_suffix(1);
  size_t at = 0;
  std::optional<TextMatch> match;
  while (!pattern.empty()) {
    const size_t star = pattern.find('*');
    const std::string_view fragment = pattern.substr(0, star);
    pattern = star == std::string_view::npos ? std::string_view() : pattern.substr(star + 1);
    if (fragment.empty()) {
      if (!match) match = TextMatch{at, at};
      continue;
    }
    size_t found = 0;
    if (anchored && !match) {
      found = line.find_first_not_of(" \t");
      if (found == std::string_view::npos || !fits(line, found, fragment)) return std::nullopt;
    } else {
      found = find(line, at, fragment);
      if (found == std::string_view::npos) return std::nullopt;
    }
    at = found + fragment.size();
    match = TextMatch{match ? match->begin : found, at};
  }
  if (ends && line.find_first_not_of(" \t\r", at) != std::string_view::npos) return std::nullopt;
  return match;
}

}  // namespace crashwright::rca
