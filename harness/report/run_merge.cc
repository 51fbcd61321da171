#include "harness/report/run_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace crashwright::harness {
namespace {

std::string share_name(const RunShard& shard) { return fmt::format("share {} of {}", shard.index, shard.count); }

// All cases ended, or a limit that was asked for ended it.
bool complete(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  return run.finished && !run.finished->interrupted && counts.unfinished == 0 && counts.never_started == 0;
}

Status check_campaign(const std::vector<MergePart>& parts) {
  const RunStarted& first = parts.front().record.started;
  for (const MergePart& part : parts) {
    const RunStarted& started = part.record.started;
    if (started.shard.count != first.shard.count) {
      return fail(ErrorKind::kUsage,
                  fmt::format("{} and {} are not parts of one campaign: {} and {} shares", parts.front().folder,
                              part.folder, first.shard.count, started.shard.count),
                  "name the runs of one campaign");
    }
    if (first.shard.count > 0 && started.seed != first.seed) {
      return fail(ErrorKind::kUsage,
                  fmt::format("{} and {} are not parts of one campaign: seeds {} and {}", parts.front().folder,
                              part.folder, first.seed, started.seed),
                  "name the runs of one campaign");
    }
  }
  return {};
}

// Of each share the last complete run, or the last one when none is complete.
std::vector<MergePart> one_run_a_share(std::vector<MergePart> parts, std::vector<RunNote>& notes) {
  std::stable_sort(parts.begin(), parts.end(), [](const MergePart& a, const MergePart& b) {
    return a.record.started.wall_ns < b.record.started.wall_ns;
  });
  std::map<uint64_t, MergePart> shares;
  for (MergePart& part : parts) {
    const RunShard shard = part.record.started.shard;
    const auto found = shares.find(shard.index);
    if (found == shares.end()) {
      shares.emplace(shard.index, std::move(part));
      continue;
    }
    const bool replaces = complete(part.record) || !complete(found->second.record);
    notes.push_back({fmt::format("{} was run more than once: {} counts", share_name(shard),
                                 replaces ? part.folder : found->second.folder)});
    if (replaces) found->second = std::move(part);
  }
  std::vector<MergePart> chosen;
  for (auto& [index, part] : shares) chosen.push_back(std::move(part));
  return chosen;
}

class Merger {
 public:
  explicit Merger(std::string folder) : folder_(std::move(folder)) {}

  void add(MergePart& part) {
    RunStarted& started = run.started;
    const RunStarted& its = part.record.started;
    started.wall_ns = started.wall_ns == 0 ? its.wall_ns : std::min(started.wall_ns, its.wall_ns);
    started.cases += its.cases;
    started.jobs += its.jobs;
    const OutcomeCounts counts = count_outcomes(part.record);
    if (!complete(part.record)) {
      run.notes.push_back({fmt::format("{} was cut short: {} of {} cases ended", name_of(part),
                                       part.record.cases.size() - counts.unfinished, its.cases)});
    }
    for (RunNote& note : part.record.notes) add_note(std::move(note.text));
    for (CaseRecord& record : part.record.cases) add_case(part.folder, std::move(record));
    run.damaged_lines += part.record.damaged_lines;
  }

  RunRecord run;

 private:
  static std::string name_of(const MergePart& part) {
    const RunShard& shard = part.record.started.shard;
    return shard.count > 0 ? share_name(shard) + " (" + part.folder + ")" : part.folder;
  }

  // What every machine says is said once.
  void add_note(std::string text) {
    if (text.rfind("share ", 0) != 0 && said_.insert(text).second) run.notes.push_back({std::move(text)});
  }

  void add_case(const std::string& part_folder, CaseRecord record) {
    std::string id = record.started.case_id;
    for (int copy = 2; !ids_.insert(id).second; ++copy) id = fmt::format("{}~{}", record.started.case_id, copy);
    record.started.case_id = id;
    for (CaseNote& note : record.notes) note.case_id = id;
    if (record.finished) {
      record.finished->case_id = id;
      std::string& folder = record.finished->folder;
      if (!folder.empty()) {
        folder = (std::filesystem::path(part_folder) / folder).lexically_normal().lexically_relative(folder_).string();
      }
    }
    run.cases.push_back(std::move(record));
  }

  std::string folder_;
  std::set<std::string> ids_;
  std::set<std::string> said_;
};

}  // namespace

Result<RunRecord> merge_runs(std::vector<MergePart> parts, const std::string& folder) {
  if (parts.empty()) return fail(ErrorKind::kUsage, "no run to merge");
  if (const auto good = check_campaign(parts); !good) return tl::unexpected(good.error());
  Merger merger(folder);
  const RunStarted first = parts.front().record.started;
  const uint64_t count = first.shard.count;
  if (count > 0) parts = one_run_a_share(std::move(parts), merger.run.notes);
  std::set<uint64_t> there;
  for (MergePart& part : parts) {
    there.insert(part.record.started.shard.index);
    merger.add(part);
  }
  RunStarted& started = merger.run.started;
  started.seed = first.seed;
  started.version = first.version;
  started.engine = first.engine;
  started.folder = folder;
  started.shard.count = count;
  for (uint64_t index = 1; index <= count; ++index) {
    if (there.count(index) == 0) started.shard.missing.push_back(index);
  }
  return std::move(merger.run);
}

std::vector<Event> events_of(const RunRecord& run) {
  std::vector<Event> events;
  events.emplace_back(run.started);
  for (const RunNote& note : run.notes) events.emplace_back(note);
  for (const CaseRecord& record : run.cases) {
    // Of a case whose first event is missing nothing is invented.
    if (record.started.wall_ns > 0) events.emplace_back(record.started);
    for (const CaseNote& note : record.notes) events.emplace_back(note);
    if (record.finished) events.emplace_back(*record.finished);
  }
  if (run.finished) events.emplace_back(*run.finished);
  return events;
}

}  // namespace crashwright::harness
