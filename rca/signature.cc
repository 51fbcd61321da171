#include "rca/signature.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/checksum.h"
#include "rca/cause.h"

namespace crashwright::rca {
namespace {

constexpr std::string_view kVersion = "cw3:";
constexpr std::string_view kVersionBefore = "cw2:";  // without frames it knew the family alone
constexpr size_t kMessageMax = 160;

// Damage that shows as this or that, by build and chance.
constexpr std::string_view kCorruption[] = {"WILD_ACCESS",   "USE_AFTER_FREE",        "DOUBLE_FREE",
                                            "INVALID_FREE",  "HEAP_OVERFLOW",         "STACK_BUFFER_OVERFLOW",
                                            "UNINITIALISED", "GLOBAL_BUFFER_OVERFLOW"};

// How messages of the standard library begin, which every misuse of its kind has.
constexpr std::string_view kLibraryMessages[] = {"std::",         "vector",  "basic_string", "string", "map::", "_Map",
                                                 "unordered_map", "array::", "deque",        "bitset", "sto",   "bad "};

std::string_view kind_of(std::string_view cause) {
  return std::ranges::find(kCorruption, cause) == std::end(kCorruption) ? cause : std::string_view("CORRUPTION");
}

std::string digits_of(const std::string& key) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(fnv1a(key)));
  return digits;
}

// What happened to the process from outside, and to its storage, is the same wherever the process stood.
bool told_by_cause(std::string_view family) { return family == "PROCESS" || family == "STORAGE"; }

bool is_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The words of a text without those that have a digit in them.
std::string words_of(std::string_view text) {
  std::string words;
  while (!text.empty() && words.size() < kMessageMax) {
    const size_t begin = std::min(text.find_first_not_of(" \t,;()[]{}\"=."), text.size());
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t,;()[]{}\"=."));
    text.remove_prefix(word.size());
    if (!word.empty() && std::ranges::all_of(word, is_of_word)) words += (words.empty() ? "" : " ") + std::string(word);
  }
  return words;
}

}  // namespace

std::string make_signature(const SignatureParts& parts) {
  const Cause& cause = find_cause(parts.cause);
  const std::string family = std::string(cause.family) + "\n";
  std::string key = family;
  if (!parts.lock_sites.empty()) {
    std::vector<std::string> sites = parts.lock_sites;
    std::ranges::sort(sites);
    for (const std::string& site : sites) key += "lock " + site + "\n";
  } else if (!parts.scope.empty()) {
    key += "scope " + parts.scope + "\n";
  } else {
    if (!parts.expression.empty()) key += "expression " + parts.expression + "\n";
    for (size_t i = 0; i < parts.frames.size() && i < 3; ++i) key += "frame " + parts.frames[i] + "\n";
    if (!parts.frames.empty() && !parts.raised.empty()) key += "raised " + parts.raised + "\n";
    if (key == family && !parts.message.empty()) key += "message " + parts.message + "\n";
  }
  if (key == family && !told_by_cause(cause.family)) return {};
  return std::string(kVersion) + cause.family + ":" + std::string(kind_of(cause.name)) + ":" + digits_of(key);
}

std::string exception_words(const std::string& type, const std::string& what) {
  const bool of_library = type.empty() || type.starts_with("std::") || type.find("::") == std::string::npos;
  const bool generic = std::ranges::any_of(
      kLibraryMessages, [&](std::string_view beginning) { return std::string_view(what).starts_with(beginning); });
  // "Resource temporarily unavailable": the system's words for an errno.
  const bool of_system = type == "std::system_error" && what.find(": ") == std::string::npos;
  const std::string message = generic || of_system ? std::string() : words_of(what);
  const bool is_sentence = message.find(' ') != std::string::npos;
  if (of_library && !is_sentence) return {};
  return is_sentence ? type + " " + message : type;
}

std::string current_signature(const std::string& signature) {
  if (!signature.starts_with(kVersionBefore)) return signature;
  const std::string_view rest = std::string_view(signature).substr(kVersionBefore.size());
  const size_t end_of_family = rest.find(':');
  const size_t end_of_cause = rest.rfind(':');
  if (end_of_family == std::string_view::npos || end_of_cause <= end_of_family) return signature;
  const std::string family(rest.substr(0, end_of_family));
  const std::string_view cause = rest.substr(end_of_family + 1, end_of_cause - end_of_family - 1);
  const std::string_view digits = rest.substr(end_of_cause + 1);
  if (!told_by_cause(family) && digits == digits_of(family + "\n")) return {};
  return std::string(kVersion) + family + ":" + std::string(kind_of(cause)) + ":" + std::string(digits);
}

}  // namespace crashwright::rca
