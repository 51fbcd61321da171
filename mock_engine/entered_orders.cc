#include "mock_engine/entered_orders.h"

#include <set>
#include <string_view>

#include "base/file.h"
#include "mock_engine/drop_copy_line.h"

namespace crashwright::mock_engine {
namespace {

using postmortem::AuditRecord;
using postmortem::AuditRecordType;

AuditRecord intent_of(const DropCopyLine& line) {
  AuditRecord intent{};
  intent.type = line.word("type") == "replace" ? AuditRecordType::kIntentReplace : AuditRecordType::kIntentEnter;
  intent.user_ref = line.value<uint32_t>("user_ref");
  intent.original_user_ref = line.value<uint32_t>("orig_user_ref");
  intent.symbol.assign(line.word("symbol"));
  intent.side = line.word("side").empty() ? '\0' : line.word("side").front();
  intent.quantity = line.value<uint32_t>("quantity");
  intent.price_ticks = line.value<int64_t>("price_ticks");
  return intent;
}

bool is_first_answer(std::string_view type) { return type == "accepted" || type == "replaced" || type == "rejected"; }

}  // namespace

Result<std::optional<AuditRecord>> EnteredOrders::find(uint32_t user_ref) {
  if (path_.empty()) return std::nullopt;
  if (!orders_.contains(user_ref)) {
    if (auto done = read(user_ref); !done) return tl::unexpected(done.error());
  }
  const auto found = orders_.find(user_ref);
  return found == orders_.end() ? std::nullopt : std::optional(found->second);
}

Status EnteredOrders::read(uint32_t first) {
  const auto text = read_file(path_);
  if (!text) return tl::unexpected(text.error());
  orders_.clear();
  std::set<uint32_t> answered;
  return for_each_drop_copy_line(path_, *text, [&](const DropCopyLine& line) {
    const auto user_ref = line.value<uint32_t>("user_ref");
    if (user_ref < first) return true;
    if (line.word("kind") == "out" && is_first_answer(line.word("type"))) answered.insert(user_ref);
    const bool order = line.word("kind") == "in" && (line.word("type") == "enter" || line.word("type") == "replace");
    // A replace that came too late is not answered, and may come once more; what comes behind the answer is a sin.
    if (order && !answered.contains(user_ref)) orders_[user_ref] = intent_of(line);
    return true;
  });
}

}  // namespace crashwright::mock_engine
