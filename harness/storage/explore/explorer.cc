#include "harness/storage/explore/explorer.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/pending_operations.h"
#include "harness/storage/explore/state_judge.h"
#include "harness/storage/explore/state_source.h"

namespace crashwright::harness {
namespace {

constexpr size_t kExamplesMax = 12;
constexpr size_t kVarietyMax = 20;
constexpr size_t kBatchMin = 64;
constexpr size_t kBatchMax = 2'048;
constexpr unsigned kFruitlessMax = 8;  // batches without a new state
constexpr uint64_t kErrorsMax = 200;   // a checker that errs so often judges nothing
constexpr size_t kSliceMax = 32;       // the fewer, the less a worker waits for the last one

// One state of a batch and what became of it.
struct Trial {
  const CrashState* state = nullptr;
  std::optional<uint64_t> hash;
  std::optional<ImageVerdict> verdict;
};

// The workers, and what they found.
class Team {
 public:
  using Judges = std::vector<std::unique_ptr<StateJudge>>;

  Team(const DurabilityModel& model, Judges judges, JudgedStates& judged, const ExploreOptions& options)
      : model_(model), judges_(std::move(judges)), judged_(judged), options_(options), started_ns_(monotonic_ns()) {}

  [[nodiscard]] uint64_t states_left() const { return options_.states_max - found_.states; }
  [[nodiscard]] uint64_t states() const { return found_.states; }
  [[nodiscard]] bool time_is_up() const {
    const auto limit = static_cast<uint64_t>(std::chrono::nanoseconds(options_.time_max).count());
    return limit > 0 && monotonic_ns() - started_ns_ >= limit;
  }
  [[nodiscard]] ExplorationEnd end() const {
    if (interrupted()) return ExplorationEnd::kInterrupted;
    if (found_.checker_errors >= kErrorsMax) return ExplorationEnd::kErrors;
    if (states_left() == 0) return ExplorationEnd::kStates;
    return time_is_up() ? ExplorationEnd::kTime : ExplorationEnd::kNothingNew;
  }
  [[nodiscard]] bool spent() const { return halted() || states_left() == 0 || found_.checker_errors >= kErrorsMax; }

  // Judges those of the states that are new, as far as the budget goes.
  void take(const std::vector<CrashState>& states) {
    std::vector<Trial> trials(states.size());
    in_slices(states.size(), [&](StateJudge& judge, size_t i) {
      trials[i].state = &states[i];
      judge.prepare(states[i]);
      trials[i].hash = judge.hash();
    });
    found_.candidates += states.size();
    choose_new(trials);
    std::vector<size_t> erred;  // places in `trials`
    in_slices(trials.size(), [&](StateJudge& judge, size_t i) { judge_one(judge, i, trials[i], erred); });
    for (Trial& trial : trials) {
      if (!trial.verdict || found_.checker_errors >= kErrorsMax) continue;
      judged_.insert(*trial.hash);
      count(*trial.state, std::move(*trial.verdict));
    }
  }

  // Was a new state not judged because enough others were?
  [[nodiscard]] bool left_out() const { return left_out_; }

