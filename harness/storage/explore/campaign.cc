#include "harness/storage/explore/campaign.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/copy_folder.h"
#include "harness/storage/explore/finding_advice.h"
#include "harness/storage/explore/minimiser.h"

namespace crashwright::harness {
namespace {

constexpr size_t kFindingsMax = 8;  // explained, per profile
constexpr size_t kLinesMax = 400;

// Who issued an operation; empty: unknown. Of a store through a mapping no call did, and its place is that of the next.
std::string issued_by(const Recording& recording, CallPlaces* places, uint32_t index) {
  if (places == nullptr) return "";
  const Operation& operation = recording.operations[index];
  const std::string& place = places->text(operation.place);
  const bool store = operation.kind == OperationKind::kWrite && (operation.flags & kFromMapping) != 0;
  return place.empty() || !store ? place : "a store before the call of " + place;
}

// Explains the failures of one profile with judges of its own.
class Explainer {
 public:
  Explainer(const DurabilityModel& model, const JudgeFactory& judges, const CampaignOptions& options)
      : model_(model), judges_(judges), options_(options) {}

  Result<StorageFinding> explain(const FailureGroup& group, size_t number) {
    auto judge = make_judge(model_, "explain-" + model_.profile.name + "-" + std::to_string(number));
    if (!judge) return tl::unexpected(judge.error());
    StorageFinding finding;
    finding.profile = model_.profile.name;
    finding.state = group.examples.front();
    finding.reason = group.reason;
    finding.states = group.states;
    if (auto minimised = minimise(**judge, model_, finding); !minimised) return tl::unexpected(minimised.error());
    auto weakest = name_weakest(finding, group, number);
    if (!weakest) return tl::unexpected(weakest.error());
    const DurabilityModel& model = *weakest ? *(*weakest)->model : model_;
    StateJudge& asked = *weakest ? *(*weakest)->judge : **judge;
    asked.prepare(finding.state);
    const auto verdict = asked.judge();
    if (!verdict) return tl::unexpected(verdict.error());
    finding.output = verdict->output;
    finding.reason = verdict->reason();
    if (verdict->kind != ImageVerdict::Kind::kViolated) {
      finding.reason = group.reason;
      finding.output = group.verdict.output + "\n(asked again about the same image, the checker gave another answer)";
    }
    describe(model, finding);
    const bool whole = finding.state.losses.empty() && !HandOvers(model.recording).inside(finding.state.point);
    const bool power_kept_on = whole || model.profile.keeps_everything;
    if (power_kept_on) finding.no_fix = "nothing is lost that a sync could have saved";
    if (auto kept = keep_evidence(asked, model, finding, number); !kept) return tl::unexpected(kept.error());
    return finding;
  }

  // Without asking the judge again: neither the fewest losses nor the weakest profile.
  Result<StorageFinding> outline(const FailureGroup& group) {
    auto judge = make_judge(model_, "outline-" + model_.profile.name);
    if (!judge) return tl::unexpected(judge.error());
    StorageFinding finding;
    finding.profile = model_.profile.name;
    finding.state = group.examples.front();
    finding.reason = group.reason;
    finding.output = group.verdict.output;
    finding.states = group.states;
    finding.minimal = false;
    finding.no_fix = "not looked for, the exploration was interrupted";
    describe(model_, finding);
    if (auto kept = keep_evidence(**judge, model_, finding, 0); !kept) return tl::unexpected(kept.error());
    return finding;
  }

 private:
  Result<std::unique_ptr<StateJudge>> make_judge(const DurabilityModel& model, const std::string& name) {
    const std::string folder = options_.explore.scratch + "/" + name;
    if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno(errno, "make " + folder);
    return StateJudge::create(model, judges_, folder);
  }

  // Leaves a state alone about which the judge has changed its mind.
  static Status minimise(StateJudge& judge, const DurabilityModel& model, StorageFinding& finding) {
    Minimiser minimiser(judge, model, finding.reason);
    const auto fails = minimiser.fails(finding.state);
    if (!fails) return tl::unexpected(fails.error());
    if (!*fails) return {};
    auto state = minimiser.minimise(finding.state);
    if (!state) return tl::unexpected(state.error());
    finding.state = std::move(*state);
    finding.minimal = minimiser.finished();
    return {};
  }

