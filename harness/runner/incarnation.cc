#include "harness/runner/incarnation.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "base/harness_bug.h"
#include "harness/runner/aftermath.h"
#include "harness/runner/core_file.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/engine_exit.h"
#include "harness/runner/engine_variables.h"
#include "harness/runner/files.h"
#include "harness/runner/interrupt.h"
#include "harness/runner/own_formats.h"
#include "harness/runner/passages.h"
#include "harness/runner/supervise.h"
#include "postmortem/crash_handler.h"
#include "rca/build_id.h"

namespace crashwright::harness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRecoverDeadline{10'000};
constexpr milliseconds kSecondPrimaryPatience{5'000};

std::string incarnation_folder(uint32_t number) { return "inc" + std::to_string(number); }

EngineCommand engine_command(const CaseContext& context, const std::string& data, const std::string& folder) {
  EngineCommand command;
  command.program = context.run.options.programs.engine(context.plan.build);
  command.data = data;
  command.folder = folder;
  command.exchange = context.exchange->address();
  command.drop_copy = context.folder + "/exchange/drop_copy.jsonl";
  return command;
}

ChildOptions child_options(const CaseContext& context, const EngineCommand& command) {
  ChildOptions child;
  child.argv = engine_arguments(context.plan, command);
  child.working_folder = command.folder;
  child.stdout_path = command.folder + "/stdout.txt";
  child.stderr_path = command.folder + "/stderr.txt";
  child.environment = engine_variables(context, command.folder, 0);
  return child;
}

// A hang must leave time for the restart after it, so one incarnation gets half of what is left.
milliseconds incarnation_deadline(const CaseContext& context) {
  const auto left = std::chrono::duration_cast<milliseconds>(context.deadline.remaining());
  return std::max(left / 2, milliseconds(1));
}

// The engine, and who traces it where the kernel's own core is not to be had. The tracer goes first.
struct Engine {
  std::unique_ptr<Child> child;
  std::unique_ptr<CrashTracer> tracer;
};

void trace_from_the_start(ChildOptions& options, const std::string& folder, std::unique_ptr<CrashTracer>& tracer) {
  options.kernel_core = false;
  options.before_exec = [folder, &tracer](int32_t pid) -> Status {
    auto attached = CrashTracer::attach(pid, folder + "/core." + std::to_string(pid));
    if (!attached) return tl::unexpected(attached.error());
    tracer = std::move(*attached);
    return {};
  };
}

CoreWay core_way(const CaseContext& context) { return context.plan.core.value_or(context.run.machine.core); }

// A way that the scenario asks for is the only one that is left open.
void open_way_to_core(const CaseContext& context, const std::string& folder, ChildOptions& options,
                      std::unique_ptr<CrashTracer>& tracer) {
  if (core_way(context) == CoreWay::kOutside) trace_from_the_start(options, folder, tracer);
  if (core_way(context) != CoreWay::kSelf) return;
  options.kernel_core = false;
  options.ptrace_allowed = !context.plan.core.has_value();
  options.environment.push_back(std::string(postmortem::kOwnCoreVariable) + "=" + folder);
}

Result<Engine> spawn_engine(CaseContext& context, const EngineCommand& command) {
  Engine engine;
  ChildOptions options = child_options(context, command);
  options.environment.push_back(context.channel->environment_entry());
  options.inherited_fds = {context.channel->fd()};
  if (context.cgroup) options.cgroup_procs = context.cgroup->procs_path();
  open_way_to_core(context, command.folder, options, engine.tracer);
  auto child = Child::spawn(options);
  if (!child) return tl::unexpected(child.error());
  engine.child = std::move(*child);
  const Child& started = *engine.child;
  if (auto put = context.run.ledger.add_process(started.pid(), started.start_time(), "mock_engine"); !put) {
    return tl::unexpected(put.error());
  }
  return engine;
}

rca::ProcessFacts process_facts(const CaseContext& context, const Child& child, const Supervised& seen,
                                const EngineCommand& command, uint32_t number) {
  rca::ProcessFacts facts;
  facts.role = command.recover_only ? "recover_only" : "engine";
  facts.incarnation = number;
  facts.folder = command.folder.substr(context.folder.size() + 1);
  facts.argv = engine_arguments(context.plan, command);
  facts.build = build_name(context.plan.build);
  facts.build_id = rca::build_id_of_file(command.program);
  record_end(child, seen, facts);
  return facts;
}

// Another engine on the same data folder, without control block and faults. One that is let in is ended here.
int32_t run_second_primary(CaseContext& context) {
  const std::string folder = context.folder + "/second_primary";
  EngineCommand command = engine_command(context, context.data->path(), folder);
  if (!make_folder(folder)) return 0;
  auto child = Child::spawn(child_options(context, command));
  if (!child) return 0;
  SupervisionOptions options;
  options.deadline = kSecondPrimaryPatience;
  const Supervised seen = supervise(**child, options);
  rca::ProcessFacts facts = process_facts(context, **child, seen, command, 0);
  facts.role = "second_primary";
  facts.finished = seen.end.exited_with(0);
  context.facts.processes.push_back(facts);
  return seen.end.wait_status;
}

Supervised watch(CaseContext& context, const Engine& engine, uint32_t number, const std::string& folder) {
  SupervisionOptions options;
  options.channel = context.channel.get();
  options.plan = &context.plan;
  options.incarnation = number;
  options.exchange = &context.exchange->child();
  options.deadline = incarnation_deadline(context);
  options.folder = folder;
  options.tracer = engine.tracer.get();
  options.start_second_primary = [&context] { return run_second_primary(context); };
  options.note = [&context](const std::string& text) { context.note(text); };
  return supervise(*engine.child, options);
}

void record_core(const Supervised& seen, const std::string& folder, CoreWay way, rca::ProcessFacts& facts) {
  facts.core_dumped = WIFSIGNALED(facts.wait_status) && WCOREDUMP(facts.wait_status);
  std::string path = seen.outside_core;
  if (!path.empty()) {
    facts.core_way = "outside";
  } else if (facts.core_dumped || (way == CoreWay::kSelf && WIFSIGNALED(facts.wait_status))) {
    const CoreSearch search = find_core(folder, facts.pid);
    path = search.path;
    facts.core_absent_because = search.absent_because;
    if (!path.empty()) facts.core_way = core_way_name(facts.core_dumped ? CoreWay::kKernel : CoreWay::kSelf);
  } else if (!seen.outside_core_failed.empty()) {
    facts.core_absent_because = seen.outside_core_failed;
  } else if (WIFSIGNALED(facts.wait_status)) {
    facts.core_absent_because = "the kernel wrote none for " + describe_wait_status(facts.wait_status);
  } else {
    facts.core_absent_because = "the process ended by itself";
  }
  if (!path.empty() && harness_bug_active("core_cut_short")) {
    std::error_code ignored;
    std::filesystem::resize_file(path, std::filesystem::file_size(path, ignored) / 2, ignored);
  }
  if (!path.empty()) facts.core_path = facts.folder + path.substr(path.rfind('/'));
}

void note_end(const CaseContext& context, const rca::ProcessFacts& facts) {
  for (const rca::InjectedFaultFact& fault : context.observer->facts()) {
    if (fault.state == "armed" || fault.incarnation != facts.incarnation) continue;
    context.note("fault fired: " + fault.kind + (fault.point.empty() ? "" : " at " + fault.point) + ", " + fault.state +
                 (fault.confirmed_by.empty() ? "" : " by " + fault.confirmed_by));
  }
  context.note("engine " + std::to_string(facts.incarnation) + " (pid " + std::to_string(facts.pid) +
               (facts.finished ? ") finished, " : ") ended, ") + describe_wait_status(facts.wait_status) +
               (facts.killed_by.empty() ? "" : " sent by the harness (" + facts.kill_reason + ")"));
}

// What an engine keeps, with the segments of its log that it archived.
Status copy_data(const std::string& from, const std::string& to) {
  if (auto copied = copy_files(from, to); !copied) return copied;
  return file_exists(from + "/archive") ? copy_files(from + "/archive", to + "/archive") : Status{};
}

// Between this death and the next start: what the storage lost, what was damaged, and a copy of what is left.
Status secure_data(CaseContext& context, const rca::ProcessFacts& facts) {
  if (!facts.finished) {
    const uint32_t before = facts.incarnation == 0 ? 0 : facts.incarnation - 1;
    const auto golden = context.run.golden.folder(context.plan);
    if (!golden) return tl::unexpected(golden.error());
    const OtherData others{context.folder + "/" + incarnation_folder(before) + "/data", *golden + "/data"};
    if (auto done = apply_aftermath(context, facts.incarnation, others); !done) return done;
  }
  const std::string copy = context.folder + "/" + facts.folder + "/data";
  if (auto copied = copy_data(context.data->path(), copy); !copied) return copied;
  return export_own_formats(context, facts);
}

// The clock of recovery stands still only for the engine: it starts with the fault and stops with the first order.
void take_time(CaseContext& context, const rca::ProcessFacts& facts) {
  const postmortem::EngineWitness& engine = context.channel->block().engine;
  const uint64_t sent_ns = engine.first_send_ns.load();
  const uint64_t back_ns = sent_ns != 0 ? sent_ns : engine.resumed_ns.load();
  if (context.fault_ns != 0 && back_ns > context.fault_ns && !context.facts.recovery_time_ns) {
    context.facts.recovery_time_ns = back_ns - context.fault_ns;
  }
  if (facts.finished || context.fault_ns != 0) return;
  const uint64_t fired_ns = context.observer->fatal_ns(facts.incarnation);
  context.fault_ns = fired_ns != 0 ? fired_ns : facts.ended_ns;
}

// An engine without control block and faults, to its end; its facts are the last of the case then.
Status run_beside(CaseContext& context, const EngineCommand& command, uint32_t number) {
  auto child = Child::spawn(child_options(context, command));
  if (!child) return tl::unexpected(child.error());
  if (auto put = context.run.ledger.add_process((*child)->pid(), (*child)->start_time(), "mock_engine"); !put) {
    return put;
  }
  SupervisionOptions options;
  options.deadline = kRecoverDeadline;
  const Supervised seen = supervise(**child, options);
  context.facts.processes.push_back(process_facts(context, **child, seen, command, number));
  return {};
}

// One run with --recover-only on `data`, its answer moved to `json`.
Status recover_once(CaseContext& context, uint32_t number, const std::string& folder, const std::string& which) {
  const std::string workplace = folder + "/" + which;
  if (auto made = make_folder(workplace); !made) return made;
  EngineCommand command = engine_command(context, folder + "/data", workplace);
  command.recover_only = true;
  if (auto ran = run_beside(context, command, number); !ran) return ran;
  context.facts.processes.back().finished = context.facts.processes.back().wait_status == 0;
  if (file_exists(workplace + "/recovered_state.json")) {
    if (auto kept = copy_file(workplace + "/recovered_state.json", folder + "/" + which + ".json"); !kept) return kept;
  }
  if (auto kept = copy_file(workplace + "/stderr.txt", folder + "/" + which + ".stderr.txt"); !kept) return kept;
  context.facts.processes.back().folder = folder.substr(context.folder.size() + 1);
  return remove_tree(workplace);
}

// A second engine on the same data, once the first one trades. Whether it was turned away is for the verifiers.
Status challenge(CaseContext& context, uint32_t number) {
  const std::string folder = context.folder + "/" + incarnation_folder(number) + "/second";
  if (auto made = make_folder(folder); !made) return made;
  constexpr timespec kSlice{0, 1'000'000};
  const Deadline patience(kRecoverDeadline);
  while (context.channel->block().engine.orders_sent.load() == 0 && !patience.passed()) ::nanosleep(&kSlice, nullptr);
  const EngineCommand command = engine_command(context, context.data->path(), folder);
  if (auto ran = run_beside(context, command, number); !ran) return ran;
  context.facts.processes.back().role = "second_engine";
  context.note("a second engine on the same data: " + describe_wait_status(context.facts.processes.back().wait_status));
  return {};
}

}  // namespace

Result<IncarnationEnd> run_incarnation(CaseContext& context, uint32_t number) {
  const std::string folder = context.folder + "/" + incarnation_folder(number);
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  EngineCommand command = engine_command(context, context.data->path(), folder);
  command.incarnation = number;
  if (auto put = write_limits(context.plan, folder); !put) return tl::unexpected(put.error());
  context.channel->begin(number);
  const uint64_t oom_kills_before = context.cgroup ? context.cgroup->oom_kills() : 0;
  const uint64_t limit_hits_before = context.cgroup ? context.cgroup->limit_hits() : 0;
  const auto engine = spawn_engine(context, command);
  if (!engine) return tl::unexpected(engine.error());
  if (context.plan.session.second_engine && number == 0) {
    if (auto challenged = challenge(context, number); !challenged) return tl::unexpected(challenged.error());
  }
  const Supervised seen = watch(context, *engine, number, folder);

  rca::ProcessFacts facts = process_facts(context, *engine->child, seen, command, number);
  if (context.cgroup) {
    facts.oom_kills = context.cgroup->oom_kills() - oom_kills_before;
    facts.cgroup_limit_hits = static_cast<int64_t>(context.cgroup->limit_hits() - limit_hits_before);
    facts.cgroup_memory_limit_bytes = context.plan.cgroup_memory_limit_bytes;
  }
  facts.finished = seen.end.exited_with(0) && context.channel->block().engine.finished.load() == 1;
  facts.control_dump = facts.folder + "/control.bin";
  record_core(seen, folder, core_way(context), facts);
  context.observer->after_incarnation(facts);
  for (const auto& [point, hits] : passages_of(context.channel->block())) context.passages[point] += hits;
  if (auto dumped = context.channel->dump(context.folder + "/" + facts.control_dump); !dumped) {
    return tl::unexpected(dumped.error());
  }
  take_time(context, facts);
  context.facts.processes.push_back(facts);
  note_end(context, facts);
  // The harness's own work between death and restart is not the engine's time.
  const auto left = context.deadline.remaining();
  if (auto secured = secure_data(context, facts); !secured) return tl::unexpected(secured.error());
  context.deadline = Deadline(left);
  if (seen.exchange_ended) return fail(ErrorKind::kInternal, "the exchange ended while the engine ran");
  if (facts.finished) return IncarnationEnd::kFinished;
  return seen.end.exited_with(kEngineRefused) ? IncarnationEnd::kRefused : IncarnationEnd::kDied;
}

Status recover_twice(CaseContext& context, uint32_t number) {
  const std::string folder = context.folder + "/recovered/" + std::to_string(number);
  const std::string left = context.folder + "/" + incarnation_folder(number) + "/data";
  if (auto copied = copy_data(left, folder + "/data"); !copied) return copied;
  if (auto restored = restore_own_files(folder + "/data"); !restored) return restored;
  for (const char* which : {"first", "second"}) {
    if (interrupted()) break;
    if (auto recovered = recover_once(context, number, folder, which); !recovered) return recovered;
  }
  return remove_tree(folder + "/data");
}

}  // namespace crashwright::harness
