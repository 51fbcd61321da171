#include "harness/runner/golden.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "base/file.h"
#include "base/harness_bug.h"
#include "harness/runner/engine_command.h"
#include "harness/runner/engine_exit.h"
#include "harness/runner/exchange_process.h"
#include "harness/runner/files.h"
#include "harness/runner/supervise.h"

namespace crashwright::harness {
namespace {

constexpr size_t kQuoteBytesMax = 400;
constexpr uint64_t kDeadlineMsMin = 60'000;

std::string quoted(const std::string& path) {
  const auto text = read_file(path);
  return text && !text->empty() ? ": " + text->substr(0, kQuoteBytesMax) : std::string();
}

// What is left of a plan when nothing goes wrong.
Plan uninterrupted(const Plan& plan) {
  Plan golden = plan;
  // What an engine without limits is to be compared with is one that has them.
  if (golden.session.limits == Limits::kMissing) golden.session.limits = Limits::kDefault;
  golden.exchange.new_session_after = 0;  // what follows a new session ends in the same books, if the engine may go on
  if (harness_bug_active("golden_of_another_seed")) ++golden.session.seed;
  return golden;
}

EngineCommand golden_command(const std::string& program, const std::string& folder, const std::string& exchange) {
  EngineCommand command;
  command.program = program;
  command.folder = folder + "/engine";
  command.data = command.folder + "/data";
  command.exchange = exchange;
  command.planted_bugs = false;
  return command;
}

ChildOptions golden_engine(const Plan& golden, const EngineCommand& command, const std::vector<std::string>& marks) {
  ChildOptions child;
  child.argv = engine_arguments(golden, command);
  child.working_folder = command.folder;
  child.stdout_path = command.folder + "/stdout.txt";
  child.stderr_path = command.folder + "/stderr.txt";
  child.environment = engine_environment(Build::kRelease, command.folder);
  child.environment.insert(child.environment.end(), marks.begin(), marks.end());
  return child;
}

}  // namespace

std::string golden_key(const Plan& plan) {
  const Plan golden = uninterrupted(plan);
  return fmt::format("{} | {} | {}", fmt::join(engine_arguments(golden, golden_command({}, {}, {})), " "),
                     fmt::join(exchange_arguments(golden.exchange), " "), golden.harness_bug);
}

Result<std::string> GoldenRuns::folder(const Plan& plan) {
  const std::string key = golden_key(plan);
  std::promise<Result<std::string>> promise;
  std::shared_future<Result<std::string>> answer;
  std::string to_make;
  {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(key);
    if (found != runs_.end()) {
      answer = found->second;
    } else {
      to_make = options_.folder + "/.golden/" + std::to_string(runs_.size());
      answer = promise.get_future().share();
      runs_.emplace(key, answer);
    }
  }
  if (!to_make.empty()) promise.set_value(make(plan, to_make));
  return answer.get();
}

size_t GoldenRuns::made() const {
  const std::lock_guard lock(mutex_);
  return runs_.size();
}

Result<std::string> GoldenRuns::make(const Plan& plan, const std::string& folder) {
  for (const char* part : {"/exchange", "/engine/data"}) {
    if (auto made = make_folder(folder + part); !made) return tl::unexpected(made.error());
  }
  const std::vector<std::string> marks = {ledger_.mark()};
  const Plan golden = uninterrupted(plan);
  auto exchange = ExchangeProcess::start({options_.programs.exchange, folder + "/exchange", golden.exchange, marks});
  if (!exchange) return tl::unexpected(exchange.error());
  Child& exchange_child = (*exchange)->child();
  if (auto put = ledger_.add_process(exchange_child.pid(), exchange_child.start_time(), "mock_exchange"); !put) {
    return tl::unexpected(put.error());
  }
  if (auto put = write_limits(golden, folder + "/engine"); !put) return tl::unexpected(put.error());
  const EngineCommand command = golden_command(options_.programs.release, folder, (*exchange)->address());
  auto engine = Child::spawn(golden_engine(golden, command, marks));
  if (!engine) return tl::unexpected(engine.error());
  if (auto put = ledger_.add_process((*engine)->pid(), (*engine)->start_time(), "mock_engine"); !put) {
    return tl::unexpected(put.error());
  }
  SupervisionOptions watch;
  watch.exchange = &exchange_child;
  // Nobody waits for a fault here, and a machine under load is no reason to doubt the engine.
  watch.deadline = std::chrono::milliseconds(std::max(kDeadlineMsMin, plan.deadline_ms));
  const Supervised seen = supervise(**engine, watch);
  if (!seen.end.exited_with(0)) {
    return fail(kind_of_end(seen.end), "the uninterrupted run of this session ended with " +
                                           describe_wait_status(seen.end.wait_status) +
                                           quoted(folder + "/engine/stderr.txt"));
  }
  if (auto stopped = (*exchange)->stop(); !stopped) return tl::unexpected(stopped.error());
  const std::string state = folder + "/engine/final_state.json";
  if (auto kept = copy_file(state, folder + "/final_state.json"); !kept) return tl::unexpected(kept.error());
  if (auto kept = copy_file(folder + "/exchange/exchange.json", folder + "/exchange.json"); !kept) {
    return tl::unexpected(kept.error());
  }
  if (auto kept = copy_files(command.data, folder + "/data"); !kept) return tl::unexpected(kept.error());
  if (auto removed = remove_tree(folder + "/engine"); !removed) return tl::unexpected(removed.error());
  return folder;
}

}  // namespace crashwright::harness
