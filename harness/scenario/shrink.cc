#include "harness/scenario/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/scenario/fields.h"
#include "harness/scenario/value.h"

namespace crashwright::harness {
namespace {

using Kind = YamlNode::Kind;

// A number is good enough when a smaller one could win no more than a 32nd.
constexpr uint64_t kPrecision = 32;
constexpr uint64_t kLostWritesMax = 1U << 16;

size_t fault_count(const ScenarioText& scenario) {
  const YamlNode* const faults = scenario.find("faults");
  return faults != nullptr && faults->kind == Kind::kList ? faults->items.size() : 0;
}

// The word of an entry of `faults:`: its only key.
std::string fault_kind(const ScenarioText& scenario, size_t index) {
  const YamlNode* const entry = scenario.find(fmt::format("faults.{}", index));
  return entry != nullptr && entry->kind == Kind::kMap && !entry->keys.empty() ? entry->keys.front().text : "";
}

std::string fault_path(const ScenarioText& scenario, size_t index, const char* key) {
  return fmt::format("faults.{}.{}.{}", index, fault_kind(scenario, index), key);
}

std::vector<std::string> keys_of(const ScenarioText& scenario, const std::string& path) {
  std::vector<std::string> keys;
  const YamlNode* const section = scenario.find(path);
  if (section == nullptr || section->kind != Kind::kMap) return keys;
  for (const YamlNode& key : section->keys) keys.push_back(key.text);
  return keys;
}

// 0 when there is no number at the path.
uint64_t number_at(const ScenarioText& scenario, const std::string& path) {
  const YamlNode* const node = scenario.find(path);
  return node == nullptr || node->kind != Kind::kScalar ? 0 : parse_count(node->text).value_or(0);
}

uint64_t default_number(const char* section, const char* name) {
  const Field* const field = find_field(section, name);
  return field == nullptr ? 0 : parse_count(field->default_text).value_or(0);
}

}  // namespace

Result<std::string> Shrinker::shrink(const std::string& text) {
  auto parsed = ScenarioText::parse("scenario", text);
  if (!parsed) return tl::unexpected(parsed.error());
  best_ = std::move(*parsed);
  tried_ = {best_.text()};
  while (!no_more_ && pass()) {
  }
  return best_.text();
}

bool Shrinker::pass() {
  bool smaller = fewer_faults();
  smaller = fewer_settings() || smaller;
  smaller = fewer_messages() || smaller;
  smaller = earlier_hits() || smaller;
  return fewer_lost_writes() || smaller;
}

bool Shrinker::try_text(const std::string& what, ScenarioText changed) {
  const std::string text = changed.text();
  if (no_more_ || !tried_.insert(text).second) return false;
  const Trial trial = still_fails_(what, text);
  no_more_ = trial == Trial::kNoMore;
  if (trial != Trial::kFails) return false;
  best_ = std::move(changed);
  return true;
}

bool Shrinker::without(const std::string& path, const std::string& what) {
  ScenarioText changed = best_;
  return changed.remove(path) && try_text("without " + what, std::move(changed));
}

bool Shrinker::fewer_faults() {
  bool smaller = false;
  for (size_t i = fault_count(best_); i-- > 0;) {
    const std::string kind = fault_kind(best_, i);
    smaller = without(fmt::format("faults.{}", i), fmt::format("fault {} ({})", i + 1, kind)) || smaller;
  }
  return smaller;
}

bool Shrinker::fewer_settings() {
  bool smaller = false;
  for (const std::string section : {"exchange", "session", "storage"}) {
    if (section != "session" && without(section, section)) {
      smaller = true;
      continue;
    }
    for (const std::string& key : keys_of(best_, section)) {
      // Without it the session is of its default length, which is not shorter.
      if (key == "messages") continue;
      smaller = without(section + "." + key, section + "." + key) || smaller;
    }
  }
  return smaller;
}

bool Shrinker::try_number(const std::string& path, uint64_t from, uint64_t value) {
  ScenarioText changed = best_;
  if (!changed.set(path, std::to_string(value))) return false;
  return try_text(from > 0 ? fmt::format("{} {} -> {}", path, from, value) : fmt::format("{} {}", path, value),
                  std::move(changed));
}

bool Shrinker::smallest(const std::string& path, uint64_t from, uint64_t least) {
  if (from <= least) return false;
  if (try_number(path, from, least)) return true;
  uint64_t passes = least;
  uint64_t fails = from;
  while (!no_more_ && fails - passes > std::max<uint64_t>(1, fails / kPrecision)) {
    const uint64_t middle = passes + (fails - passes) / 2;
    if (try_number(path, fails, middle)) {
      fails = middle;
    } else {
      passes = middle;
    }
  }
  return fails < from;
}

bool Shrinker::fewer_messages() {
  if (best_.find("engine.command") != nullptr) return false;  // an engine of one's own: its session is its own matter
  const uint64_t written = number_at(best_, "session.messages");
  return smallest("session.messages", written > 0 ? written : default_number("session", "messages"), 1);
}

bool Shrinker::earlier_hits() {
  bool smaller = false;
  for (size_t i = 0; i < fault_count(best_); ++i) {
    for (const char* const key : {"hit", "feed_sequence"}) {
      const std::string path = fault_path(best_, i, key);
      smaller = smallest(path, number_at(best_, path), 1) || smaller;
    }
  }
  return smaller;
}

bool Shrinker::fewer_lost_writes() {
  bool smaller = false;
  for (size_t i = 0; i < fault_count(best_); ++i) {
    if (fault_kind(best_, i) != "power_loss") continue;
    const std::string path = fault_path(best_, i, "lose");
    const uint64_t written = number_at(best_, path);
    if (written > 0) {
      smaller = smallest(path, written, 1) || smaller;
      continue;
    }
    // How many are lost is the seed's matter: doubled until it fails again, then narrowed down.
    for (uint64_t lost = 1; lost <= kLostWritesMax && !no_more_; lost *= 2) {
      if (!try_number(path, 0, lost)) continue;
      smallest(path, lost, lost / 2 + 1);
      smaller = true;
      break;
    }
  }
  return smaller;
}

}  // namespace crashwright::harness
