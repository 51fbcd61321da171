#include "harness/storage/storage_fault_rule.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

struct Word {
  const char* name;
  FaultAction action;
  OperationClass operation;
};

constexpr std::array kWords{
    Word{"torn_write", FaultAction::kTornWrite, OperationClass::kWrite},
    Word{"short_write", FaultAction::kShortWrite, OperationClass::kWrite},
    Word{"lost_write", FaultAction::kLostWrite, OperationClass::kWrite},
    Word{"reordered_write", FaultAction::kReorderedWrite, OperationClass::kWrite},
    Word{"misdirected_write", FaultAction::kMisdirectedWrite, OperationClass::kWrite},
    Word{"flipped_write", FaultAction::kFlippedWrite, OperationClass::kWrite},
    Word{"enospc", FaultAction::kEnospc, OperationClass::kWrite},
    Word{"eio_write", FaultAction::kEioWrite, OperationClass::kWrite},
    Word{"eio_fsync", FaultAction::kEioFsync, OperationClass::kSync},
    Word{"stale_read", FaultAction::kStaleRead, OperationClass::kSync},
    Word{"slow_fsync", FaultAction::kSlowFsync, OperationClass::kSync},
    Word{"no_inodes", FaultAction::kNoInodes, OperationClass::kCreate},
    Word{"read_only", FaultAction::kReadOnly, OperationClass::kAny},
    Word{"power_loss", FaultAction::kPowerLoss, OperationClass::kAny},
};

constexpr std::array<const char*, 7> kOperations{"write", "sync", "create", "rename", "unlink", "truncate", "any"};

tl::unexpected<Error> not_understood(std::string_view word) {
  return fail(ErrorKind::kUsage, "storage fault: `" + std::string(word) + "` is not understood");
}

tl::unexpected<Error> said_twice(std::string_view before, std::string_view key) {
  const std::string what = before == key ? "`" + std::string(key) + "=` twice"
                                         : "`" + std::string(before) + "=` and `" + std::string(key) + "=` together";
  return fail(ErrorKind::kUsage, "storage fault: " + what + " in one rule",
              "one rule for each: --fault can be repeated");
}

// The key among `keys` that says the same thing as `key`; empty: none. A fault takes bytes or a delay, not both.
std::string_view said_before(const std::vector<std::string_view>& keys, std::string_view key) {
  const auto meaning = [](std::string_view word) { return word == "delay_ms" ? std::string_view("bytes") : word; };
  const auto same =
      std::find_if(keys.begin(), keys.end(), [&](std::string_view other) { return meaning(other) == meaning(key); });
  return same == keys.end() ? std::string_view() : *same;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool set_range(StorageFaultRule& rule, std::string_view value) {
  const size_t dash = value.find('-');
  const auto begin = number(value.substr(0, dash));
  const auto end = dash == std::string_view::npos ? std::nullopt : number(value.substr(dash + 1));
  if (!begin || !end || *end <= *begin) return false;
  rule.begin = *begin;
  rule.end = *end;
  return true;
}

bool set_operation(StorageFaultRule& rule, std::string_view value) {
  const auto* const found = std::find(kOperations.begin(), kOperations.end(), value);
  if (found == kOperations.end()) return false;
  rule.operation = static_cast<OperationClass>(found - kOperations.begin());
  return true;
}

bool set_number(StorageFaultRule& rule, std::string_view key, std::string_view value) {
  const auto parsed = number(value);
  if (!parsed) return false;
  if (key == "nth" && *parsed > 0) {
    rule.nth = *parsed;
  } else if (key == "times") {
    rule.times = *parsed;
  } else if (key == "after_ms") {
    rule.after_ms = *parsed;
  } else if (key == "bytes") {
    rule.argument = static_cast<int64_t>(*parsed);
  } else if (key == "delay_ms") {
    rule.argument = static_cast<int64_t>(*parsed) * 1'000'000;
  } else {
    return false;
  }
  return true;
}

bool set_word(StorageFaultRule& rule, std::string_view key, std::string_view value) {
  if (value.empty()) return false;
  if (key == "path") {
    rule.path = value;
  } else if (key == "after_ack") {
    rule.after_ack = value;
  } else if (key == "range") {
    return set_range(rule, value);
  } else if (key == "operation") {
    return set_operation(rule, value);
  } else {
    return set_number(rule, key, value);
  }
  return true;
}

std::string_view next_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const size_t end = std::min(text.find(' ', begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

}  // namespace

Result<StorageFaultRule> parse_storage_fault(std::string_view text) {
  StorageFaultRule rule;
  const std::string_view name = next_word(text);
  const auto* const known =
      std::find_if(kWords.begin(), kWords.end(), [&](const Word& word) { return name == word.name; });
  if (known == kWords.end()) return not_understood(name);
  rule.action = known->action;
  rule.operation = known->operation;
  std::vector<std::string_view> keys;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) return not_understood(word);
    const std::string_view key = word.substr(0, equals);
    if (!set_word(rule, key, word.substr(equals + 1))) return not_understood(word);
    if (const auto said = said_before(keys, key); !said.empty()) return said_twice(said, key);
    keys.push_back(key);
  }
  return rule;
}

bool matches(const StorageFaultRule& rule, const FaultSite& site) {
  if (rule.operation != OperationClass::kAny && rule.operation != site.operation) return false;
  if (site.operation == OperationClass::kWrite &&
      (site.offset >= rule.end || site.offset + std::max<uint64_t>(site.size, 1) <= rule.begin)) {
    return false;
  }
  if (rule.path.empty()) return true;
  const bool whole = rule.path.find('/') != std::string::npos;
  const std::string subject = whole ? site.path : site.path.substr(site.path.rfind('/') + 1);
  return ::fnmatch(rule.path.c_str(), subject.c_str(), 0) == 0;
}

OperationClass usual_operation(FaultAction action) noexcept {
  for (const Word& word : kWords) {
    if (word.action == action) return word.operation;
  }
  return OperationClass::kAny;
}

std::vector<std::string> storage_fault_names() {
  std::vector<std::string> names;
  for (const Word& word : kWords) names.emplace_back(word.name);
  return names;
}

std::vector<std::string> storage_fault_keys() {
  return {"path", "after_ack", "range", "operation", "nth", "times", "after_ms", "bytes", "delay_ms"};
}

const char* operation_word(OperationClass operation) noexcept {
  return operation == OperationClass::kAny ? "change" : kOperations.at(static_cast<size_t>(operation));
}

const char* storage_fault_name(FaultAction action) noexcept {
  for (const Word& word : kWords) {
    if (word.action == action) return word.name;
  }
  return nullptr;
}

}  // namespace crashwright::harness
