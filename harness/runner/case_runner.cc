#include "harness/runner/case_runner.h"

#include <algorithm>
#include <csignal>

#include "base/file.h"
#include "base/harness_bug.h"
#include "harness/runner/case_description.h"
#include "harness/runner/engine_case.h"
#include "harness/runner/engine_exit.h"
#include "harness/runner/engine_variables.h"
#include "harness/runner/exploration_case.h"
#include "harness/runner/files.h"
#include "harness/runner/incarnation.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/judge.h"
#include "harness/runner/leftovers.h"
#include "harness/runner/own_formats.h"
#include "rca/autopsy.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {
namespace {

constexpr uint32_t kIncarnationsMax = 5;

Status bring_golden(CaseContext& context) {
  const auto golden = context.run.golden.folder(context.plan);
  if (!golden) return tl::unexpected(golden.error());
  return copy_files(*golden, context.folder + "/golden");
}

Status set_up(CaseContext& context) {
  if (auto golden = bring_golden(context); !golden) return golden;
  // The golden run may have taken long, and is not this case's doing.
  context.deadline = Deadline(std::chrono::milliseconds(context.plan.deadline_ms));
  auto channel = ControlChannel::create(context.plan);
  if (!channel) return tl::unexpected(channel.error());
  context.channel = std::move(*channel);
  context.observer = std::make_unique<FaultObserver>(context.plan, *context.channel);
  if (context.plan.cgroup_memory_limit_bytes > 0) {
    const std::string name = "crashwright-" + context.run.ledger.run_id() + "-" + context.plan.id;
    const auto base = memory_cgroup_base();
    if (!base) return tl::unexpected(base.error());
    context.cgroup_folder = *base + "/" + name;
    if (auto put = context.run.ledger.add_cgroup(context.cgroup_folder); !put) return put;
    auto cgroup = MemoryCgroup::create(name, context.plan.cgroup_memory_limit_bytes);
    if (!cgroup) return tl::unexpected(cgroup.error());
    context.cgroup = std::move(*cgroup);
  }
  auto data = DataFolder::create(context.plan, context.folder, context.channel->fd(), context.run.ledger);
  if (!data) return tl::unexpected(data.error());
  context.data = std::move(*data);
  const std::string exchange_folder = context.folder + "/exchange";
  if (auto made = make_folder(exchange_folder); !made) return made;
  auto exchange = ExchangeProcess::start(
      {context.run.options.programs.exchange, exchange_folder, context.plan.exchange, context.marks()});
  if (!exchange) return tl::unexpected(exchange.error());
  context.exchange = std::move(*exchange);
  const Child& child = context.exchange->child();
  return context.run.ledger.add_process(child.pid(), child.start_time(), "mock_exchange");
}

Status live(CaseContext& context) {
  const uint32_t starts_max = std::max(kIncarnationsMax, context.plan.incarnations_expected() + 1);
  for (uint32_t number = 0; number < starts_max; ++number) {
    const auto ended = run_incarnation(context, number);
    if (!ended) return tl::unexpected(ended.error());
    if (*ended != IncarnationEnd::kDied || interrupted()) return {};
    const rca::ProcessFacts& facts = context.facts.processes.back();
    if (const ChildEnd end{facts.wait_status}; never_ran(end)) {
      const auto said = read_file(context.folder + "/" + facts.folder + "/stderr.txt");
      return tl::unexpected(why_it_never_ran(end, said.value_or("")));
    }
    if (context.deadline.passed()) {
      context.note("the deadline of the case has passed");
      return {};
    }
  }
  context.note("the engine died " + std::to_string(starts_max) + " times, no further start");
  return {};
}

Status stop_exchange(CaseContext& context) {
  const Status stopped = context.exchange->stop();
  const auto report = read_file(context.folder + "/exchange/exchange.json");
  if (report) context.observer->after_exchange(*report);
  return stopped;
}

Status recover_deaths(CaseContext& context) {
  std::vector<uint32_t> deaths;
  for (const rca::ProcessFacts& process : context.facts.processes) {
    if (!process.finished) deaths.push_back(process.incarnation);
  }
  for (const uint32_t number : deaths) {
    if (interrupted()) break;
    if (auto recovered = recover_twice(context, number); !recovered) return recovered;
  }
  return {};
}

Status carry_out(CaseContext& context) {
  if (auto done = set_up(context); !done) return done;
  if (auto done = live(context); !done) return done;
  if (auto done = recover_deaths(context); !done) return done;
  return stop_exchange(context);
}

// Ends and removes everything, then asks the kernel what is left all the same.
Status undo(CaseContext& context) {
  Status outcome;
  context.exchange.reset();
  if (context.data) outcome = context.data->stop();
  context.data.reset();
  context.cgroup.reset();
  context.facts.leftovers =
      find_leftovers({context.mark, context.folder, context.cgroup_folder, context.run.ledger.run_id()});
  return outcome;
}

std::string missing(const CaseContext& context) {
  if (context.run.options.programs.engine(context.plan.build).empty()) {
    return std::string("the ") + build_name(context.plan.build) + " build of the engine";
  }
  return missing_need(context.plan, context.run.machine);
}

Status examine(CaseContext& context, CaseFinished& finished) {
  if (!context.facts.skipped_need.empty() || !context.facts.environment_error.empty()) return {};
  rca::AutopsyOptions options;
  options.substring_classifier = harness_bug_active("classifier_by_substring");
  auto report = rca::autopsy_folder(context.folder, options);
  if (!report) return tl::unexpected(report.error());
  if (auto judged = judge_own_cause(context, *report); !judged) return judged;
  if (auto put = write_file(context.folder + "/rca.json", rca::autopsy_to_json(*report)); !put) return put;
  finished.autopsy = std::move(*report);
  const auto view = verifiers::open_case(context.folder);
  if (!view) return tl::unexpected(view.error());
  finished.verdicts = verifiers::verify_case(*view);
  set_aside_unproven(view->facts, finished.verdicts);
  return write_file(context.folder + "/verdicts.json", verifiers::verdicts_to_json(finished.verdicts));
}

// A case that passed keeps what tells how, not what it was found from.
Status thin_out(const CaseContext& context) {
  for (const char* part : {"/exchange", "/golden", "/recovered"}) {
    if (auto removed = remove_tree(context.folder + part); !removed) return removed;
  }
  for (const rca::ProcessFacts& process : context.facts.processes) {
    if (process.role != "engine" && process.role != "second_primary") continue;
    if (auto removed = remove_tree(context.folder + "/" + process.folder); !removed) return removed;
  }
  for (uint32_t number = 0; file_exists(context.folder + "/record-" + std::to_string(number)); ++number) {
    if (auto removed = remove_tree(context.folder + "/record-" + std::to_string(number)); !removed) return removed;
  }
  // Facts without their artefacts would be judged again as if everything had been lost.
  return remove_tree(context.folder + "/facts.json");
}

CaseFinished conclude(CaseContext& context, uint64_t started_ns) {
  CaseFinished finished = describe_case(context);
  const std::string facts_path = context.folder + "/facts.json";
  context.blame(rca::write_case_facts(facts_path, context.facts));
  context.blame(examine(context, finished));
  // Once more when the examination itself ran into trouble: the folder tells what the report tells.
  if (!context.facts.environment_error.empty()) context.blame(rca::write_case_facts(facts_path, context.facts));
  Judgement judgement = judge(context.facts, finished.verdicts);
  if (judgement.outcome == verifiers::Outcome::kPass && !context.run.options.keep_all) {
    if (const Status thinned = thin_out(context); !thinned) context.note("not thinned out: " + thinned.error().message);
  }
  finished.outcome = judgement.outcome;
  finished.summary = std::move(judgement.summary);
  finished.need = context.facts.skipped_need;
  finished.machine_lacks = context.machine_lacks;
  finished.faults = context.facts.faults;
  finished.passages = context.passages;
  finished.recovery_time_ns = context.facts.recovery_time_ns;
  finished.duration_ns = monotonic_ns() - started_ns;
  return finished;
}

}  // namespace

std::optional<CaseFinished> run_case(const Plan& plan, RunContext& run) {
  if (plan.exploration) return run_exploration_case(plan, run);
  if (plan.own_engine) return run_engine_case(plan, run);
  const uint64_t started_ns = monotonic_ns();
  CaseContext context(plan, run);
  run.sink.on_event(
      CaseStarted{plan.id, plan.name, build_name(plan.build), plan.seed, wall_ns(), told_variables(context)});
  context.facts.name = plan.name;
  context.facts.seed = plan.seed;
  context.facts.environment_error = distrust(plan, run.machine);
  if (context.facts.environment_error.empty()) context.facts.skipped_need = missing(context);
  context.blame(write_description(context));
  if (context.facts.skipped_need.empty() && context.facts.environment_error.empty()) {
    context.blame(carry_out(context));
    context.blame(undo(context));
    if (context.observer) context.facts.faults = context.observer->facts();
  }
  if (interrupted()) return std::nullopt;
  CaseFinished finished = conclude(context, started_ns);
  run.sink.on_event(finished);
  return finished;
}

}  // namespace crashwright::harness
