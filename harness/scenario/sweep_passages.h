// Which passages of a fault point a sweep takes, and which triggers know a passage by more than its number.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/matrix.h"
#include "harness/scenario/sweep.h"

namespace crashwright::harness {

struct SweepPassage {
  const char* word;  // "first" "middle" "last", or "late": the last that can be relied on
  YamlTrigger trigger;

  [[nodiscard]] bool is(std::string_view other) const { return word == other; }
};

[[nodiscard]] SweepPassage passage_at(const char* word, uint64_t hit);
// The first one once the feed is applied up to that message.
[[nodiscard]] SweepPassage passage_in_feed(const char* word, uint64_t feed_sequence);

// In order; none when the point was not passed in every run. The last is the one that the engine announces, else the
// one about the last order or message, else that of the highest number when every run had as many.
[[nodiscard]] std::vector<SweepPassage> passages_of(const PassageCount& count);

// Whether the point is passed once for a batch of the audit log: how often says more of the machine than of the
// session.
[[nodiscard]] bool is_passed_per_batch(const std::string& point);

// The passages of a point that is passed once for a batch, as far as the session alone decides them: an engine that
// waits for its log has at most 16 orders in a batch. Other points as they are. `counts`: of all points.
[[nodiscard]] PassageCount without_grouping(const PassageCount& count, const std::vector<PassageCount>& counts);

// Points that the last checkpoint of a session passes, once each, when all else is done and durable.
[[nodiscard]] const std::vector<std::string>& points_passed_at_the_end();
[[nodiscard]] bool is_passed_at_the_end(const std::string& point);

// Points whose passages are about an order, or about a message of the exchange.
[[nodiscard]] const std::vector<std::string>& points_with_subject();
[[nodiscard]] bool has_subject(const std::string& point);
[[nodiscard]] bool is_about_a_message(const std::string& point);

// The fewest passages of that point in one of the counted runs.
[[nodiscard]] uint64_t least_passages(const std::vector<PassageCount>& counts, std::string_view point);

}  // namespace crashwright::harness
