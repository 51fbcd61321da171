#include "harness/figures/evaluate.h"

#include <algorithm>

namespace crashwright::harness {
namespace {

const std::vector<double>* find_sample(const SampleSet& set, const std::string& name) {
  const auto found = set.samples.find(name);
  return found == set.samples.end() || found->second.empty() ? nullptr : &found->second;
}

// The program's own word for `name`, or for what it belongs to ("quill" of "quill.numbers_p50_ns").
std::string why_absent(const SampleSet& set, const std::string& name) {
  for (const std::string& key : {name, name.substr(0, name.find(':')), name.substr(0, name.find('.'))}) {
    if (const auto found = set.absent.find(key); found != set.absent.end()) return found->first + ": " + found->second;
  }
  return "its program reports no \"" + name + "\"";
}

// The lowest where the value should be low, else the highest.
bool better(Direction direction, double candidate, double best) {
  return direction == Direction::kAtMost ? candidate < best : candidate > best;
}

// Repetitions are interleaved, so that the n-th of both had the same machine.
std::vector<double> ratios(const std::vector<double>& values, const std::vector<double>& base) {
  std::vector<double> all;
  for (size_t i = 0; i < std::min(values.size(), base.size()); ++i) {
    if (base[i] != 0) all.push_back(values[i] / base[i]);
  }
  return all;
}

void compare(const Figure& figure, const SampleSet& set, const std::vector<double>& values, FigureResult& result) {
  const std::vector<double>* best = nullptr;
  std::string why;
  for (const std::string& name : figure.against) {
    const std::vector<double>* const other = find_sample(set, name);
    if (other == nullptr) {
      result.missing.push_back(name);
      why += (why.empty() ? "" : "; ") + why_absent(set, name);
      continue;
    }
    result.compared.push_back(name);
    if (best != nullptr && !better(figure.direction, spread_of(*other).median, spread_of(*best).median)) continue;
    best = other;
    result.against = name;
  }
  if (best == nullptr) {
    result.reason = why;
    return;
  }
  const std::vector<double> all = ratios(values, *best);
  if (all.empty()) {
    result.reason = result.against + " is zero";
    return;
  }
  result.value = spread_of(all);
}

}  // namespace

bool FigureResult::holds() const {
  if (held_by_alternative) return true;
  if (!value) return false;
  switch (direction) {
    case Direction::kAtMost:
      return value->median <= bar;
    case Direction::kAtLeast:
      return value->median >= bar;
    case Direction::kAbove:
      return value->median > bar;
  }
  return false;
}

FigureResult evaluate(const Figure& figure, const Result<SampleSet>& samples) {
  FigureResult result;
  result.id = figure.id;
  result.what = figure.what;
  result.unit = figure.unit;
  result.direction = figure.direction;
  result.bar = figure.bar;
  result.optional = figure.optional;
  result.alternative = figure.alternative;
  if (!samples) {
    result.reason = samples.error().message;
    return result;
  }
  const std::vector<double>* const values = find_sample(*samples, figure.sample);
  if (values == nullptr) {
    result.reason = why_absent(*samples, figure.sample);
  } else if (figure.against.empty()) {
    result.value = spread_of(*values);
  } else {
    compare(figure, *samples, *values, result);
  }
  return result;
}

void settle_alternatives(std::vector<FigureResult>& results) {
  for (FigureResult& figure : results) figure.held_by_alternative = false;
  for (FigureResult& figure : results) {
    if (figure.alternative.empty() || !figure.value || figure.holds()) continue;
    figure.held_by_alternative = std::any_of(results.begin(), results.end(), [&](const FigureResult& other) {
      return other.id == figure.alternative && other.value && !other.held_by_alternative && other.holds();
    });
  }
}

const char* direction_sign(Direction direction) noexcept {
  switch (direction) {
    case Direction::kAtMost:
      return "<=";
    case Direction::kAtLeast:
      return ">=";
    case Direction::kAbove:
      return ">";
  }
  return "?";
}

}  // namespace crashwright::harness
