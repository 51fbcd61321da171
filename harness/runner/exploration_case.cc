#include "harness/runner/exploration_case.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/file.h"
#include "harness/runner/case_description.h"
#include "harness/runner/engine_variables.h"
#include "harness/runner/exploration_verdict.h"
#include "harness/runner/files.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/program_search.h"
#include "harness/runner/session_exploration.h"
#include "harness/runner/session_recording.h"
#include "harness/storage/explore/checker.h"
#include "harness/storage/explore/exploration_json.h"
#include "harness/storage/explore/finding_scripts.h"
#include "harness/storage/explore/program_run.h"
#include "harness/storage/explore/scratch_folder.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

class ExplorationCase {
 public:
  ExplorationCase(const Plan& plan, RunContext& run)
      : context_(plan, run), plan_(*plan.exploration), places_(scenario_places(plan.scenario_path)) {}

  CaseContext& context() { return context_; }

  // What stands in the way here: a need of the machine, or a program that is not there.
  std::string missing() const {
    std::string need = missing_need(context_.plan, context_.run.machine);
    if (!need.empty()) return need;
    for (const std::string& program : plan_.engine.needs) {
      if (!program_exists(program, places_)) return program + ": no such program";
    }
    return {};
  }

  Status carry_out(CaseFinished& finished) {
    return plan_.engine.command.empty() ? explore_session(finished) : explore_program(finished);
  }

  // The folder of the mount goes; a case that passed keeps what tells how.
  void thin_out(CaseFinished& finished) {
    const bool keep = finished.outcome != Outcome::kPass || context_.run.options.keep_all;
    std::error_code none;
    if (keep) {
      std::filesystem::rename(work() + "/record", context_.folder + "/record", none);
      std::filesystem::rename(work() + "/output.txt", context_.folder + "/stdout.txt", none);
      std::filesystem::rename(work() + "/exchange", context_.folder + "/exchange", none);
    }
    std::vector<std::string> gone = {work()};
    if (!keep) gone.push_back(context_.folder + "/findings");
    for (const std::string& folder : gone) {
      if (const Status removed = remove_tree(folder); !removed) context_.note(removed.error().message);
    }
    if (keep || !finished.exploration) return;
    for (ExploredFinding& finding : finished.exploration->findings) finding.folder.clear();
  }

 private:
  Status explore_program(CaseFinished& finished) {
    if (auto checked = check_programs(); !checked) return checked;
    auto run = record();
    if (!run) return tl::unexpected(run.error());
    if (interrupted()) return {};
    const Recording recording = make_recording(run->record->first(run->operations));
    context_.note(std::to_string(recording.size() - recording.initial) + " operations recorded, " +
                  std::to_string(recording.tokens.size()) + " acknowledged");
    if (!run->note.empty()) context_.note(run->note);
    if (recording.size() == recording.initial) {
      return fail(ErrorKind::kUsage, "the program changed nothing in its folder: there is nothing to lose");
    }
    const CheckerOptions checker{bind_program_words(plan_.engine.check, places_),
                                 std::chrono::milliseconds(plan_.limits.check_deadline_ms), run->seen_at};
    const auto result = explore(recording, [&](CampaignOptions& options) {
      options.ended_well = run->ended_well();
      return run_campaign(recording, checker_judges(checker, recording.tokens), options);
    });
    if (!result || interrupted()) return result ? Status() : tl::unexpected(result.error());
    if (auto kept = keep_repeating(*result, checker.argv); !kept) return kept;
    return conclude(recording, *result, finished);
  }

  // The mock engine: its session through the deaths that its faults bring, judged by its own recovery.
  Status explore_session(CaseFinished& finished) {
    SessionRun run;
    run.plan = &context_.plan;
    run.engine = context_.run.options.programs.engine(context_.plan.build);
    run.exchange = context_.run.options.programs.exchange;
    run.work = work();
    run.environment = context_.marks();
    run.patience = remaining();
    run.on_start = [&](const Child& child, const char* name) {
      return context_.run.ledger.add_process(child.pid(), child.start_time(), name);
    };
    if (auto made = make_folder(run.work); !made) return made;
    if (auto put = context_.run.ledger.add_mount(run.work + "/mount"); !put) return put;
    const auto recorded = record_session(run);
    if (!recorded || interrupted()) return recorded ? Status() : tl::unexpected(recorded.error());
    const auto session = SessionExploration::open(recorded->record_folder, recorded->exchange_folder);
    if (!session) return tl::unexpected(session.error());
    const Recording& recording = (*session)->recording();
    context_.note(std::to_string(recording.size() - recording.initial) + " operations recorded in " +
                  std::to_string(recorded->incarnations) + " starts of the engine, " +
                  std::to_string(recording.tokens.size()) + " promises seen by control block and exchange");
    const RecoveryJudgeOptions engine{&context_.plan, run.engine,
                                      std::chrono::milliseconds(plan_.limits.check_deadline_ms)};
    const auto result =
        explore(recording, [&](const CampaignOptions& options) { return (*session)->run(engine, options); });
    if (!result || interrupted()) return result ? Status() : tl::unexpected(result.error());
    if (auto kept = keep_repeating(*result, {}); !kept) return kept;
    const Status concluded = conclude(recording, *result, finished);
    if (!recorded->unfired.empty()) {
      finished.outcome = Outcome::kInconclusive;
      finished.summary = "never fired: " + recorded->unfired.front();
    }
    return concluded;
  }

  static Status keep_repeating(const CampaignResult& result, const std::vector<std::string>& checker) {
    const std::string repro =
        "#!/bin/sh\n# Repeats the case that found this.\nexec \"$(dirname \"$0\")/../../repro.sh\" \"$@\"\n";
    for (const StorageFinding& finding : result.findings) {
      if (auto kept = keep_scripts(finding, repro, checker); !kept) return kept;
    }
    return {};
  }

