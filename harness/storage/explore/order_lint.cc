#include "harness/storage/explore/order_lint.h"

#include <algorithm>

#include "harness/storage/explore/finding.h"
#include "harness/storage/explore/pending_operations.h"
#include "harness/storage/explore/session_promises.h"
#include "harness/storage/explore/state_judge.h"
#include "postmortem/audit_log.h"

namespace crashwright::harness {
namespace {

constexpr size_t kExamplesMax = 8;

// Violated: the log of the image holds less than was promised.
class LogReader final : public ImageJudge {
 public:
  explicit LogReader(const SessionPromises& promises) : promises_(promises) {}

  Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t /*point*/) override {
    uint64_t held = 0;
    const auto log = postmortem::scan_audit_log(
        image + "/audit.log",
        [&](std::span<const postmortem::AuditRecord> records) { held = records.back().sequence; });
    const Promised promised = promises_.after(acked);
    const std::string state = log ? ", the log held " + std::to_string(held) : ", the log cannot be read";
    if (held < promised.last_sent) return early(promised.last_sent, " had been sent" + state);
    if (held < promised.audit_durable) return early(promised.audit_durable, " counted as durable" + state);
    return ImageVerdict{};
  }

 private:
  static ImageVerdict early(uint64_t sequence, const std::string& text) {
    return {ImageVerdict::Kind::kViolated, "audit sequence " + std::to_string(sequence) + text};
  }

  const SessionPromises& promises_;
};

CrashState everything_lost(const DurabilityModel& model, const PendingOperations& pending, uint32_t point) {
  CrashState state{point, {}};
  for (const uint32_t index : pending.at(point)) state.losses.set({index, {}});
  make_allowed(model, state);
  return state;
}

}  // namespace

bool has_engine_counters(const Recording& recording) {
  return std::any_of(recording.counters.begin(), recording.counters.end(),
                     [](uint64_t counter) { return counter > 0; });
}

Result<OrderLint> lint_orders(const Recording& recording, const StorageProfile& profile, const std::string& scratch) {
  Recording own = recording;
  const SessionPromises promises(own, {});
  const DurabilityModel model(own, profile);
  const PendingOperations pending(model);
  const JudgeFactory reader = [&](const std::string&) -> Result<std::unique_ptr<ImageJudge>> {
    return std::make_unique<LogReader>(promises);
  };
  auto judge = StateJudge::create(model, reader, scratch);
  if (!judge) return tl::unexpected(judge.error());
  OrderLint found;
  found.profile = profile.name;
  for (size_t token = 0; token < own.tokens.size(); ++token) {
    const uint32_t point = own.acked_before[token];
    if (token + 1 < own.tokens.size() && own.acked_before[token + 1] == point) continue;
    ++found.promises;
    (*judge)->prepare(everything_lost(model, pending, point));
    const auto verdict = (*judge)->judge();
    if (!verdict) return tl::unexpected(verdict.error());
    if (verdict->kind == ImageVerdict::Kind::kConsistent) continue;
    if (found.early++ >= kExamplesMax) continue;
    found.examples.push_back({verdict->reason(), point > 0 ? describe_operation(own, point - 1) : "start of the run"});
  }
  return found;
}

}  // namespace crashwright::harness
