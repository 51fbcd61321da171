#include "harness/report/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <sstream>

#include "base/file.h"
#include "harness/report/event_json.h"

namespace crashwright::harness {
namespace {

class RecordBuilder {
 public:
  void operator()(RunStarted& event) { run.started = std::move(event); }
  void operator()(RunNote& event) { run.notes.push_back(std::move(event)); }
  void operator()(RunFinished& event) { run.finished = event; }
  void operator()(CaseStarted& event) {
    CaseRecord& record = record_of(event.case_id);
    record.started = std::move(event);
  }
  void operator()(CaseNote& event) { record_of(event.case_id).notes.push_back(std::move(event)); }
  void operator()(CaseFinished& event) {
    CaseRecord& record = record_of(event.case_id);
    record.finished = std::move(event);
  }

  RunRecord run;

 private:
  CaseRecord& record_of(const std::string& case_id) {
    const auto [found, fresh] = places_.emplace(case_id, run.cases.size());
    if (fresh) {
      run.cases.emplace_back();
      run.cases.back().started.case_id = case_id;
    }
    return run.cases[found->second];
  }

  std::map<std::string, size_t> places_;
};

}  // namespace

Result<std::unique_ptr<EventLog>> EventLog::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + path);
  return std::unique_ptr<EventLog>(new EventLog(std::move(fd)));
}

void EventLog::on_event(const Event& event) {
  const std::string line = event_to_json(event) + "\n";
  const auto written = write_all(fd_.get(), std::as_bytes(std::span(line)));
  if (written || complained_.exchange(true)) return;
  fmt::print(stderr, "crashwright: events.jsonl: {}; the reports of this run will be incomplete\n",
             written.error().message);
}

Result<RunRecord> read_events(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  RecordBuilder builder;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    auto event = event_from_json(line);
    if (!event && event.error().kind == ErrorKind::kUsage) {
      return fail(ErrorKind::kUsage, path + ": " + event.error().message, event.error().remedy);
    }
    if (!event) {
      ++builder.run.damaged_lines;
      continue;
    }
    std::visit(builder, *event);
  }
  if (builder.run.started.version.empty() && builder.run.cases.empty()) {
    return fail(ErrorKind::kCorrupt, path + ": no event of a run in it");
  }
  return std::move(builder.run);
}

bool judge_failed(const std::vector<verifiers::Verdict>& verdicts) {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const verifiers::Verdict& verdict) { return verdict.outcome == verifiers::Outcome::kError; });
}

OutcomeCounts count_outcomes(const RunRecord& run) {
  OutcomeCounts counts;
  counts.never_started = run.started.cases - std::min<uint64_t>(run.started.cases, run.cases.size());
  counts.missing_shards = run.started.shard.missing.size();
  for (const CaseRecord& record : run.cases) {
    if (!record.finished) {
      ++counts.unfinished;
      continue;
    }
    switch (record.finished->outcome) {
      case verifiers::Outcome::kPass:
      case verifiers::Outcome::kNotApplicable:
        ++counts.pass;
        break;
      case verifiers::Outcome::kFail:
        ++counts.fail;
        break;
      case verifiers::Outcome::kInconclusive:
        ++counts.inconclusive;
        break;
      case verifiers::Outcome::kSkipped:
        ++counts.skipped;
        break;
      case verifiers::Outcome::kError:
        ++counts.error;
        if (judge_failed(record.finished->verdicts)) {
          ++counts.judge_failed;
        } else if (record.finished->machine_lacks) {
          ++counts.machine_lacks;
        }
        break;
    }
  }
  return counts;
}

}  // namespace crashwright::harness
