#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/run_reference.h"
#include "harness/cli/terminal_text.h"
#include "harness/report/run_diff.h"

namespace crashwright::harness::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kNsPerMs = 1'000'000;

std::string seconds(uint64_t ns) { return fmt::format("{:.1f} s", static_cast<double>(ns) / 1e9); }

void print_change(const CaseChange& change) {
  const size_t columns = terminal_columns(stdout);
  fmt::print("{:<9} {}\n", change_word(change.kind), fold(printable(change.case_id), 10, columns));
  if (change.before && change.after && change.before->outcome != change.after->outcome) {
    fmt::print("  verdict   {} -> {}\n", change.before->outcome, change.after->outcome);
  }
  if (change.after && !change.before) fmt::print("  verdict   {}\n", change.after->outcome);
  const bool bad =
      change.kind == ChangeKind::kWorse || (!change.before && change.after && change.after->outcome != "PASS");
  if (bad) fmt::print("            {}\n", wrap(printable(change.after->summary), 12));
  for (const std::string& promise : change.broken) fmt::print("  broken    {}\n", promise);
  for (const std::string& promise : change.mended) fmt::print("  mended    {}\n", promise);
  if (change.cause_differs) {
    fmt::print("  cause     {} -> {}\n", printable(change.before->cause), printable(change.after->cause));
  }
  if (change.time_differs) {
    fmt::print("  time      {} -> {}\n", seconds(change.before->duration_ns), seconds(change.after->duration_ns));
  }
}

Json side_to_json(const std::optional<CaseSide>& side) {
  if (!side) return nullptr;
  return {{"outcome", side->outcome}, {"cause", side->cause}, {"duration_ms", side->duration_ns / kNsPerMs}};
}

Json to_json(const RunDiff& diff) {
  Json changes = Json::array();
  for (const CaseChange& change : diff.changes) {
    changes.push_back({{"case", change.case_id},
                       {"change", change_word(change.kind)},
                       {"before", side_to_json(change.before)},
                       {"after", side_to_json(change.after)},
                       {"broken", change.broken},
                       {"mended", change.mended}});
  }
  return {{"same", diff.same}, {"worse", diff.count(ChangeKind::kWorse)}, {"changes", changes}};
}

void print_diff(const RunDiff& diff, const RunRecord& before, const RunRecord& after) {
  const auto told = [columns = terminal_columns(stdout)](const RunRecord& run) {
    return fold(shown_path(run.started.folder) + ": " + counts_text(count_outcomes(run)), 8, columns);
  };
  fmt::print("before  {}\nafter   {}\n\n", told(before), told(after));
  for (const CaseChange& change : diff.changes) print_change(change);
  if (!diff.changes.empty()) fmt::print("\n");
  fmt::print("{} worse, {} better, {} new, {} gone, {} otherwise changed, {} the same\n",
             diff.count(ChangeKind::kWorse), diff.count(ChangeKind::kBetter), diff.count(ChangeKind::kNew),
             diff.count(ChangeKind::kGone), diff.count(ChangeKind::kOther), diff.same);
}

}  // namespace

int diff_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::string format = "human";
  Options options(
      "diff",
      "Compares two runs case by case: verdicts, broken promises, causes, and times that differ by half and "
      "by more than a quarter of a second.");
  options.arguments("BEFORE AFTER", folders, "folders of two runs");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.note("Ends with 1 when a case got worse, else with 0.");
  options.example("crashwright diff crashwright-out/20261128-071500-1 crashwright-out/latest");
  if (const auto code = options.parse(arguments)) return *code;
  if (folders.size() != 2)
    return report_error({ErrorKind::kUsage, "diff wants two runs", "crashwright runs lists them"});
  const auto before = open_run(folders[0]);
  if (!before) return report_error(before.error());
  const auto after = open_run(folders[1]);
  if (!after) return report_error(after.error());
  const RunDiff diff = compare_runs(before->record, after->record);
  if (format == "json") {
    fmt::print("{}\n", to_json(diff).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    print_diff(diff, before->record, after->record);
  }
  return diff.count(ChangeKind::kWorse) > 0 ? kExitBroken : kExitPassed;
}

}  // namespace crashwright::harness::cli
