// One share of a run's cases, for machines that each run a part: I of N, from `--shard` or from what a job system says.
//
// A case's share follows from its name alone (a hash), so every machine comes to the same split without talking to the
// others; or from how long the cases took in an earlier run, so that the shares end at about the same time.
// Systems that are understood: crashwright's own CRASHWRIGHT_SHARD, Bazel, GoogleTest, Slurm job arrays, indexed jobs
// of Kubernetes, GitLab's `parallel:`.
// Threads: pure functions. Errors: kUsage for a share that makes no sense, with what to set instead.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

struct Shard {
  uint64_t index = 1;  // 1 to count
  uint64_t count = 1;
  std::string source;       // "--shard", or the variable that said so
  std::string status_file;  // to be touched: the sign of Bazel and GoogleTest that shares are understood; empty: none
};

// The value of an environment variable, null when it is not set.
using Environment = std::function<const char*(const char* name)>;

// "2/5": I from 1 to N.
[[nodiscard]] Result<Shard> parse_shard(const std::string& text);

// `flag` is the value of --shard, empty when it was not given; it wins over the environment. Nothing: all cases.
[[nodiscard]] Result<std::optional<Shard>> choose_shard(const std::string& flag, const Environment& environment);

// Keeps the plans of the share, in their order. `durations_ns`: by case id, from an earlier run; empty: split by hash.
void keep_shard(const Shard& shard, const std::map<std::string, uint64_t>& durations_ns, std::vector<Plan>& plans);

}  // namespace crashwright::harness
