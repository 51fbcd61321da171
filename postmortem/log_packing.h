// The arguments of a log call as the bytes of a record's payload, by their types, without a loop or a branch on them.
//
// What fits a head line for certain (numbers), or turns out to (numbers and one short text), is put together in
// registers; everything else in a buffer on the stack. Internal to the recorder's macros (flight_recorder.h).
// Threads: pure functions. Errors: none. Signal context: yes. Format: flight_recorder_format.md, "Call site".
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem::detail {

struct LogPayload {
  uint64_t words[kFlightHeadWords];
};

template <typename T>
consteval LogArgument log_argument() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_enum_v<U>) {
    return log_argument<std::underlying_type_t<U>>();
  } else if constexpr (std::is_same_v<U, bool>) {
    return LogArgument::kBool;
  } else if constexpr (std::is_same_v<U, char>) {
    return LogArgument::kChar;
  } else if constexpr (std::is_integral_v<U>) {
    static_assert(sizeof(U) <= 8, "integers of up to 64 bits can be logged");
    constexpr int step = std::is_signed_v<U> ? 0 : 1;
    return static_cast<LogArgument>(static_cast<int>(LogArgument::kInt8) + 2 * std::countr_zero(sizeof(U)) + step);
  } else if constexpr (std::is_same_v<U, float> || std::is_same_v<U, double>) {
    return LogArgument::kDouble;
  } else if constexpr (std::is_convertible_v<const U&, std::string_view>) {
    return LogArgument::kString;
  } else {
    static_assert(std::is_same_v<U, void*> || std::is_same_v<U, const void*>, "this type cannot be logged");
    return LogArgument::kPointer;
  }
}

// Bytes in the payload; for a string the most it can take.
constexpr size_t log_argument_bytes(LogArgument type) {
  switch (type) {
    case LogArgument::kNone:
      return 0;
    case LogArgument::kBool:
    case LogArgument::kChar:
    case LogArgument::kInt8:
    case LogArgument::kUint8:
      return 1;
    case LogArgument::kInt16:
    case LogArgument::kUint16:
      return 2;
    case LogArgument::kInt32:
    case LogArgument::kUint32:
      return 4;
    case LogArgument::kString:
      return 2 + kLogStringBytesMax;
    default:
      return 8;
  }
}

