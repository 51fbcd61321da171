#include "harness/scenario/text_check.h"

#include <fmt/format.h>

#include <array>

namespace crashwright::harness {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

// What a sequence of that length may encode: the shortest form only, no surrogates, nothing beyond U+10FFFF.
constexpr std::array<Range, 5> kByLength = {{{1, 0}, {0, 0x7f}, {0x80, 0x7ff}, {0x800, 0xffff}, {0x10000, 0x10ffff}}};

bool is_control(uint32_t character) {
  if (character == '\t' || character == '\n') return false;
  return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

size_t announced_length(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  if (byte < 0xe0) return 2;
  if (byte < 0xf0) return 3;
  return byte < 0xf5 ? 4 : 0;
}

uint32_t decode(std::string_view sequence) {
  constexpr std::array<unsigned, 5> kLeadMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t character = static_cast<unsigned char>(sequence[0]) & kLeadMask[sequence.size()];
  for (const char c : sequence.substr(1)) character = character << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return character;
}

std::string what_is_wrong(std::string_view rest, size_t length) {
  const auto byte = static_cast<unsigned char>(rest.front());
  if (length == 0) return fmt::format("not UTF-8: byte 0x{:02x}", byte);
  return fmt::format("control character U+{:04X}", decode(rest.substr(0, length)));
}

std::string hint_for(const std::string& text, size_t length, char found) {
  const bool utf16 = text.size() > 1 && (text.compare(0, 2, "\xff\xfe") == 0 || text.compare(0, 2, "\xfe\xff") == 0);
  if (utf16) return "this looks like UTF-16: save the file as UTF-8";
  if (length == 0) return "save the file as UTF-8";
  return found == '\r' ? "end lines with LF or CRLF" : "remove it";
}

}  // namespace

size_t utf8_sequence_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const size_t length = announced_length(static_cast<unsigned char>(text.front()));
  if (length == 0 || length > text.size()) return 0;
  for (const char c : text.substr(1, length - 1)) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) return 0;
  }
  const uint32_t character = decode(text.substr(0, length));
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  return character >= kByLength[length].first && character <= kByLength[length].last && !surrogate ? length : 0;
}

std::optional<Diagnostic> check_text(const std::string& file, const std::string& text, uint32_t source) {
  std::string_view rest = text;
  if (rest.substr(0, kByteOrderMark.size()) == kByteOrderMark) rest.remove_prefix(kByteOrderMark.size());
  SourcePosition position{1, 1, source};
  while (!rest.empty()) {
    const size_t length = utf8_sequence_length(rest);
    const bool line_end = rest.substr(0, 2) == "\r\n";
    if (!line_end && (length == 0 || is_control(decode(rest.substr(0, length))))) {
      return Diagnostic{file,
                        position,
                        1,
                        code::kEncoding,
                        what_is_wrong(rest, length),
                        hint_for(text, length, rest.front()),
                        source_line(text, position.line)};
    }
    if (line_end || rest.front() == '\n') {
      ++position.line;
      position.column = 0;
    }
    ++position.column;
    rest.remove_prefix(line_end ? 2 : length);
  }
  return std::nullopt;
}

}  // namespace crashwright::harness
