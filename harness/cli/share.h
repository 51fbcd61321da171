// What of all cases is this command's: the share of a machine (`--shard`, or what a job system says) and those named by
// `--case`; for run, list and plan alike.
//
// Threads: the main thread. Errors: kUsage, with the words that would be right.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/cli/options.h"
#include "harness/scenario/shard.h"

namespace crashwright::harness::cli {

// As they stand on the command line.
struct ShareArguments {
  std::vector<std::string> cases;  // --case: ids
  std::string shard;
  std::string durations;

  void add_cases(Options& options);
  void add_shards(Options& options);
};

class Share {
 public:
  [[nodiscard]] static Result<Share> of(const ShareArguments& arguments);

  // Tells the job system that shares are understood, where it asked for that.
  [[nodiscard]] Status announce() const;
  // Keeps those of the share.
  void keep(std::vector<Plan>& plans) const;
  // Keeps those named by --case; kUsage when one of them is none.
  [[nodiscard]] Status keep_named(std::vector<Plan>& plans) const;
  [[nodiscard]] const std::optional<Shard>& shard() const { return shard_; }

 private:
  std::vector<std::string> cases_;
  std::optional<Shard> shard_;
  std::map<std::string, uint64_t> durations_ns_;
};

}  // namespace crashwright::harness::cli
