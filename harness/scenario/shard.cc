#include "harness/scenario/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

#include "base/checksum.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kSharesMax = 100'000;
constexpr const char* kOwn = "CRASHWRIGHT_SHARD";
constexpr const char* kOwnCount = "CRASHWRIGHT_SHARDS";

// How a job system tells its tasks apart.
struct JobSystem {
  const char* name;
  const char* index;
  const char* count;
  uint64_t first;           // what the first task's index is
  const char* status_file;  // null: none
};

constexpr JobSystem kJobSystems[] = {
    {"Bazel", "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", 0, "TEST_SHARD_STATUS_FILE"},
    {"GoogleTest", "GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS", 0, "GTEST_SHARD_STATUS_FILE"},
    {"GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, nullptr},
};

bool is_set(const char* value) { return value != nullptr && *value != 0; }

bool parse_number(std::string_view text, uint64_t& number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size();
}

Error no_number(const char* variable, const char* value) {
  return {ErrorKind::kUsage, fmt::format("{} is \"{}\", which is no number", variable, value),
          "--shard I/N wins over it, --shard 1/1 runs everything"};
}

Result<uint64_t> number_of(const char* variable, const Environment& environment) {
  const char* const value = environment(variable);
  uint64_t number = 0;
  if (!is_set(value) || !parse_number(value, number))
    return tl::unexpected(no_number(variable, is_set(value) ? value : ""));
  return number;
}

Result<std::optional<Shard>> checked(uint64_t index, uint64_t count, const std::string& source,
                                     const char* status_file) {
  if (count == 0 || count > kSharesMax || index < 1 || index > count) {
    return fail(ErrorKind::kUsage, fmt::format("{} says share {} of {}", source, index, count),
                "--shard I/N wins over it, --shard 1/1 runs everything");
  }
  return Shard{index, count, source, is_set(status_file) ? status_file : ""};
}

Result<std::optional<Shard>> shard_of(const JobSystem& system, const Environment& environment) {
  const auto index = number_of(system.index, environment);
  if (!index) return tl::unexpected(index.error());
  const auto count = number_of(system.count, environment);
  if (!count) return tl::unexpected(count.error());
  const char* const status_file = system.status_file == nullptr ? nullptr : environment(system.status_file);
  return checked(*index - system.first + 1, *count, fmt::format("{} of {}", system.index, system.name), status_file);
}

// A job array may begin anywhere and count in steps: --array=10-50:10 has five tasks.
Result<std::optional<Shard>> shard_of_slurm(const Environment& environment) {
  const auto id = number_of("SLURM_ARRAY_TASK_ID", environment);
  if (!id) return tl::unexpected(id.error());
  const auto count = number_of("SLURM_ARRAY_TASK_COUNT", environment);
  if (!count) return tl::unexpected(count.error());
  const auto first = number_of("SLURM_ARRAY_TASK_MIN", environment);
  const auto step = is_set(environment("SLURM_ARRAY_TASK_STEP")) ? number_of("SLURM_ARRAY_TASK_STEP", environment)
                                                                 : Result<uint64_t>(1);
  if (!first) return tl::unexpected(first.error());
  if (!step) return tl::unexpected(step.error());
  if (*step == 0 || *id < *first) return checked(0, *count, "SLURM_ARRAY_TASK_ID of Slurm", nullptr);
  return checked((*id - *first) / *step + 1, *count, "SLURM_ARRAY_TASK_ID of Slurm", nullptr);
}

// Kubernetes tells a pod its index and not how many there are.
Result<std::optional<Shard>> shard_of_kubernetes(const Environment& environment) {
  if (!is_set(environment(kOwnCount))) {
    return fail(ErrorKind::kUsage,
                "JOB_COMPLETION_INDEX of Kubernetes is set, but nothing says how many shares there are",
                fmt::format("set {} to the job's .spec.completions, or give --shard (1/1 runs everything)", kOwnCount));
  }
  const auto index = number_of("JOB_COMPLETION_INDEX", environment);
  if (!index) return tl::unexpected(index.error());
  const auto count = number_of(kOwnCount, environment);
  if (!count) return tl::unexpected(count.error());
  return checked(*index + 1, *count, "JOB_COMPLETION_INDEX of Kubernetes", nullptr);
}

uint64_t share_by_name(const std::string& id, uint64_t count) { return fnv1a(id) % count + 1; }

// The longest first, each to the share that has least to do: what one machine decides, all decide.
std::vector<uint64_t> shares_by_time(const std::vector<Plan>& plans,
                                     const std::map<std::string, uint64_t>& durations_ns, uint64_t count) {
  std::vector<uint64_t> known;
  for (const auto& [id, duration] : durations_ns) known.push_back(duration);
  std::nth_element(known.begin(), known.begin() + static_cast<long>(known.size() / 2), known.end());
  const uint64_t usual = known[known.size() / 2];
  const auto duration_of = [&](size_t i) {
    const auto found = durations_ns.find(plans[i].id);
    return found == durations_ns.end() ? usual : found->second;
  };
  std::vector<size_t> order(plans.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return duration_of(a) != duration_of(b) ? duration_of(a) > duration_of(b) : plans[a].id < plans[b].id;
  });
  std::vector<uint64_t> load(count, 0);
  std::vector<uint64_t> shares(plans.size());
  for (const size_t i : order) {
    const auto least = static_cast<size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    load[least] += duration_of(i);
    shares[i] = least + 1;
  }
  return shares;
}

}  // namespace

Result<Shard> parse_shard(const std::string& text) {
  const size_t slash = text.find('/');
  Shard shard;
  shard.source = "--shard";
  if (slash == std::string::npos || !parse_number(std::string_view(text).substr(0, slash), shard.index) ||
      !parse_number(std::string_view(text).substr(slash + 1), shard.count) || shard.index < 1 ||
      shard.index > shard.count || shard.count > kSharesMax) {
    return fail(ErrorKind::kUsage, "--shard wants I/N with I from 1 to N, not " + text, "--shard 2/5");
  }
  return shard;
}

Result<std::optional<Shard>> choose_shard(const std::string& flag, const Environment& environment) {
  const std::string text = flag.empty() && is_set(environment(kOwn)) ? environment(kOwn) : flag;
  if (!text.empty()) {
    auto shard = parse_shard(text);
    if (!shard) return tl::unexpected(shard.error());
    if (flag.empty()) shard->source = kOwn;
    return *shard;
  }
  for (const JobSystem& system : kJobSystems) {
    if (is_set(environment(system.index)) && is_set(environment(system.count))) return shard_of(system, environment);
  }
  if (is_set(environment("SLURM_ARRAY_TASK_ID"))) return shard_of_slurm(environment);
  if (is_set(environment("JOB_COMPLETION_INDEX"))) return shard_of_kubernetes(environment);
  return std::nullopt;
}

void keep_shard(const Shard& shard, const std::map<std::string, uint64_t>& durations_ns, std::vector<Plan>& plans) {
  std::vector<uint64_t> shares;
  if (durations_ns.empty()) {
    for (const Plan& plan : plans) shares.push_back(share_by_name(plan.id, shard.count));
  } else {
    shares = shares_by_time(plans, durations_ns, shard.count);
  }
  std::vector<Plan> mine;
  for (size_t i = 0; i < plans.size(); ++i) {
    if (shares[i] == shard.index) mine.push_back(std::move(plans[i]));
  }
  plans = std::move(mine);
}

}  // namespace crashwright::harness
