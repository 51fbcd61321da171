// "Did you mean": the nearest valid word to a mistyped one.
//
// Distance: optimal string alignment (insert, delete, replace, swap of neighbours), ignoring case. A word further
// away than a third of its length is no suggestion, except that a word cut short or drawn out is one. Ties go to the
// word that keeps more of the typed beginning and end ("--sed": "--seed", not "--set"), then to the first.
// Threads: free functions without shared state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crashwright::harness {

[[nodiscard]] size_t edit_distance(std::string_view a, std::string_view b);
// Empty when nothing is near.
[[nodiscard]] std::string nearest_word(std::string_view typed, const std::vector<std::string>& valid);
// `did you mean "x"?` or, with nothing near and few valid words, `one of: a, b, c`; empty when neither helps.
[[nodiscard]] std::string suggestion(std::string_view typed, const std::vector<std::string>& valid);

}  // namespace crashwright::harness