  // A profile that allows less, and its judge.
  struct Weaker {
    std::unique_ptr<DurabilityModel> model;
    std::unique_ptr<StateJudge> judge;
  };

  // Does a profile that allows less show the same failure?
  Result<std::optional<Weaker>> name_weakest(StorageFinding& finding, const FailureGroup& group, size_t number) {
    for (const char* const name : {"K", "E"}) {
      auto weaker = load_storage_profile(name);
      weaker->tear_unit_bytes = model_.profile.tear_unit_bytes;
      if (weaker->name == model_.profile.name || !allows_no_more(*weaker, model_.profile)) continue;
      auto model = std::make_unique<DurabilityModel>(model_.recording, *weaker);
      auto judge = make_judge(*model, "weaker-" + model_.profile.name + weaker->name + std::to_string(number));
      if (!judge) return tl::unexpected(judge.error());
      Minimiser minimiser(**judge, *model, finding.reason);
      std::vector<CrashState> states = group.examples;
      states.insert(states.begin(), finding.state);
      for (CrashState& state : states) {
        const auto fails = minimiser.fails(state);
        if (!fails) return tl::unexpected(fails.error());
        if (!*fails) continue;
        finding.profile = weaker->name;
        finding.state = std::move(state);
        if (auto less = minimise(**judge, *model, finding); !less) return tl::unexpected(less.error());
        return Weaker{std::move(model), std::move(*judge)};
      }
    }
    return std::nullopt;
  }

  void describe(const DurabilityModel& model, StorageFinding& finding) const {
    const LossList roots = roots_of(model, finding.state);
    for (const Loss& loss : finding.state.losses) {
      if (!roots.find(loss.operation)) {
        finding.lost_along.push_back(describe_loss(model, loss));
        continue;
      }
      finding.lost.push_back(describe_loss(model, loss));
      finding.issued_by.push_back(issued_by(model_.recording, options_.places, loss.operation));
    }
    finding.acked = model.acked(finding.state);
    finding.crash_point = finding.state.point - std::min(model_.recording.initial, finding.state.point);
    const bool ran = finding.state.point > model_.recording.initial;
    finding.last_operation = ran ? describe_operation(model_.recording, finding.state.point - 1) : "start of the run";
  }

  // The image with nothing lost and the one that fails, and the operations that lead there.
  Status keep_evidence(StateJudge& judge, const DurabilityModel& model, StorageFinding& finding, size_t number) {
    if (options_.evidence_folder.empty()) return {};
    finding.folder = options_.evidence_folder + "/" + finding.profile + "-" + std::to_string(number + 1);
    std::error_code trouble;
    std::filesystem::create_directories(finding.folder, trouble);
    if (trouble) return fail(ErrorKind::kIo, "make " + finding.folder + ": " + trouble.message());
    for (const auto& [name, state] :
         {std::pair<const char*, CrashState>{"/nothing_lost", {finding.state.point, {}}}, {"/image", finding.state}}) {
      judge.prepare(state);
      if (auto done = judge.materialise(); !done) return done;
      std::filesystem::remove_all(finding.folder + name, trouble);  // of an earlier exploration that was kept there
      if (auto kept = copy_folder(judge.folder().path(), finding.folder + name); !kept) return kept;
    }
    if (auto put = write_file(finding.folder + "/operations.txt", operations_text(model, finding)); !put) return put;
    if (auto put = write_file(finding.folder + "/acked.txt", acked_text(finding)); !put) return put;
    return write_file(finding.folder + "/checker.txt", finding.output);
  }

  // One token a line, as the checker had them.
  [[nodiscard]] std::string acked_text(const StorageFinding& finding) const {
    std::string text;
    for (uint32_t i = 0; i < finding.acked; ++i) text += model_.recording.tokens[i] + "\n";
    return text;
  }

