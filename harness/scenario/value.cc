#include "harness/scenario/value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <vector>

#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {
namespace {

struct Unit {
  const char* name;
  uint64_t factor;
};

constexpr std::array<Unit, 6> kDurationUnits = {{{"ns", 1},
                                                 {"us", 1'000},
                                                 {"ms", 1'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"min", 60'000'000'000},
                                                 {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 4> kSizeUnits = {{{"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

tl::unexpected<ValueError> refuse(const char* error_code, std::string message, std::string hint = {}) {
  return tl::unexpected<ValueError>(ValueError{error_code, std::move(message), std::move(hint)});
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The decimal number at the start of a text: whole part, up to nine digits behind the point, and what follows.
struct Decimal {
  uint64_t whole = 0;
  uint64_t billionths = 0;
  bool has_point = false;
  std::string_view rest;
};

ValueResult<Decimal> parse_decimal(std::string_view text, std::string_view wanted) {
  if (text.empty() || !is_digit(text.front())) {
    return refuse(code::kType, fmt::format("wants {}, not \"{}\"", wanted, text));
  }
  Decimal decimal;
  size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (decimal.whole > std::numeric_limits<uint64_t>::max() / 10 - 1) {
      return refuse(code::kRange, fmt::format("is too large: {}", text));
    }
    decimal.whole = decimal.whole * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (i > 1 && text.front() == '0') {
    std::string_view bare = text;
    while (bare.size() > 1 && bare.front() == '0' && is_digit(bare[1])) bare.remove_prefix(1);
    return refuse(code::kAmbiguousNumber, fmt::format("has a leading zero: {} (octal or decimal?)", text),
                  fmt::format("write {}", bare));
  }
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    decimal.has_point = true;
    uint64_t weight = 100'000'000;
    for (++i; i < text.size() && is_digit(text[i]); ++i, weight /= 10) {
      decimal.billionths += weight * static_cast<uint64_t>(text[i] - '0');
    }
  }
  decimal.rest = text.substr(i);
  return decimal;
}

// The unit that differs in case, or by a space before it, only; empty: none does.
std::string unit_meant(std::string_view written, const std::vector<std::string>& names) {
  written.remove_prefix(std::min(written.find_first_not_of(' '), written.size()));
  for (const std::string& name : names) {
    if (written.size() == name.size() && ::strncasecmp(written.data(), name.data(), name.size()) == 0) return name;
  }
  return {};
}

template <size_t Count>
ValueResult<uint64_t> parse_with_unit(std::string_view text, std::string_view wanted,
                                      const std::array<Unit, Count>& units, std::string_view usual) {
  const auto decimal = parse_decimal(text, wanted);
  if (!decimal) return tl::unexpected(decimal.error());
  std::vector<std::string> names;
  for (const Unit& unit : units) names.emplace_back(unit.name);
  if (decimal->rest.empty()) {
    return refuse(code::kUnit, fmt::format("wants {}, not \"{}\"", wanted, text),
                  fmt::format("add the unit: {}{} for example", text, usual));
  }
  for (const Unit& unit : units) {
    if (decimal->rest != unit.name) continue;
    if (decimal->whole > std::numeric_limits<int64_t>::max() / unit.factor) {
      return refuse(code::kRange, fmt::format("is too large: {}", text));
    }
    const auto fraction =
        static_cast<uint64_t>(static_cast<unsigned __int128>(decimal->billionths) * unit.factor / 1'000'000'000U);
    return decimal->whole * unit.factor + fraction;
  }
  const std::string_view number = text.substr(0, text.size() - decimal->rest.size());
  const std::string meant = unit_meant(decimal->rest, names);
  return refuse(
      code::kUnit, fmt::format("has an unknown unit: \"{}\" in \"{}\"", decimal->rest, text),
      meant.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : fmt::format("write {}{}", number, meant));
}

bool looks_like_other_number(std::string_view text) {
  if (text.empty()) return false;
  const bool signed_number = (text.front() == '-' || text.front() == '+') && text.size() > 1 && is_digit(text[1]);
  if (signed_number) return true;
  if (!is_digit(text.front())) return false;
  for (const char c : text) {
    if (!std::isxdigit(static_cast<unsigned char>(c)) && c != 'x' && c != 'o' && c != '_' && c != '.' && c != ',' &&
        c != '\'' && c != '+' && c != '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string unit_hint(std::string_view number, ValueResult<uint64_t> (*parse)(std::string_view), uint64_t least,
                      uint64_t most) {
  for (const char* const unit : {"ms", "s", "us", "ns", "min", "h", "B", "KiB", "MiB", "GiB"}) {
    const std::string text = std::string(number) + unit;
    const auto value = parse(text);
    if (value && *value >= least && *value <= most) return fmt::format("add the unit: {} for example", text);
  }
  return {};
}

ValueResult<uint64_t> parse_count(std::string_view text) {
  auto decimal = parse_decimal(text, "a whole number");
  if (decimal && decimal->rest.empty() && !decimal->has_point) return decimal->whole;
  if (!decimal && decimal.error().code != code::kType) return tl::unexpected(decimal.error());
  if (looks_like_other_number(text)) {
    return refuse(code::kAmbiguousNumber, fmt::format("wants a plain whole number, not {}", text),
                  "digits only: no sign, point, exponent, 0x or separators");
  }
  return refuse(code::kType, fmt::format("wants a whole number, not \"{}\"", text));
}

ValueResult<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  static constexpr std::array<std::string_view, 12> kTrue = {"yes", "Yes", "YES",  "on",   "On", "ON",
                                                             "y",   "Y",   "True", "TRUE", "1",  "t"};
  static constexpr std::array<std::string_view, 12> kFalse = {"no", "No", "NO",    "off",   "Off", "OFF",
                                                              "n",  "N",  "False", "FALSE", "0",   "f"};
  for (const std::string_view word : kTrue) {
    if (text == word) return refuse(code::kBoolean, fmt::format("wants true or false, not {}", text), "write true");
  }
  for (const std::string_view word : kFalse) {
    if (text == word) return refuse(code::kBoolean, fmt::format("wants true or false, not {}", text), "write false");
  }
  return refuse(code::kType, fmt::format("wants true or false, not \"{}\"", text));
}

ValueResult<uint64_t> parse_duration_ns(std::string_view text) {
  return parse_with_unit(text, "a duration with its unit", kDurationUnits, "ms");
}

ValueResult<uint64_t> parse_size_bytes(std::string_view text) {
  return parse_with_unit(text, "a size with its unit", kSizeUnits, "B");
}

ValueResult<uint64_t> parse_fraction_ppb(std::string_view text) {
  const auto decimal = parse_decimal(text, "a number from 0 to 1, or a percentage");
  if (!decimal) return tl::unexpected(decimal.error());
  const bool percent = decimal->rest == "%";
  if (!percent && !decimal->rest.empty()) {
    return refuse(code::kType, fmt::format("wants a number from 0 to 1, or a percentage, not \"{}\"", text));
  }
  const uint64_t limit = percent ? 100 : 1;
  if (decimal->whole > limit || (decimal->whole == limit && decimal->billionths > 0)) {
    return refuse(code::kRange, fmt::format("wants a number from 0 to 1, or a percentage, not \"{}\"", text));
  }
  const uint64_t billionths = decimal->whole * 1'000'000'000U + decimal->billionths;
  return percent ? billionths / 100 : billionths;
}

ValueResult<DamagePlace> parse_place(std::string_view text) {
  DamagePlace place;
  if (!text.empty() && text.back() == '%') {
    const auto fraction = parse_fraction_ppb(text);
    if (!fraction) return tl::unexpected(fraction.error());
    place.from = DamagePlace::From::kFraction;
    place.fraction_ppm = *fraction / 1'000;
    return place;
  }
  const bool from_end = !text.empty() && text.front() == '-';
  const auto offset = parse_size_bytes(from_end ? text.substr(1) : text);
  if (!offset) {
    ValueError error = offset.error();
    if (error.code == code::kType)
      error.message = fmt::format("wants a place such as 50%, 100B or -100B, not \"{}\"", text);
    return tl::unexpected(std::move(error));
  }
  place.from = from_end ? DamagePlace::From::kEnd : DamagePlace::From::kStart;
  place.offset_bytes = *offset;
  return place;
}

}  // namespace crashwright::harness
