#include "harness/scenario/sweep_passages.h"

#include <algorithm>
#include <optional>

namespace crashwright::harness {
namespace {

constexpr uint64_t kOrdersPerBatchMax = 16;  // of an engine that sends no order before it is durable

bool contains(const std::vector<std::string>& points, const std::string& point) {
  return std::find(points.begin(), points.end(), point) != points.end();
}

// One that can be told from all others, whatever their number.
std::optional<SweepPassage> certain_last(const PassageCount& count) {
  if (count.announced) return SweepPassage{"last", {"passage", "last"}};
  if (count.last_about != 0) return SweepPassage{"last", {"about", std::to_string(count.last_about)}};
  if (count.least == count.most) return passage_at("last", count.least);
  return std::nullopt;
}

}  // namespace

SweepPassage passage_at(const char* word, uint64_t hit) { return {word, {"hit", std::to_string(hit)}}; }

SweepPassage passage_in_feed(const char* word, uint64_t feed_sequence) {
  return {word, {"feed_sequence", std::to_string(feed_sequence)}};
}

std::vector<SweepPassage> passages_of(const PassageCount& count) {
  std::vector<SweepPassage> passages;
  if (count.least == 0) return passages;
  passages.push_back(passage_at("first", 1));
  const bool steady = count.least == count.most && !count.announced;
  // Batches grow where syncs take longer: half as many passages are left then.
  const uint64_t sure = (count.least + 1) / 2;
  const auto last = certain_last(count);
  const uint64_t middle = steady ? count.least / 2 : last ? sure : sure / 2;
  if (middle > 1) passages.push_back(passage_at("middle", middle));
  if (last && count.least > 1) {
    passages.push_back(*last);
  } else if (!last && sure > 1) {
    passages.push_back(passage_at("late", sure));
  }
  return passages;
}

bool is_passed_per_batch(const std::string& point) {
  return point == "audit.before_write" || point == "audit.after_write";
}

PassageCount without_grouping(const PassageCount& count, const std::vector<PassageCount>& counts) {
  if (!is_passed_per_batch(count.point) || count.least == 0) return count;
  // Twice, for passages_of() takes half of what may differ.
  const uint64_t sure = std::max<uint64_t>(2 * least_passages(counts, "gateway.after_send") / kOrdersPerBatchMax, 1);
  PassageCount without = count;
  without.least = std::min(count.least, sure);
  without.most = std::max(count.most, sure + 1);
  return without;
}

const std::vector<std::string>& points_passed_at_the_end() {
  static const std::vector<std::string> points = {
      "audit.append",           "audit.before_write", "audit.after_write",  "checkpoint.before_write",
      "checkpoint.after_write", "orders.apply",       "state.before_write", "state.after_write"};
  return points;
}

bool is_passed_at_the_end(const std::string& point) { return contains(points_passed_at_the_end(), point); }

const std::vector<std::string>& points_with_subject() {
  static const std::vector<std::string> points = {"gateway.before_append", "gateway.send_order", "gateway.after_send",
                                                  "gateway.on_message", "orders.execution"};
  return points;
}

bool has_subject(const std::string& point) { return contains(points_with_subject(), point); }

bool is_about_a_message(const std::string& point) {
  return point == "gateway.on_message" || point == "orders.execution";
}

uint64_t least_passages(const std::vector<PassageCount>& counts, std::string_view point) {
  const auto found =
      std::find_if(counts.begin(), counts.end(), [&](const PassageCount& count) { return count.point == point; });
  return found == counts.end() ? 0 : found->least;
}

}  // namespace crashwright::harness
