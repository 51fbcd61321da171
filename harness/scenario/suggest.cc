#include "harness/scenario/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace crashwright::harness {
namespace {

constexpr size_t kComparedCharactersMax = 64;
constexpr size_t kListedWordsMax = 20;
constexpr size_t kPrefixMin = 4;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Characters that both words begin or end with.
size_t kept_at_the_ends(std::string_view a, std::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t head = 0;
  while (head < shorter && lower(a[head]) == lower(b[head])) ++head;
  size_t tail = 0;
  while (head + tail < shorter && lower(a[a.size() - 1 - tail]) == lower(b[b.size() - 1 - tail])) ++tail;
  return head + tail;
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kComparedCharactersMax);
  b = b.substr(0, kComparedCharactersMax);
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = cost[i - 1][j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string nearest_word(std::string_view typed, const std::vector<std::string>& valid) {
  for (const std::string& word : valid) {
    const size_t shared = std::min(word.size(), typed.size());
    if (shared >= kPrefixMin && typed.substr(0, shared) == std::string_view(word).substr(0, shared)) return word;
  }
  std::string nearest;
  // A single letter is near to every other single letter: that helps nobody.
  size_t best = std::min(std::max<size_t>(typed.size(), 3) / 3 + 1, typed.size());
  for (const std::string& word : valid) {
    const size_t distance = edit_distance(typed, word);
    const bool tie = distance == best && !nearest.empty();
    if (distance < best || (tie && kept_at_the_ends(typed, word) > kept_at_the_ends(typed, nearest))) {
      best = distance;
      nearest = word;
    }
  }
  return nearest;
}

std::string suggestion(std::string_view typed, const std::vector<std::string>& valid) {
  const std::string nearest = nearest_word(typed, valid);
  if (!nearest.empty()) return fmt::format("did you mean \"{}\"?", nearest);
  if (valid.empty() || valid.size() > kListedWordsMax) return {};
  return fmt::format("one of: {}", fmt::join(valid, ", "));
}

}  // namespace crashwright::harness