  [[nodiscard]] Result<Exploration> outcome() {
    if (error_) return tl::unexpected(*error_);
    for (auto& [reason, group] : groups_) found_.groups.push_back(std::move(group));
    std::stable_sort(found_.groups.begin(), found_.groups.end(),
                     [](const FailureGroup& a, const FailureGroup& b) { return a.states > b.states; });
    for (const auto& judge : judges_) found_.image_bytes_written += judge->folder().bytes_written();
    found_.seconds = static_cast<double>(monotonic_ns() - started_ns_) / 1e9;
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool halted() const { return interrupted() || stopped_ || time_is_up(); }

  // Each worker takes neighbouring slices, so that one image leads to the next; crash points only go forward.
  template <typename Work>
  void in_slices(size_t count, Work work) {
    std::atomic<size_t> next = 0;
    const size_t slice = std::clamp<size_t>(count / (judges_.size() * 4), 1, kSliceMax);
    std::vector<std::thread> threads;
    for (auto& judge : judges_) {
      threads.emplace_back([&, worker = judge.get()] {
        for (size_t begin = next.fetch_add(slice); begin < count; begin = next.fetch_add(slice)) {
          for (size_t i = begin; i < std::min(begin + slice, count) && !halted(); ++i) work(*worker, i);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // Leaves the first of each hash that was not judged before, as many as the budget allows.
  void choose_new(std::vector<Trial>& trials) {
    std::unordered_set<uint64_t> chosen;
    std::erase_if(trials, [&](const Trial& trial) {
      if (!trial.hash || judged_.contains(*trial.hash) || chosen.contains(*trial.hash)) return true;
      if (chosen.size() >= states_left()) return left_out_ = true;
      return !chosen.insert(*trial.hash).second;
    });
  }

  void judge_one(StateJudge& judge, size_t place, Trial& trial, std::vector<size_t>& erred) {
    if (too_many_errors_before(place, erred)) return;
    judge.prepare(*trial.state);
    auto verdict = judge.judge();
    const std::scoped_lock lock(mutex_);
    if (!verdict) {
      if (!error_) error_ = verdict.error();
      stopped_ = true;
      return;
    }
    if (verdict->kind == ImageVerdict::Kind::kError) erred.push_back(place);
    if (verdict->kind == ImageVerdict::Kind::kViolated) ++violated_now_;
    trial.verdict = std::move(*verdict);
    if (options_.progress) options_.progress(model_.profile.name, ++judged_now_, violated_now_);
  }

  // Counted before its place alone, so that nothing is missing in front of the last error that counts.
  [[nodiscard]] bool too_many_errors_before(size_t place, const std::vector<size_t>& erred) {
    const std::scoped_lock lock(mutex_);
    const auto before = std::count_if(erred.begin(), erred.end(), [&](size_t other) { return other < place; });
    return found_.checker_errors + static_cast<uint64_t>(before) >= kErrorsMax;
  }

  void count(const CrashState& state, ImageVerdict verdict) {
    ++found_.states;
    if (verdict.kind == ImageVerdict::Kind::kError && found_.checker_errors++ == 0) {
      found_.first_error = std::move(verdict.output);
    } else if (verdict.kind == ImageVerdict::Kind::kViolated) {
      add_failure(state, std::move(verdict));
    }
  }

  void add_failure(const CrashState& state, ImageVerdict verdict) {
    ++found_.violated;
    FailureGroup& group = groups_[general_reason(verdict.reason())];
    ++group.states;
    std::set<uint64_t> kinds;
    for (const Loss& loss : state.losses) kinds.insert(operation_class(model_.recording, loss.operation));
    if (group.variety.size() < kVarietyMax && varieties_.emplace(&group, std::move(kinds)).second) {
      group.variety.push_back(state);
    }
    const auto at = std::upper_bound(group.examples.begin(), group.examples.end(), state, is_simpler);
    if (at == group.examples.begin()) {
      group.reason = verdict.reason();
      group.verdict = std::move(verdict);
    }
    group.examples.insert(at, state);
    if (group.examples.size() > kExamplesMax) group.examples.pop_back();
  }

  const DurabilityModel& model_;
  Judges judges_;
  JudgedStates& judged_;
  const ExploreOptions& options_;
  uint64_t started_ns_;
  std::atomic<bool> stopped_ = false;
  bool left_out_ = false;
  Exploration found_;
  std::map<std::string, FailureGroup> groups_;
  std::set<std::pair<const FailureGroup*, std::set<uint64_t>>> varieties_;
  std::mutex mutex_;  // of what follows
  uint64_t judged_now_ = 0;
  uint64_t violated_now_ = 0;
  std::optional<Error> error_;
};

Result<std::vector<std::unique_ptr<StateJudge>>> make_judges(const DurabilityModel& model, const JudgeFactory& judges,
                                                             const ExploreOptions& options) {
  std::vector<std::unique_ptr<StateJudge>> made;
  for (unsigned i = 0; i < std::max(1U, options.jobs); ++i) {
    const std::string folder = options.scratch + "/" + model.profile.name + "-" + std::to_string(i);
    if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno(errno, "make " + folder);
    auto judge = StateJudge::create(model, judges, folder);
    if (!judge) return tl::unexpected(judge.error());
    made.push_back(std::move(*judge));
  }
  return made;
}

}  // namespace

const char* exploration_end_name(ExplorationEnd end) noexcept {
  switch (end) {
    case ExplorationEnd::kNothingNew:
      return "nothing_new";
    case ExplorationEnd::kStates:
      return "states";
    case ExplorationEnd::kTime:
      return "time";
    case ExplorationEnd::kErrors:
      return "errors";
    case ExplorationEnd::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

std::string general_reason(const std::string& text) {
  std::string general;
  for (const char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit) general += c;
    if (digit && (general.empty() || general.back() != '#')) general += '#';
  }
  return general;
}

Result<Exploration> explore(const DurabilityModel& model, const JudgeFactory& judges, JudgedStates& judged,
                            const ExploreOptions& options) {
  auto workers = make_judges(model, judges, options);
  if (!workers) return tl::unexpected(workers.error());
  StateSource source(model, options.seed);
  Team team(model, std::move(*workers), judged, options);
  unsigned fruitless = 0;
  size_t steps_done = 0;
  while (!team.spent() && fruitless < kFruitlessMax) {
    const uint64_t before = team.states();
    const bool directed_done = source.directed_done();
    team.take(source.next(std::clamp<size_t>(team.states_left(), kBatchMin, kBatchMax)));
    fruitless = team.states() == before && directed_done ? fruitless + 1 : 0;
    // A batch that was cut anywhere counts as not gone through.
    const bool whole =
        !team.left_out() && (team.end() == ExplorationEnd::kNothingNew || team.end() == ExplorationEnd::kStates);
    if (whole) steps_done = source.steps_done();
  }
  const ExplorationEnd end = team.end();
  auto outcome = team.outcome();
  if (!outcome) return outcome;
  outcome->end = end;
  outcome->steps_done = steps_done;
  outcome->steps_known = source.steps_known();
  outcome->pairs_known = source.pairs_known();
  outcome->pairs_covered = source.pairs_covered();
  return outcome;
}

}  // namespace crashwright::harness
