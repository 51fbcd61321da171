#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness/report/report.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;

Json case_to_json(const CaseRecord& record) {
  if (!record.finished) return {{"case", record.started.case_id}, {"outcome", "UNFINISHED"}};
  const CaseFinished& done = *record.finished;
  Json verdicts = Json::object();
  for (const auto& verdict : done.verdicts) verdicts[verdict.promise] = verifiers::outcome_name(verdict.outcome);
  Json json = {{"case", done.case_id},
               {"name", done.name},
               {"build", done.build},
               {"seed", done.seed},
               {"outcome", verifiers::outcome_name(done.outcome)},
               {"summary", done.summary},
               {"folder", done.folder},
               {"repro", done.repro},
               {"duration_ms", done.duration_ns / 1'000'000},
               {"verdicts", verdicts}};
  if (done.autopsy) {
    json["cause"] = done.autopsy->cause;
    json["function"] = done.autopsy->function;
    json["confidence"] = done.autopsy->confidence;
    json["signature"] = done.autopsy->signature;
  }
  if (done.exploration) {
    json["storage"] = {{"verdict", done.exploration->verdict},
                       {"states", done.exploration->states},
                       {"states_violated", done.exploration->violated},
                       {"findings", done.exploration->findings.size()}};
  }
  if (done.recovery_time_ns) json["recovery_time_ms"] = *done.recovery_time_ns / 1'000'000;
  return json;
}

}  // namespace

std::string render_run_json(const RunRecord& run) {
  const OutcomeCounts counts = count_outcomes(run);
  Json cases = Json::array();
  for (const CaseRecord& record : run.cases) cases.push_back(case_to_json(record));
  Json notes = Json::array();
  for (const RunNote& note : run.notes) notes.push_back(note.text);
  const Json json = {{"version", 1},
                     {"program", run.started.version},
                     {"argv", run.started.argv},
                     {"seed", run.started.seed},
                     {"jobs", run.started.jobs},
                     {"started_wall_ns", run.started.wall_ns},
                     {"planned", run.started.cases},
                     {"missing_shards", run.started.shard.missing},
                     {"interrupted", !run.finished || run.finished->interrupted},
                     {"exit_code", run.finished ? Json(run.finished->exit_code) : Json(nullptr)},
                     {"duration_ms", run.finished ? Json(run.finished->duration_ns / 1'000'000) : Json(nullptr)},
                     {"counts",
                      {{"pass", counts.pass},
                       {"fail", counts.fail},
                       {"inconclusive", counts.inconclusive},
                       {"skipped", counts.skipped},
                       {"error", counts.error},
                       {"unfinished", counts.unfinished}}},
                     {"notes", notes},
                     {"cases", cases}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Status write_reports(const std::string& folder) {
  const auto run = read_events(folder + "/events.jsonl");
  if (!run) return tl::unexpected(run.error());
  if (auto written = write_file_atomic(folder + "/run.json", render_run_json(*run)); !written) return written;
  if (auto written = write_file_atomic(folder + "/junit.xml", render_junit(*run)); !written) return written;
  const Page page = render_page(*run, folder);
  for (const BesidePage& beside : page.beside) {
    if (auto written = write_file_atomic(folder + "/" + beside.path, beside.html); !written) return written;
  }
  return write_file_atomic(folder + "/report.html", page.html);
}

}  // namespace crashwright::harness
