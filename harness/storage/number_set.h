// A set of whole numbers that lie close together more often than not: tear units, blocks.
//
// 512 neighbours share 64 bytes, of which a set of numbers by themselves would take twenty thousand.
// Threads: one owner. Errors: none.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>

namespace crashwright::harness {

class NumberSet {
 public:
  void insert(uint64_t number) { words_of(number / kNumbers)[number / 64 % kWords] |= uint64_t{1} << number % 64; }
  [[nodiscard]] bool contains(uint64_t number) const {
    const auto group = groups_.find(number / kNumbers);
    return group != groups_.end() && (group->second[number / 64 % kWords] >> number % 64 & 1) != 0;
  }
  // Those in [begin, end).
  void erase(uint64_t begin, uint64_t end);
  [[nodiscard]] bool empty() const { return groups_.empty(); }
  [[nodiscard]] uint64_t first() const;  // of a set that is not empty
  void clear() { groups_.clear(); }

 private:
  static constexpr uint64_t kWords = 8;
  static constexpr uint64_t kNumbers = kWords * 64;
  using Words = std::array<uint64_t, kWords>;

  // Mostly one writes on where one was.
  Words& words_of(uint64_t group) { return groups_.try_emplace(groups_.end(), group)->second; }

  std::map<uint64_t, Words> groups_;  // none is empty
};

inline void NumberSet::erase(uint64_t begin, uint64_t end) {
  for (auto group = groups_.lower_bound(begin / kNumbers); group != groups_.end();) {
    const uint64_t first = group->first * kNumbers;
    if (first >= end) return;
    bool left = false;
    for (uint64_t word = 0; word < kWords; ++word) {
      const uint64_t from = first + word * 64;  // numbers of this word are [from, from + 64)
      uint64_t gone = ~uint64_t{0};
      if (begin > from) gone = begin - from < 64 ? gone << (begin - from) : 0;
      if (end - from < 64 || end <= from) gone = end <= from ? 0 : gone & ~(~uint64_t{0} << (end - from));
      group->second[word] &= ~gone;
      left = left || group->second[word] != 0;
    }
    group = left ? std::next(group) : groups_.erase(group);
  }
}

inline uint64_t NumberSet::first() const {
  const auto& [group, words] = *groups_.begin();
  uint64_t word = 0;
  while (words[word] == 0) ++word;
  return group * kNumbers + word * 64 + static_cast<uint64_t>(std::countr_zero(words[word]));
}

}  // namespace crashwright::harness
