#include "harness/storage/fault_words.h"

#include <fmt/format.h>
#include <string.h>  // strerrorname_np, of the C library alone

#include <algorithm>
#include <sstream>
#include <vector>

#include "harness/scenario/suggest.h"
#include "harness/storage/storage_fault_rule.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

constexpr int64_t kNsPerMs = 1'000'000;

FaultAction action_of(const std::string& name) {
  const auto rule = parse_storage_fault(name);
  return rule ? rule->action : FaultAction::kNone;
}

std::string errno_name(int64_t number) {
  const char* const name = ::strerrorname_np(static_cast<int>(number));
  return name == nullptr ? fmt::format("error {}", number) : std::string(name);
}

// What the layer saw of it: the number is an errno, bytes, an offset or a time.
std::string effect(FaultAction action, int64_t detail) {
  switch (action) {
    case FaultAction::kTornWrite:
    case FaultAction::kShortWrite:
      return fmt::format("{} bytes of the write were taken", detail);
    case FaultAction::kLostWrite:
      return fmt::format("a write of {} bytes was lost", detail);
    case FaultAction::kReorderedWrite:
      return fmt::format("{} bytes landed behind the sync that should have covered them", detail);
    case FaultAction::kMisdirectedWrite:
      return fmt::format("the write landed at {}", detail);
    case FaultAction::kFlippedWrite:
      return fmt::format("a bit of byte {} of the write was flipped", detail);
    case FaultAction::kSlowFsync:
      return fmt::format("the sync took {} ms longer", detail / kNsPerMs);
    case FaultAction::kPowerLoss:
      return "the power was gone, and the record ends there";
    default:
      return "the program was answered " + errno_name(detail);
  }
}

}  // namespace

std::string fault_report_in_words(const std::string& line) {
  std::istringstream words(line);
  std::string name;
  std::string state;
  int64_t detail = 0;
  const FaultAction action = words >> name >> state >> detail ? action_of(name) : FaultAction::kNone;
  if (action == FaultAction::kNone) return line;
  if (state == "armed") return name + " never fired: no operation met it";
  if (state == "fired") return name + " fired, and nothing was seen of it";
  return name + " happened: " + effect(action, detail);
}

Status check_storage_fault(const std::string& rule) {
  auto parsed = parse_storage_fault(rule);
  if (parsed) return {};
  Error error = parsed.error();
  std::istringstream words(rule);
  std::string word;
  words >> word;
  if (action_of(word) == FaultAction::kNone) {
    error.remedy = suggestion(word, storage_fault_names());
  } else {
    while (error.remedy.empty() && words >> word) {
      const std::string key = word.substr(0, word.find('='));
      const std::vector<std::string> known = storage_fault_keys();
      if (std::find(known.begin(), known.end(), key) == known.end()) error.remedy = suggestion(key, known);
    }
  }
  if (error.remedy.empty())
    error.remedy = "docs/storage.md has the faults and their triggers: 'eio_fsync path=*.wal nth=3'";
  return tl::unexpected(error);
}

}  // namespace crashwright::harness
