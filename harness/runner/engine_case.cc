#include "harness/runner/engine_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "harness/runner/case_description.h"
#include "harness/runner/engine_start.h"
#include "harness/runner/engine_variables.h"
#include "harness/runner/engine_verdict.h"
#include "harness/runner/files.h"
#include "harness/runner/helper_program.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/judge.h"
#include "harness/runner/leftovers.h"
#include "harness/runner/needs.h"
#include "harness/runner/program_search.h"
#include "harness/storage/copy_folder.h"
#include "rca/autopsy.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

// An engine that ran to the end of the deadline is still to be recovered and judged: each of these programs has so
// long, or the deadline once more where that is less.
constexpr std::chrono::milliseconds kHelperPatienceMin{10'000};

class EngineCase {
 public:
  EngineCase(const Plan& plan, RunContext& run)
      : context_(plan, run),
        engine_(*plan.own_engine),
        places_(scenario_places(plan.scenario_path)),
        answers_(answers_of(engine_)) {
    context_.facts.name = plan.name;
    context_.facts.seed = plan.seed;
    context_.facts.environment_error = distrust(plan, run.machine);
    if (context_.facts.environment_error.empty()) context_.facts.skipped_need = missing();
  }

  CaseContext& context() { return context_; }
  [[nodiscard]] bool can_run() const {
    return context_.facts.environment_error.empty() && context_.facts.skipped_need.empty();
  }

  Status carry_out() {
    if (auto done = set_up(); !done) return done;
    const uint32_t starts = std::max<uint32_t>(context_.plan.incarnations_expected() - 1, 1);
    for (uint32_t number = 0; number < starts && !interrupted(); ++number) {
      const EngineStart start{number, command_line(engine_.command), number + 1 == starts};
      if (auto lived = run_engine_start(context_, start, acknowledged_); !lived) return lived;
      if (auto kept = copy_folder(context_.data->path(), inc_folder(number) + "/data"); !kept) return kept;
      if (auto looked = look_after(number); !looked) return looked;
      if (context_.facts.processes.back().finished) break;
      if (context_.deadline.passed()) context_.note("the deadline of the case has passed");
    }
    return {};
  }

  Status undo() {
    Status outcome;
    if (context_.data) outcome = context_.data->stop();
    context_.data.reset();
    context_.cgroup.reset();
    const auto left =
        find_leftovers({context_.mark, context_.folder, context_.cgroup_folder, context_.run.ledger.run_id()});
    context_.facts.leftovers.insert(context_.facts.leftovers.end(), left.begin(), left.end());
    if (context_.observer) context_.facts.faults = context_.observer->facts();
    explain_starts_that_never_came();
    return outcome;
  }

  void conclude(CaseFinished& finished) {
    const std::string facts_path = context_.folder + "/facts.json";
    context_.blame(rca::write_case_facts(facts_path, context_.facts));
    context_.blame(examine(finished));
    if (!context_.facts.environment_error.empty()) context_.blame(rca::write_case_facts(facts_path, context_.facts));
    Judgement judgement = judge(context_.facts, finished.verdicts);
    finished.outcome = judgement.outcome;
    finished.summary = std::move(judgement.summary);
    finished.need = context_.facts.skipped_need;
    finished.machine_lacks = context_.machine_lacks;
    finished.faults = context_.facts.faults;
    finished.recovery_time_ns = context_.facts.recovery_time_ns;
    if (finished.outcome == verifiers::Outcome::kPass && !context_.run.options.keep_all) context_.blame(thin_out());
  }

 private:
  void explain_starts_that_never_came() {
    const size_t starts = context_.facts.processes.size();
    for (rca::InjectedFaultFact& fault : context_.facts.faults) {
      if (fault.state != "armed" || fault.incarnation < starts || starts == 0) continue;
      const bool finished = context_.facts.processes.back().finished;
      fault.confirmed_by = fmt::format(
          "it waits for start {} of the engine, which never came: start {} {}; `incarnation: {}` has it in that start",
          fault.incarnation, starts - 1, finished ? "ended in order" : "was the last", starts - 1);
    }
  }

  std::string inc_folder(uint32_t number) const { return context_.folder + "/inc" + std::to_string(number); }

  // With the program as a path: one that is in none of the places is in PATH.
  std::vector<std::string> command_line(const std::vector<std::string>& words) const {
    std::vector<std::string> argv = bind_program_words(words, places_);
    const char* const variable = ::getenv("PATH");
    std::istringstream folders(variable == nullptr ? "" : variable);
    for (std::string folder; argv.front().find('/') == std::string::npos && std::getline(folders, folder, ':');) {
      const std::string program = folder + "/" + argv.front();
      if (::access(program.c_str(), X_OK) == 0) argv.front() = program;
    }
    return argv;
  }

  std::string missing() const {
    std::string need = missing_need(context_.plan, context_.run.machine);
    if (!need.empty()) return need;
    for (const std::string& program : engine_.needs) {
      if (!program_exists(program, places_)) return program + ": no such program";
    }
    return {};
  }

  Status check_programs() const {
    for (const auto* const words : {&engine_.command, &engine_.recover, &engine_.dump_state, &engine_.check}) {
      if (words->empty() || program_exists(words->front(), places_)) continue;
      std::string looked = "looked for in";
      for (const std::string& folder : places_.folders) looked += " " + folder + ",";
      return fail(ErrorKind::kUsage, words->front() + ": no program that can be run", looked + " PATH");
    }
    return {};
  }

  Status set_up() {
    if (auto checked = check_programs(); !checked) return checked;
    auto channel = ControlChannel::create(context_.plan);
    if (!channel) return tl::unexpected(channel.error());
    context_.channel = std::move(*channel);
    context_.observer = std::make_unique<FaultObserver>(context_.plan, *context_.channel);
    if (auto limited = set_up_cgroup(); !limited) return limited;
    auto data = DataFolder::create(context_.plan, context_.folder, context_.channel->fd(), context_.run.ledger);
    if (!data) return tl::unexpected(data.error());
    context_.data = std::move(*data);
    context_.note("the data folder is on " + context_.data->description());
    if (engine_.dir.empty()) return {};
    const std::string folder = find_folder(engine_.dir, places_);
    if (folder.empty()) return fail(ErrorKind::kUsage, engine_.dir + ": no such folder");
    return copy_folder(folder, context_.data->path());
  }

  Status set_up_cgroup() {
    if (context_.plan.cgroup_memory_limit_bytes == 0) return {};
    const std::string name = "crashwright-" + context_.run.ledger.run_id() + "-" + context_.plan.id;
    const auto base = memory_cgroup_base();
    if (!base) return tl::unexpected(base.error());
    context_.cgroup_folder = *base + "/" + name;
    if (auto put = context_.run.ledger.add_cgroup(context_.cgroup_folder); !put) return put;
    auto cgroup = MemoryCgroup::create(name, context_.plan.cgroup_memory_limit_bytes);
    if (!cgroup) return tl::unexpected(cgroup.error());
    context_.cgroup = std::move(*cgroup);
    return {};
  }

  Result<HelperEnd> help(const std::vector<std::string>& words, const std::string& where, const std::string& output) {
    HelperRun run;
    run.argv = command_line(words);
    run.working_folder = where;
    run.output_path = output;
    run.environment = context_.marks();
    run.environment.push_back("CRASHWRIGHT_ACKED=" + context_.folder + "/acknowledged.txt");
    const auto at_least = std::min(kHelperPatienceMin, std::chrono::milliseconds(context_.plan.deadline_ms));
    run.patience = std::max<std::chrono::nanoseconds>(context_.deadline.remaining(), at_least);
    auto end = run_helper(run);
    if (end) end->command = fmt::format("{}", fmt::join(words, " "));
    return end;
  }

  // Recovery in place, then what it came to, seen from copies.
  Status look_after(uint32_t number) {
    context_.channel->begin(number + 1);  // what a fault did to the file system ends with the start that it was for
    AfterDeath after;
    after.finished = context_.facts.processes.back().finished;
    after.acknowledged = acknowledged_.size();
    std::string tokens;
    for (const std::string& token : acknowledged_) tokens += token + "\n";
    if (auto put = write_file(context_.folder + "/acknowledged.txt", tokens); !put) return put;
    const std::string out = inc_folder(number);
    if (!engine_.recover.empty()) {
      const auto recovered = help(engine_.recover, context_.data->path(), out + "/recover.txt");
      if (!recovered) return tl::unexpected(recovered.error());
      if (recovered->well() && context_.fault_ns != 0 && !context_.facts.recovery_time_ns) {
        context_.facts.recovery_time_ns = recovered->ended_ns - context_.fault_ns;
      }
      after.recovery = *recovered;
    }
    if (!engine_.dump_state.empty()) {
      for (auto* const dump : {&after.first_dump, &after.second_dump}) {
        const bool again = dump == &after.second_dump;
        auto dumped = dump_of_copy(out + (again ? "/second" : "/first"), again);
        if (!dumped) return tl::unexpected(dumped.error());
        *dump = std::move(*dumped);
      }
    }
    if (!engine_.check.empty()) {
      const std::string copy = out + "/checked";
      if (auto copied = copy_folder(context_.data->path(), copy); !copied) return copied;
      const auto checked = help(engine_.check, copy, out + "/check.txt");
      if (!checked) return tl::unexpected(checked.error());
      after.check = *checked;
    }
    answers_.deaths.push_back(std::move(after));
    return write_answers(context_.folder, answers_);
  }

  // The second dump is of what was recovered once more.
  Result<HelperEnd> dump_of_copy(const std::string& copy, bool recover_again) {
    if (auto copied = copy_folder(context_.data->path(), copy); !copied) return tl::unexpected(copied.error());
    if (recover_again && !engine_.recover.empty()) {
      auto recovered = help(engine_.recover, copy, copy + ".recover.txt");
      if (!recovered || !recovered->well()) return recovered;
    }
    return help(engine_.dump_state, copy, copy + ".json");
  }

  Status examine(CaseFinished& finished) {
    if (!can_run()) return {};
    auto report = rca::autopsy_folder(context_.folder, {});
    if (!report) return tl::unexpected(report.error());
    if (auto put = write_file(context_.folder + "/rca.json", rca::autopsy_to_json(*report)); !put) return put;
    finished.autopsy = std::move(*report);
    const auto view = verifiers::open_case(context_.folder);
    if (!view) return tl::unexpected(view.error());
    finished.verdicts = judge_engine(answers_, *view);
    set_aside_unproven(view->facts, finished.verdicts);
    return write_file(context_.folder + "/verdicts.json", verifiers::verdicts_to_json(finished.verdicts));
  }

  Status thin_out() const {
    for (const rca::ProcessFacts& process : context_.facts.processes) {
      if (auto removed = remove_tree(context_.folder + "/" + process.folder); !removed) return removed;
    }
    // Facts without their artefacts would be judged again as if everything had been lost.
    return remove_tree(context_.folder + "/facts.json");
  }

  CaseContext context_;
  const ForeignEngine& engine_;
  ProgramPlaces places_;
  std::vector<std::string> acknowledged_;
  EngineAnswers answers_;
};

}  // namespace

std::optional<CaseFinished> run_engine_case(const Plan& plan, RunContext& run) {
  const uint64_t started_ns = monotonic_ns();
  EngineCase engine(plan, run);
  run.sink.on_event(
      CaseStarted{plan.id, plan.name, build_name(plan.build), plan.seed, wall_ns(), told_variables(engine.context())});
  CaseFinished finished = describe_case(engine.context());
  engine.context().blame(write_description(engine.context()));
  if (engine.can_run()) {
    engine.context().blame(engine.carry_out());
    engine.context().blame(engine.undo());
  }
  if (interrupted()) return std::nullopt;
  engine.conclude(finished);
  finished.duration_ns = monotonic_ns() - started_ns;
  run.sink.on_event(finished);
  return finished;
}

}  // namespace crashwright::harness
