#include "rca/frame_text.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace crashwright::rca {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view text_behind(std::string_view line, std::string_view words) {
  const size_t at = line.find(words);
  return at == std::string_view::npos ? std::string_view() : line.substr(at + words.size());
}

bool take_address(std::string_view& rest, uint64_t& address) {
  if (!rest.starts_with("0x")) return false;
  const auto [end, error] = std::from_chars(rest.data() + 2, rest.data() + rest.size(), address, 16);
  (void)error;
  size_t used = static_cast<size_t>(end - rest.data());
  while (used < rest.size() && rest[used] != ' ') ++used;  // an address that was made illegible
  rest = trimmed(rest.substr(used));
  return true;
}

bool take_bare_address(std::string_view& rest, uint64_t& address) {
  constexpr size_t kDigitsMin = 8;
  const size_t digits = std::min(rest.find_first_not_of("0123456789abcdef"), rest.size());
  if (digits < kDigitsMin || digits > 16 || (digits < rest.size() && rest[digits] != ' ')) return false;
  std::from_chars(rest.data(), rest.data() + digits, address, 16);
  rest = trimmed(rest.substr(digits));
  return true;
}

bool take_number(std::string_view& rest, uint64_t& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  return true;
}

void take_place(std::string_view place, Frame& frame) {
  const size_t colon = place.find(':');
  frame.file = std::string(place.substr(0, colon));
  if (colon != std::string_view::npos) {
    std::from_chars(place.data() + colon + 1, place.data() + place.size(), frame.line);
  }
}

bool take_place_from_end(std::string_view place, Frame& frame) {
  bool numbered = false;
  for (int i = 0; i < 2; ++i) {
    const size_t colon = place.rfind(':');
    if (colon == std::string_view::npos || colon == 0) break;
    std::string_view rest = place.substr(colon + 1);
    uint64_t number = 0;
    if (!take_number(rest, number) || !rest.empty() || number > 1'000'000'000) break;
    frame.line = static_cast<int>(number);
    place = place.substr(0, colon);
    numbered = true;
  }
  if (numbered) frame.file = std::string(place);
  return numbered;
}

void take_offset(std::string_view text, Frame& frame) {
  if (!text.starts_with("0x")) return;
  std::from_chars(text.data() + 2, text.data() + text.size(), frame.offset, 16);
  if (frame.pc == 0) frame.pc = frame.offset;
}

}  // namespace crashwright::rca
