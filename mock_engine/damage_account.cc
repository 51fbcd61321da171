#include "mock_engine/damage_account.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/file.h"
#include "mock_engine/drop_copy_line.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

// What lies between the intact records on both sides of the damage; both ends are outside.
struct Between {
  uint64_t message_before = 0;
  uint64_t message_behind = std::numeric_limits<uint64_t>::max();
  uint64_t order_before = 0;
  uint64_t order_behind = std::numeric_limits<uint64_t>::max();

  [[nodiscard]] bool message(uint64_t number) const { return number > message_before && number < message_behind; }
  [[nodiscard]] bool order(uint64_t number) const { return number > order_before && number < order_behind; }
};

bool takes_a_number(AuditRecordType type) {
  return type == AuditRecordType::kIntentEnter || type == AuditRecordType::kIntentReplace;
}

Between find_between(const postmortem::AuditReadout& readout) {
  Between between;
  const uint64_t first = readout.damage.front().first_sequence;
  const uint64_t last = readout.damage.back().last_sequence;
  for (const AuditRecord& record : readout.records) {
    const bool heard = record.session_sequence != 0 && record.type != AuditRecordType::kLogin;
    if (record.sequence < first) {
      if (heard) between.message_before = std::max(between.message_before, record.session_sequence);
      if (takes_a_number(record.type)) between.order_before = std::max<uint64_t>(between.order_before, record.user_ref);
    } else if (record.sequence > last) {
      if (heard) between.message_behind = std::min(between.message_behind, record.session_sequence);
      if (takes_a_number(record.type)) between.order_behind = std::min<uint64_t>(between.order_behind, record.user_ref);
    }
  }
  return between;
}

// The exchange's side of it.
struct Account {
  std::map<std::string, uint64_t> orders;    // by type
  std::map<std::string, uint64_t> messages;  // by type
  std::map<std::string, int64_t> shares;     // by symbol, flat ones too
};

void take(const DropCopyLine& line, const Between& between, Account& account) {
  const std::string type(line.word("type"));
  const bool in = line.word("kind") == "in";
  if (in && (type == "enter" || type == "replace") && between.order(line.value<uint64_t>("user_ref"))) {
    ++account.orders[type];
  }
  if (line.word("kind") != "out" || !between.message(line.value<uint64_t>("seq"))) return;
  ++account.messages[type];
  if (type != "executed" && type != "broken") return;
  const int64_t direction = (line.word("side") == "B" ? 1 : -1) * (type == "broken" ? -1 : 1);
  account.shares[std::string(line.word("symbol"))] += direction * line.value<int64_t>("quantity");
}

template <typename Number>
std::string list(const std::map<std::string, Number>& counts, bool name_first) {
  std::string text;
  for (const auto& [name, count] : counts) {
    const std::string number = (name_first && count > 0 ? "+" : "") + std::to_string(count);
    text += (text.empty() ? "" : ", ") + (name_first ? name + " " + number : number + " " + name);
  }
  return text.empty() ? "none" : text;
}

std::string range(const char* what, uint64_t before, uint64_t behind) {
  const std::string from = std::string(what) + " from " + std::to_string(before + 1);
  return behind == std::numeric_limits<uint64_t>::max() ? from + " on" : from + " to " + std::to_string(behind - 1);
}

}  // namespace

std::string account_of_damage(const postmortem::AuditReadout& readout, const std::string& drop_copy) {
  if (drop_copy.empty()) return "what the exchange knows of them its drop copy tells (--drop-copy)";
  const auto text = read_file(drop_copy);
  if (!text) return "the drop copy cannot say what the exchange knows of them: " + text.error().message;
  const Between between = find_between(readout);
  Account account;
  const auto read = for_each_drop_copy_line(drop_copy, *text, [&](const DropCopyLine& line) {
    take(line, between, account);
    return true;
  });
  std::string said = "of these the exchange knows " + range("orders", between.order_before, between.order_behind) +
                     ": " + list(account.orders, false) + "; and sent " +
                     range("messages", between.message_before, between.message_behind) + ": " +
                     list(account.messages, false) + "; shares moved: " + list(account.shares, true);
  if (!read) said += "; and then " + read.error().message;
  return said;
}

}  // namespace crashwright::mock_engine