  std::string operations_text(const DurabilityModel& model, const StorageFinding& finding) const {
    const Recording& recording = model.recording;
    const uint32_t from = finding.state.point > kLinesMax ? finding.state.point - kLinesMax : 0;
    const uint32_t first_loss =
        finding.state.losses.empty() ? finding.state.point : finding.state.losses.front().operation;
    std::string text = "number process/thread fate operation\n";
    LossCursor losses(finding.state.losses, first_loss);
    for (uint32_t i = std::max(recording.initial, std::min(from, first_loss)); i < finding.state.point; ++i) {
      const Operation& operation = recording.operations[i];
      const Loss* const lost = losses.at(i);
      const char* fate = model.may_lose(i, finding.state.point) ? "kept" : "safe";
      if (lost != nullptr) fate = !lost->units.empty() ? "TORN" : lost->size_kept > 0 ? "ZEROS" : "LOST";
      text += std::to_string(i - recording.initial + 1) + " " + std::to_string(operation.pid) + "/" +
              std::to_string(operation.tid) + " " + fate + " " + describe_operation(recording, i);
      const std::string where = issued_by(model_.recording, options_.places, i);
      text += (where.empty() ? "" : " by " + where) + "\n";
    }
    return text + "power lost; " + std::to_string(finding.acked) + " tokens acknowledged\n";
  }

  const DurabilityModel& model_;
  const JudgeFactory& judges_;
  const CampaignOptions& options_;
};

// Is that what a finding's folder is called: PROFILE-NUMBER?
bool is_evidence_name(const std::string& name, const std::vector<StorageProfile>& profiles) {
  const size_t dash = name.rfind('-');
  if (dash == std::string::npos || dash + 1 == name.size()) return false;
  if (name.find_first_not_of("0123456789", dash + 1) != std::string::npos) return false;
  const std::string profile = name.substr(0, dash);
  return profile == "K" || profile == "E" || profile == "S" ||
         std::any_of(profiles.begin(), profiles.end(), [&](const StorageProfile& own) { return own.name == profile; });
}

// Folders of findings that an earlier exploration kept there, and nothing else: what somebody put aside under another
// name stays.
void remove_old_evidence(const std::string& folder, const std::vector<StorageProfile>& profiles) {
  std::error_code none;
  std::vector<std::filesystem::path> old;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const bool kept = is_evidence_name(entry.path().filename().string(), profiles) &&
                      std::filesystem::exists(entry.path() / "operations.txt", none) &&
                      std::filesystem::exists(entry.path() / "acked.txt", none) &&
                      std::filesystem::is_directory(entry.path() / "image", none);
    if (kept) old.push_back(entry.path());
  }
  for (const auto& path : old) std::filesystem::remove_all(path, none);
}

ProfileSummary summarise(const StorageProfile& profile, const Exploration& found) {
  return {profile.name,     found.states,      found.candidates,  found.violated,      found.end,
          found.steps_done, found.steps_known, found.pairs_known, found.pairs_covered, found.seconds};
}

double seconds_since(uint64_t started_ns) { return static_cast<double>(monotonic_ns() - started_ns) / 1e9; }

// One after the other under all profiles, with what came before.
class Campaign {
 public:
  Campaign(const Recording& recording, const JudgeFactory& judges, const CampaignOptions& options,
           std::vector<StorageProfile> profiles)
      : recording_(recording), judges_(judges), options_(options), profiles_(std::move(profiles)) {}

  // The end of the run, where everything that was done is there.
  Status judge_untouched() {
    tell("the end of the run");
    const DurabilityModel model(recording_, profiles_.front());
    auto judge = make_judge(model, "untouched");
    if (!judge) return tl::unexpected(judge.error());
    (*judge)->prepare({static_cast<uint32_t>(recording_.size()), {}});
    auto verdict = (*judge)->judge();
    if (!verdict) return tl::unexpected(verdict.error());
    if (verdict->kind == ImageVerdict::Kind::kViolated) result_.untouched = std::move(*verdict);
    return {};
  }

