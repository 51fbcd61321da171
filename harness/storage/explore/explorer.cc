#include "harness/storage/explore/explorer.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/state_judge.h"
#include "harness/storage/explore/state_source.h"

namespace crashwright::harness {
namespace {

constexpr size_t kExamplesMax = 12;
constexpr size_t kBatchMin = 64;
constexpr size_t kBatchMax = 4'096;
constexpr unsigned kFruitlessMax = 8;  // batches without a new state
constexpr uint64_t kErrorsMax = 200;   // a checker that errs so often judges nothing
constexpr size_t kSliceStates = 16;

size_t lost_units(const CrashState& state) {
  size_t count = 0;
  for (const Loss& loss : state.losses) count += 1'000 + loss.units.size();
  return count;
}

// What all workers share.
class Team {
 public:
  Team(JudgedStates& judged, const ExploreOptions& options)
      : judged_(judged), options_(options), started_ns_(monotonic_ns()) {}

  [[nodiscard]] bool spent() {
    if (interrupted() || stopped_) return true;
    const auto limit = static_cast<uint64_t>(std::chrono::nanoseconds(options_.time_max).count());
    return begun_ >= options_.states_max || (limit > 0 && monotonic_ns() - started_ns_ >= limit);
  }
  // Takes one of the states that the budget allows.
  [[nodiscard]] bool take() { return !spent() && begun_.fetch_add(1) < options_.states_max; }
  [[nodiscard]] bool is_new(uint64_t hash) { return judged_.add(hash); }

  void count(const CrashState& state, ImageVerdict verdict) {
    const std::scoped_lock lock(mutex_);
    ++found_.states;
    if (verdict.kind == ImageVerdict::Kind::kError) {
      if (found_.checker_errors++ == 0) found_.first_error = verdict.output;
      if (found_.checker_errors >= kErrorsMax) stopped_ = true;
    }
    if (verdict.kind == ImageVerdict::Kind::kViolated) add_failure(state, std::move(verdict));
    if (options_.progress) options_.progress(found_.states, found_.violated);
  }
  void add_work(uint64_t candidates, uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    found_.candidates += candidates;
    found_.image_bytes_written += bytes;
  }
  void stop(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
  }

  [[nodiscard]] Result<Exploration> outcome() {
    if (error_) return tl::unexpected(*error_);
    for (auto& [reason, group] : groups_) found_.groups.push_back(std::move(group));
    std::stable_sort(found_.groups.begin(), found_.groups.end(),
                     [](const FailureGroup& a, const FailureGroup& b) { return a.states > b.states; });
    found_.seconds = static_cast<double>(monotonic_ns() - started_ns_) / 1e9;
    return std::move(found_);
  }
  [[nodiscard]] uint64_t states() {
    const std::scoped_lock lock(mutex_);
    return found_.states;
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  void add_failure(const CrashState& state, ImageVerdict verdict) {
    ++found_.violated;
    FailureGroup& group = groups_[general_reason(verdict.first_line())];
    if (group.states++ == 0) group.reason = verdict.first_line();
    const auto fewer = [](const CrashState& a, const CrashState& b) { return lost_units(a) < lost_units(b); };
    const auto at = std::upper_bound(group.examples.begin(), group.examples.end(), state, fewer);
    if (at == group.examples.begin()) {
      group.reason = verdict.first_line();
      group.verdict = std::move(verdict);
    }
    group.examples.insert(at, state);
    if (group.examples.size() > kExamplesMax) group.examples.pop_back();
  }

  JudgedStates& judged_;
  const ExploreOptions& options_;
  uint64_t started_ns_;
  std::atomic<uint64_t> begun_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  Exploration found_;
  std::map<std::string, FailureGroup> groups_;
  std::optional<Error> error_;
};

// Judges a run of neighbouring states; crash points only go forward.
void work(StateJudge& judge, std::span<const CrashState> states, Team& team) {
  for (const CrashState& state : states) {
    if (team.spent()) return;
    if (!team.is_new(judge.prepare(state))) continue;
    if (!team.take()) return;
    auto verdict = judge.judge();
    if (!verdict) return team.stop(verdict.error());
    team.count(state, std::move(*verdict));
  }
}

// Each worker takes neighbouring slices, so that one image leads to the next.
void work_all(std::vector<std::unique_ptr<StateJudge>>& judges, const std::vector<CrashState>& states, Team& team) {
  std::atomic<size_t> next = 0;
  const size_t slice = std::max(kSliceStates, states.size() / (judges.size() * 4));
  std::vector<std::thread> threads;
  for (auto& judge : judges) {
    threads.emplace_back([&, worker = judge.get()] {
      const uint64_t written = worker->folder().bytes_written();
      for (size_t begin = next.fetch_add(slice); begin < states.size(); begin = next.fetch_add(slice)) {
        work(*worker, std::span(states).subspan(begin, std::min(slice, states.size() - begin)), team);
      }
      team.add_work(0, worker->folder().bytes_written() - written);
    });
  }
  for (std::thread& thread : threads) thread.join();
  team.add_work(states.size(), 0);
}

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

bool JudgedStates::add(uint64_t hash) {
  const std::scoped_lock lock(mutex_);
  return hashes_.insert(hash).second;
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
  Team team(judged, options);
  unsigned fruitless = 0;
  while (!team.spent() && fruitless < kFruitlessMax) {
    const uint64_t before = team.states();
    const size_t left = static_cast<size_t>(options.states_max - std::min(before, options.states_max));
    work_all(*workers, source.next(std::clamp(left, kBatchMin, kBatchMax)), team);
    fruitless = team.states() == before && source.directed_done() ? fruitless + 1 : 0;
  }
  auto outcome = team.outcome();
  if (!outcome) return outcome;
  outcome->exhausted = fruitless == kFruitlessMax;
  outcome->pairs_known = source.pairs_known();
  outcome->pairs_covered = std::min(source.pairs_known(), source.pairs_covered());
  return outcome;
}

}  // namespace crashwright::harness
