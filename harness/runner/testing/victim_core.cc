#include "harness/runner/testing/victim_core.h"

#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "harness/runner/core_file.h"
#include "postmortem/crash_handler.h"

namespace crashwright::harness {
namespace {

constexpr std::chrono::seconds kPatience{60};

ChildOptions victim_options(const std::string& folder, const std::vector<std::string>& arguments) {
  ChildOptions options;
  options.argv = {CORE_VICTIM, folder + "/crash.rec"};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_folder = folder;
  options.stdout_path = folder + "/stdout.txt";
  options.stderr_path = folder + "/stderr.txt";
  return options;
}

std::string what_is_wrong_with(const std::string& path) {
  const auto complete = check_core_complete(path);
  return complete ? std::string() : complete.error().message;
}

}  // namespace

VictimCore run_victim(const std::string& folder, CoreWay way, const std::vector<std::string>& arguments) {
  ChildOptions options = victim_options(folder, arguments);
  std::unique_ptr<CrashTracer> tracer;
  if (way != CoreWay::kKernel) options.kernel_core = false;
  if (way == CoreWay::kOutside) {
    options.before_exec = [&](int32_t pid) -> Status {
      auto attached = CrashTracer::attach(pid, folder + "/core." + std::to_string(pid));
      if (!attached) return tl::unexpected(attached.error());
      tracer = std::move(*attached);
      return {};
    };
  }
  if (way == CoreWay::kSelf) {
    options.ptrace_allowed = false;
    options.environment.push_back(std::string(postmortem::kOwnCoreVariable) + "=" + folder);
  }
  VictimCore result;
  const auto child = Child::spawn(options);
  if (!child) {
    result.problem = child.error().message;
    return result;
  }
  result.pid = (*child)->pid();
  SupervisionOptions supervision;
  supervision.deadline = kPatience;
  supervision.tracer = tracer.get();
  result.seen = supervise(**child, supervision);
  result.path = result.seen.outside_core;
  if (way == CoreWay::kOutside && result.path.empty()) result.problem = result.seen.outside_core_failed;
  if (way == CoreWay::kKernel) {
    const CoreSearch search = find_core(folder, result.pid);
    result.path = search.path;
    result.problem = search.absent_because;
  }
  if (way == CoreWay::kSelf) result.path = folder + "/core." + std::to_string(result.pid);
  if (!result.path.empty()) result.problem = what_is_wrong_with(result.path);
  return result;
}

std::unique_ptr<Child> start_hanging_victim(const std::string& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "hang");
  auto child = Child::spawn(victim_options(folder, arguments));
  if (!child) return nullptr;
  const Deadline deadline(kPatience);
  while (read_file(folder + "/stdout.txt").value_or("").empty() && !deadline.passed()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return std::move(*child);
}

}  // namespace crashwright::harness