  Status explore_profile(const StorageProfile& profile) {
    const DurabilityModel model(recording_, profile);
    auto found = explore(model, judges_, judged_, options_.explore);
    if (!found) return tl::unexpected(found.error());
    result_.states += found->states;
    result_.violated += found->violated;
    if (result_.checker_errors == 0) result_.first_error = found->first_error;
    result_.checker_errors += found->checker_errors;
    result_.profiles.push_back(summarise(profile, *found));
    const uint64_t started_ns = monotonic_ns();
    Explainer explainer(model, judges_, options_);
    size_t explained = 0;
    for (const FailureGroup& group : found->groups) {
      if (interrupted()) return show_first(explainer, group);
      std::vector<CrashState> states = group.examples;
      states.insert(states.end(), group.variety.begin(), group.variety.end());
      if (const size_t known = find_finding(group.reason); known < result_.findings.size()) {
        failed_[known].push_back({profile, std::move(states)});
        continue;
      }
      if (explained++ >= kFindingsMax) {
        ++result_.unexplained;
        continue;
      }
      const size_t number = result_.findings.size();
      tell("finding " + std::to_string(number + 1) + ": the fewest losses that show it");
      auto finding = explainer.explain(group, number);
      if (!finding) return tl::unexpected(finding.error());
      result_.findings.push_back(std::move(*finding));
      failed_.push_back({{profile, std::move(states)}});
    }
    result_.minimising_seconds += seconds_since(started_ns);
    return {};
  }

  // Once all profiles have been explored: what one shows, another asks more of.
  Status advise_all() {
    const uint64_t started_ns = monotonic_ns();
    for (size_t i = 0; i < result_.findings.size() && !interrupted(); ++i) {
      tell("finding " + std::to_string(i + 1) + " of " + std::to_string(result_.findings.size()) +
           ": added syncs that would save it");
      const AdviceQuestion question{
          recording_, profiles_, failed_[i],
          [&](uint32_t operation) { return issued_by(recording_, options_.places, operation); },
          [&](const DurabilityModel& with) { return make_judge(with, "fix"); }};
      if (auto advised = advise(question, result_.findings[i]); !advised) return advised;
    }
    result_.advising_seconds = seconds_since(started_ns);
    return {};
  }

  [[nodiscard]] const std::vector<StorageProfile>& profiles() const { return profiles_; }
  [[nodiscard]] CampaignResult& result() { return result_; }

 private:
  // Who interrupts wants to see what there is by then: one failure, as it was met.
  Status show_first(Explainer& explainer, const FailureGroup& group) {
    if (!result_.findings.empty()) return {};
    auto finding = explainer.outline(group);
    if (!finding) return tl::unexpected(finding.error());
    result_.findings.push_back(std::move(*finding));
    failed_.emplace_back();
    return {};
  }

  void tell(const std::string& what) const {
    if (options_.phase) options_.phase(what);
  }

  // One folder for all of a name, one after the other.
  Result<std::unique_ptr<StateJudge>> make_judge(const DurabilityModel& model, const std::string& name) {
    const std::string folder = options_.explore.scratch + "/" + name;
    std::error_code none;
    std::filesystem::remove_all(folder, none);
    if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno(errno, "make " + folder);
    return StateJudge::create(model, judges_, folder);
  }

  [[nodiscard]] size_t find_finding(const std::string& reason) const {
    const auto same = [&](const StorageFinding& finding) {
      return general_reason(finding.reason) == general_reason(reason);
    };
    return static_cast<size_t>(std::find_if(result_.findings.begin(), result_.findings.end(), same) -
                               result_.findings.begin());
  }

  const Recording& recording_;
  const JudgeFactory& judges_;
  const CampaignOptions& options_;
  std::vector<StorageProfile> profiles_;
  JudgedStates judged_;
  CampaignResult result_;
  std::vector<std::vector<FailedUnder>> failed_;  // of each finding
};

}  // namespace

Result<CampaignResult> run_campaign(const Recording& recording, const JudgeFactory& judges,
                                    const CampaignOptions& options) {
  std::vector<StorageProfile> profiles = options.profiles;
  std::stable_sort(profiles.begin(), profiles.end(), [](const StorageProfile& a, const StorageProfile& b) {
    return allows_no_more(a, b) && !allows_no_more(b, a);
  });
  if (!options.evidence_folder.empty()) remove_old_evidence(options.evidence_folder, profiles);
  Campaign campaign(recording, judges, options, std::move(profiles));
  if (options.ended_well) {
    if (auto judged = campaign.judge_untouched(); !judged) return tl::unexpected(judged.error());
    if (campaign.result().untouched) return std::move(campaign.result());
  }
  for (const StorageProfile& profile : campaign.profiles()) {
    if (auto explored = campaign.explore_profile(profile); !explored) return tl::unexpected(explored.error());
  }
  if (auto advised = campaign.advise_all(); !advised) return tl::unexpected(advised.error());
  return std::move(campaign.result());
}

}  // namespace crashwright::harness
