#include "harness/scenario/sweep_passages.h"

#include <algorithm>

namespace crashwright::harness {
namespace {

constexpr uint64_t kOrdersPerBatchMax = 16;  // of an engine that sends no order before it is durable

}  // namespace

std::vector<SweepPassage> passages_of(const PassageCount& count) {
  std::vector<SweepPassage> passages;
  if (count.least == 0) return passages;
  passages.push_back({"first", 1});
  const bool steady = count.least == count.most;
  // Batches grow where syncs take longer: half as many passages are left then.
  const uint64_t last = steady ? count.least : (count.least + 1) / 2;
  if (last / 2 > 1) passages.push_back({"middle", last / 2});
  if (last > 1) passages.push_back({steady ? "last" : "late", last});
  return passages;
}

bool is_passed_per_batch(const std::string& point) {
  return point == "audit.before_write" || point == "audit.after_write";
}

PassageCount without_grouping(const PassageCount& count, const std::vector<PassageCount>& counts) {
  if (!is_passed_per_batch(count.point) || count.least == 0) return count;
  // Twice, for passages_of() takes half of what may differ.
  const uint64_t sure = std::max<uint64_t>(2 * least_passages(counts, "gateway.after_send") / kOrdersPerBatchMax, 1);
  return {count.point, std::min(count.least, sure), std::max(count.most, sure + 1)};
}

uint64_t least_passages(const std::vector<PassageCount>& counts, std::string_view point) {
  const auto found =
      std::find_if(counts.begin(), counts.end(), [&](const PassageCount& count) { return count.point == point; });
  return found == counts.end() ? 0 : found->least;
}

}  // namespace crashwright::harness
