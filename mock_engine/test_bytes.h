// Hand-written byte vectors for the codecs' tests: hex("41 0001 ...") and the way back. Tests only.
//
// Threads: any. Errors: a character that is no hex digit or space is a failed check. Signal context: no.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "mock_engine/wire.h"

namespace crashwright::mock_engine {

inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Spaces are ignored; 'text' in single quotes stands for its characters.
inline std::vector<std::byte> hex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '\'') {
      for (++i; i < text.size() && text[i] != '\''; ++i) bytes.push_back(static_cast<std::byte>(text[i]));
      ++i;
    } else {
      CRASHWRIGHT_CHECK(i + 1 < text.size() && hex_digit(text[i]) >= 0 && hex_digit(text[i + 1]) >= 0,
                        "two hex digits");
      bytes.push_back(static_cast<std::byte>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1])));
      i += 2;
    }
  }
  return bytes;
}

inline std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned>(byte) & 15]);
  }
  return text;
}

}  // namespace crashwright::mock_engine