template <typename T>
inline uint64_t log_bits(const T& value) noexcept {
  if constexpr (std::is_enum_v<T>) {
    return log_bits(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? 1 : 0;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<uint64_t>(static_cast<std::make_unsigned_t<T>>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<uint64_t>(static_cast<double>(value));
  } else {
    return reinterpret_cast<uint64_t>(value);
  }
}

// All places are constants once inlined, so that the payload is made in registers.
inline void put_bits(LogPayload& payload, size_t at, size_t size, uint64_t bits) noexcept {
  const size_t word = at / 8;
  const size_t shift = at % 8 * 8;
  payload.words[word] |= bits << shift;
  if (shift + size * 8 > 64) payload.words[word + 1] |= bits >> (64 - shift);
}

inline std::string_view log_text(const char* text) noexcept {
  return text == nullptr ? std::string_view("(null)") : std::string_view(text, ::strnlen(text, kLogStringBytesMax + 1));
}
inline std::string_view log_text(std::string_view text) noexcept { return text; }

template <typename T>
inline std::byte* put_bytes(std::byte* to, const T& value) noexcept {
  if constexpr (log_argument<T>() == LogArgument::kString) {
    const std::string_view text = log_text(value);
    const auto length = static_cast<uint16_t>(text.size() < 0xffff ? text.size() : 0xffff);
    const size_t kept = text.size() < kLogStringBytesMax ? text.size() : kLogStringBytesMax;
    std::memcpy(to, &length, sizeof length);
    if (kept > 0) std::memcpy(to + sizeof length, text.data(), kept);
    return to + sizeof length + kept;
  } else {
    const uint64_t bits = log_bits(value);
    std::memcpy(to, &bits, log_argument_bytes(log_argument<T>()));
    return to + log_argument_bytes(log_argument<T>());
  }
}

template <typename... Args>
inline constexpr size_t kLogBytesMax = (log_argument_bytes(log_argument<Args>()) + ... + 0);

// True when all arguments always fit into a head line.
template <typename... Args>
inline constexpr bool kLogFitsLine =
    !((log_argument<Args>() == LogArgument::kString) || ...) && kLogBytesMax<Args...> <= kFlightHeadPayloadBytes;

template <typename... Args>
inline LogPayload log_payload(const Args&... args) noexcept {
  LogPayload payload{};
  [[maybe_unused]] size_t at = 0;
  ((put_bits(payload, at, log_argument_bytes(log_argument<Args>()), log_bits(args)),
    at += log_argument_bytes(log_argument<Args>())),
   ...);
  return payload;
}

// Arguments as bytes, behind `Reserved` bytes of the committer's.
template <size_t Reserved, typename... Args>
struct LogBytes {
  static constexpr size_t kSize = Reserved + kLogBytesMax<Args...>;
  alignas(8) std::byte bytes[kSize > kFlightHeadPayloadBytes ? kSize : kFlightHeadPayloadBytes];
  size_t size;

  explicit LogBytes(const Args&... args) noexcept {
    std::memset(bytes, 0, kFlightHeadPayloadBytes);
    std::byte* end = bytes + Reserved;
    ((end = put_bytes(end, args)), ...);
    size = static_cast<size_t>(end - bytes);
  }
};

// Up to 8 bytes of text from `at` on, the rest zero; nothing behind its end is read.
inline uint64_t text_word(const char* text, size_t size, size_t at) noexcept {
  if (at >= size) return 0;
  const size_t left = size - at;
  uint64_t word = 0;
  if (left >= 8) {
    std::memcpy(&word, text + at, 8);
  } else if (size >= 8) {
    std::memcpy(&word, text + size - 8, 8);
    word >>= 8 * (8 - left);
  } else if (size >= 4) {
    uint32_t low = 0;
    uint32_t high = 0;
    std::memcpy(&low, text, 4);
    std::memcpy(&high, text + size - 4, 4);
    word = low | static_cast<uint64_t>(high) << (8 * (size - 4));
  } else {
    const auto byte = [text](size_t i) { return static_cast<uint64_t>(static_cast<uint8_t>(text[i])) << (8 * i); };
    word = byte(0) | byte(size / 2) | byte(size - 1);
  }
  return word;
}

// Numbers and then one text, as logged most often: still put together in registers when the text is short.
template <typename... Args>
inline constexpr bool kLogEndsInText = [] {
  constexpr LogArgument types[] = {LogArgument::kNone, log_argument<Args>()...};
  size_t texts = 0;
  for (const LogArgument type : types) texts += type == LogArgument::kString ? 1 : 0;
  return texts == 1 && types[sizeof...(Args)] == LogArgument::kString &&
         kLogBytesMax<Args...> - log_argument_bytes(LogArgument::kString) + 2 + 8 <= kFlightHeadPayloadBytes;
}();

// Eight bytes at `At`, as far as they are inside.
template <size_t At>
inline void put_text_word(LogPayload& payload, uint64_t bits) noexcept {
  constexpr size_t word = At / 8;
  constexpr size_t shift = At % 8 * 8;
  payload.words[word] |= bits << shift;
  if constexpr (shift != 0 && word + 1 < kFlightHeadWords) payload.words[word + 1] |= bits >> (64 - shift);
}

template <size_t At, typename T>
inline bool put_argument(LogPayload& payload, const T& value) noexcept {
  constexpr LogArgument type = log_argument<T>();
  if constexpr (type != LogArgument::kString) {
    put_bits(payload, At, log_argument_bytes(type), log_bits(value));
    return true;
  } else {
    const std::string_view text = log_text(value);
    if (text.size() > kFlightHeadPayloadBytes - At - 2) return false;
    put_bits(payload, At, 2, text.size());
    [&]<size_t... I>(std::index_sequence<I...>) {
      (put_text_word<At + 2 + 8 * I>(payload, text_word(text.data(), text.size(), 8 * I)), ...);
    }
    (std::make_index_sequence<(kFlightHeadPayloadBytes - At - 2 + 7) / 8>{});
    return true;
  }
}

// Bytes of each argument's place; a text's is its last.
template <typename... Args>
consteval std::array<size_t, sizeof...(Args) + 1> log_places() {
  std::array<size_t, sizeof...(Args) + 1> places{};
  const size_t sizes[] = {log_argument_bytes(log_argument<Args>())..., 0};
  for (size_t i = 0; i < sizeof...(Args); ++i) places[i + 1] = places[i] + sizes[i];
  return places;
}

// False when the text is too long for the head line.
template <typename... Args>
inline bool pack_ending_in_text(LogPayload& payload, const Args&... args) noexcept {
  constexpr auto places = log_places<Args...>();
  return [&]<size_t... I>(std::index_sequence<I...>) { return (put_argument<places[I]>(payload, args) && ...); }
  (std::index_sequence_for<Args...>{});
}

// `line` stores five words, `bytes` everything else.
template <typename Line, typename Bytes, typename... Args>
inline void pack(Line line, Bytes bytes, const Args&... args) noexcept {
  if constexpr (kLogFitsLine<Args...>) {
    const LogPayload payload = log_payload(args...);
    line(payload.words);
  } else {
    if constexpr (kLogEndsInText<Args...>) {
      LogPayload payload{};
      if (pack_ending_in_text(payload, args...)) return line(payload.words);
    }
    const LogBytes<0, Args...> packed(args...);
    bytes(packed.bytes, packed.size);
  }
}

}  // namespace crashwright::postmortem::detail
