#include "harness/cli/shrink_trials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "harness/cli/console.h"
#include "harness/cli/run_folder.h"
#include "harness/runner/files.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

// The canary's findings are the same at each trial and help nobody here.
class Silence : public EventSink {
 public:
  void on_event(const Event& /*event*/) override {}
};

// What differs from run to run.
std::string without_numbers(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

bool never_fired(const CaseFinished& done) {
  if (done.outcome != Outcome::kInconclusive) return false;
  const bool armed = std::ranges::any_of(done.faults, [](const auto& fault) { return fault.state == "armed"; });
  return armed || (done.exploration && done.summary.starts_with("never fired"));
}

bool is_failure(Outcome outcome) { return outcome == Outcome::kFail || outcome == Outcome::kInconclusive; }

}  // namespace

FailureKey failure_key(const CaseFinished& done) {
  FailureKey key;
  key.outcome = done.outcome;
  if (done.outcome == Outcome::kInconclusive) key.reason = without_numbers(done.summary);
  if (done.autopsy) key.cause = done.autopsy->cause;
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (verdict.outcome == Outcome::kFail) key.broken.insert(verdict.promise);
  }
  return key;
}

bool fails_like(const FailureKey& original, const FailureKey& other) {
  if (other.outcome != original.outcome || other.cause != original.cause) return false;
  if (other.reason != original.reason) return false;
  return std::includes(original.broken.begin(), original.broken.end(), other.broken.begin(), other.broken.end()) &&
         other.broken.empty() == original.broken.empty();
}

ShrinkTrials::ShrinkTrials(const RecordedCase& recorded, const ShrinkRequest& request)
    : recorded_(recorded), request_(request), started_ns_(monotonic_ns()) {}

ShrinkTrials::~ShrinkTrials() {
  if (!options_.folder.empty()) static_cast<void>(remove_tree(options_.folder));
}

Result<std::unique_ptr<ShrinkTrials>> ShrinkTrials::begin(const RecordedCase& recorded, const ShrinkRequest& request) {
  auto programs = find_programs(request.engine);
  if (!programs) return tl::unexpected(programs.error());
  RunRequest folder;
  folder.out = request.out;
  folder.prefix = "shrink-";
  folder.seed = recorded.options.run_seed;
  folder.latest = false;
  auto made = make_run_folder(folder);
  if (!made) return tl::unexpected(made.error());
  std::unique_ptr<ShrinkTrials> trials(new ShrinkTrials(recorded, request));
  trials->options_.folder = std::move(*made);
  trials->options_.jobs = 1;
  trials->options_.programs = std::move(*programs);
  trials->options_.crashwright = own_path();
  trials->options_.engine = request.engine;
  const auto original = trials->run(recorded.scenario_text);
  if (!original) return tl::unexpected(original.error());
  trials->failure_ = original->summary;
  trials->fault_never_fired_ = never_fired(*original);
  if (is_failure(original->outcome)) trials->key_ = failure_key(*original);
  return trials;
}

double ShrinkTrials::seconds() const { return static_cast<double>(monotonic_ns() - started_ns_) / 1e9; }

bool ShrinkTrials::interrupted() const { return harness::interrupted(); }

bool ShrinkTrials::limit_reached() {
  if (count_ >= request_.trials_max) {
    ended_by_ = "--max-trials";
  } else if (request_.duration_ns > 0 && monotonic_ns() - started_ns_ >= request_.duration_ns) {
    ended_by_ = "--for";
  } else if (harness::interrupted()) {
    ended_by_ = "an interrupt";
  }
  return !ended_by_.empty();
}

Result<CaseFinished> ShrinkTrials::run(const std::string& scenario_text) {
  ++count_;
  // Programs of one's own are found from where the scenario stands.
  const std::string& where = recorded_.scenario_path.empty() ? recorded_.id : recorded_.scenario_path;
  auto plan = plan_again(recorded_, scenario_text, where);
  if (!plan) return tl::unexpected(plan.error());
  plan->id = fmt::format("trial-{}", count_);
  Silence silence;
  const auto summary = run_plans({*plan}, options_, silence);
  static_cast<void>(remove_tree(options_.folder + "/" + plan->id));
  if (!summary) return tl::unexpected(summary.error());
  if (summary->cases.empty()) return fail(ErrorKind::kInternal, "the trial was interrupted");
  return summary->cases.front();
}

Trial ShrinkTrials::attempt(const std::string& what, const std::string& scenario_text) {
  if (limit_reached()) return Trial::kNoMore;
  const auto done = run(scenario_text);
  const bool same = done && fails_like(key_, failure_key(*done));
  std::string came = "not valid";
  if (done) came = same ? "still fails" : verifiers::outcome_name(done->outcome);
  if (done && !same && done->outcome == key_.outcome) came = "fails in another way";
  fmt::print("[{:>3}] {:<50} {}\n", count_, printable(what), came);
  std::fflush(stdout);
  return same ? Trial::kFails : Trial::kPasses;
}

}  // namespace crashwright::harness::cli
