#include "harness/cli/share.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/unique_fd.h"
#include "harness/report/event_log.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

// How long each case took in a run.
Result<std::map<std::string, uint64_t>> durations_of(const std::string& folder) {
  std::map<std::string, uint64_t> found;
  const auto run = read_events(folder + "/events.jsonl");
  if (!run) return fail(ErrorKind::kUsage, "--durations: " + run.error().message, "name the folder of a run");
  for (const CaseRecord& record : run->cases) {
    if (record.finished) found[record.finished->case_id] = record.finished->duration_ns;
  }
  if (found.empty()) return fail(ErrorKind::kUsage, "--durations: no case ended in " + folder, "name another run");
  return found;
}

}  // namespace

void ShareArguments::add_cases(Options& options) {
  options.texts("--case", "ID", cases, "only this case, by the name of its folder");
}

void ShareArguments::add_shards(Options& options) {
  options.text("--shard", "I/N", shard,
               "only this share of the cases: 2/5. Bazel, GoogleTest, Slurm, Kubernetes and "
               "GitLab need no word");
  options.text("--durations", "RUN", durations, "shares of equal time, by how long cases took in that run");
}

Result<Share> Share::of(const ShareArguments& arguments) {
  Share share;
  share.cases_ = arguments.cases;
  const auto shard = choose_shard(arguments.shard, [](const char* name) -> const char* { return std::getenv(name); });
  if (!shard) return tl::unexpected(shard.error());
  share.shard_ = *shard;
  if (arguments.durations.empty()) return share;
  auto durations = durations_of(arguments.durations);
  if (!durations) return tl::unexpected(durations.error());
  share.durations_ns_ = std::move(*durations);
  return share;
}

Status Share::announce() const {
  if (!shard_ || shard_->status_file.empty()) return {};
  const UniqueFd file(::open(shard_->status_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, shard_->status_file);
  return {};
}

void Share::keep(std::vector<Plan>& plans) const {
  if (shard_) keep_shard(*shard_, durations_ns_, plans);
}

Status Share::keep_named(std::vector<Plan>& plans) const {
  if (cases_.empty()) return {};
  std::vector<std::string> known;
  for (const Plan& plan : plans) known.push_back(plan.id);
  for (const std::string& id : cases_) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    const std::string hint = suggestion(id, known);
    return fail(ErrorKind::kUsage, fmt::format("no case \"{}\"", id),
                hint.empty() ? "`crashwright list --format json` has the ids" : hint);
  }
  std::erase_if(plans,
                [&](const Plan& plan) { return std::find(cases_.begin(), cases_.end(), plan.id) == cases_.end(); });
  return {};
}

}  // namespace crashwright::harness::cli