  Status conclude(const Recording& recording, const CampaignResult& result, CaseFinished& finished) const {
    finished.verdicts = {judge_exploration(plan_, result, cut_short(result))};
    finished.outcome = finished.verdicts.front().outcome;
    finished.summary = finished.verdicts.front().summary;
    finished.exploration = outcome(recording, result);
    return write_file(context_.folder + "/exploration.json", exploration_json(result, recording, plan_.limits.seed));
  }

  std::string work() const { return context_.folder + "/run"; }
  std::chrono::milliseconds remaining() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(context_.deadline.remaining());
  }

  Status check_programs() const {
    for (const std::string& program : {plan_.engine.command.front(), plan_.engine.check.front()}) {
      if (program_exists(program, places_)) continue;
      std::string looked = "looked for in";
      for (const std::string& folder : places_.folders) looked += " " + folder + ",";
      return fail(ErrorKind::kUsage, program + ": no program that can be run", looked + " PATH");
    }
    return {};
  }

  Result<RecordedRun> record() {
    ProgramRun run;
    run.argv = bind_program_words(plan_.engine.command, places_);
    run.work = work();
    run.patience = remaining();
    run.environment = context_.marks();
    if (!plan_.engine.dir.empty()) {
      run.copy_of = find_folder(plan_.engine.dir, places_);
      if (run.copy_of.empty()) return fail(ErrorKind::kUsage, plan_.engine.dir + ": no such folder");
    }
    if (auto made = make_folder(run.work); !made) return tl::unexpected(made.error());
    if (auto put = context_.run.ledger.add_mount(run.work + "/mount"); !put) return tl::unexpected(put.error());
    return record_program(run);
  }

  Result<CampaignResult> explore(const Recording& recording,
                                 const std::function<Result<CampaignResult>(CampaignOptions&)>& campaign) {
    auto images = ScratchFolder::create(ScratchFolder::Place::kMemory, context_.run.ledger,
                                        recording.image_bytes * std::max(1UL, plan_.limits.jobs));
    if (!images) return tl::unexpected(images.error());
    CampaignOptions options;
    options.profiles = plan_.profiles;
    options.explore.seed = plan_.limits.seed;
    options.explore.states_max = plan_.limits.states;
    options.explore.jobs = static_cast<unsigned>(plan_.limits.jobs);
    options.explore.scratch = images->path();
    options.explore.time_max = std::max(remaining(), std::chrono::milliseconds(1)) / plan_.profiles.size();
    if (plan_.limits.time_max_ms > 0) {
      options.explore.time_max =
          std::min(options.explore.time_max, std::chrono::milliseconds(plan_.limits.time_max_ms));
    }
    options.evidence_folder = context_.folder + "/findings";
    const auto places = CallPlaces::read(work() + "/record");
    if (!places) return tl::unexpected(places.error());
    options.places = places->get();
    return campaign(options);
  }

  // A limit in time that the scenario set itself cuts nothing short.
  bool cut_short(const CampaignResult& result) const {
    if (plan_.limits.time_max_ms > 0) return false;
    return std::any_of(result.profiles.begin(), result.profiles.end(), [&](const ProfileSummary& profile) {
      return profile.end != ExplorationEnd::kNothingNew && profile.states < plan_.limits.states;
    });
  }

  ExplorationOutcome outcome(const Recording& recording, const CampaignResult& result) const {
    ExplorationOutcome told;
    told.verdict = exploration_verdict(result);
    told.operations = recording.size() - recording.initial;
    told.acknowledged = recording.tokens.size();
    told.states = result.states;
    told.violated = result.violated;
    for (const ProfileSummary& profile : result.profiles) told.profiles.push_back(profile.profile);
    for (const StorageFinding& finding : result.findings) {
      std::string folder = finding.folder;
      if (!folder.empty()) folder = context_.plan.id + folder.substr(context_.folder.size());
      told.findings.push_back({finding.profile, finding.reason, finding.lost, finding.last_operation, finding.acked,
                               finding.states, finding.fix, folder});
    }
    return told;
  }

  CaseContext context_;
  const ExplorationPlan& plan_;
  ProgramPlaces places_;
};

}  // namespace

std::optional<CaseFinished> run_exploration_case(const Plan& plan, RunContext& run) {
  const uint64_t started_ns = monotonic_ns();
  ExplorationCase exploration(plan, run);
  CaseContext& context = exploration.context();
  run.sink.on_event(
      CaseStarted{plan.id, plan.name, build_name(plan.build), plan.seed, wall_ns(), told_variables(context)});
  CaseFinished finished = describe_case(context);
  const Status described = write_description(context);
  const std::string distrusted = distrust(plan, run.machine);
  finished.need = distrusted.empty() ? exploration.missing() : std::string();
  if (!described || !distrusted.empty()) {
    context.blame(described);
    finished.summary = described ? distrusted : context.facts.environment_error;
  } else if (!finished.need.empty()) {
    finished.outcome = Outcome::kSkipped;
    finished.summary = "missing: " + finished.need;
  } else if (const Status done = exploration.carry_out(finished); !done) {
    finished.outcome = Outcome::kError;
    context.blame(done);
    finished.summary = context.facts.environment_error;
  }
  finished.machine_lacks = context.machine_lacks;
  exploration.thin_out(finished);
  if (interrupted()) return std::nullopt;
  finished.duration_ns = monotonic_ns() - started_ns;
  run.sink.on_event(finished);
  return finished;
}

}  // namespace crashwright::harness
