#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/crash_places.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "rca/triage.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kPathsShown = 3;
constexpr size_t kLeftOutShown = 12;

// The autopsy that a run recorded, or one made now.
Result<rca::AutopsyReport> report_of(const std::string& place) {
  if (const auto recorded = read_file(place + "/rca.json"); recorded) {
    if (auto report = rca::autopsy_from_json(*recorded); report) return report;
  }
  return rca::autopsy_path(place, {});
}

void print_left_out(const std::vector<std::string>& left_out) {
  for (size_t i = 0; i < left_out.size() && i < kLeftOutShown; ++i) {
    fmt::print(stderr, "left out: {}\n", shown_path(left_out[i]));
  }
  if (left_out.size() > kLeftOutShown) fmt::print(stderr, "and {} more left out\n", left_out.size() - kLeftOutShown);
}

std::vector<rca::Crash> collect(const std::vector<std::string>& paths) {
  CrashPlaces found;
  for (const std::string& path : paths) find_crashes(path, found);
  std::vector<rca::Crash> crashes;
  size_t planned = 0;
  for (const std::string& place : found.places) {
    auto report = report_of(place);
    if (!report) {
      fmt::print(stderr, "{}: {}{}{}\n", place, report.error().message, report.error().remedy.empty() ? "" : "; ",
                 report.error().remedy);
    } else if (report->cause == "KILLED_BY_HARNESS") {
      ++planned;
    } else if (report->cause == "NONE" || report->cause == "NO_FAULT") {
      found.left_out.push_back(place + ": tells of no crash");
    } else {
      crashes.push_back({place, std::move(*report)});
    }
  }
  print_left_out(found.left_out);
  if (planned > 0) fmt::print(stderr, "{} killed by the harness itself: no bug, left out\n", planned);
  return crashes;
}

void print_text(const std::vector<rca::CrashGroup>& groups) {
  for (const rca::CrashGroup& group : groups) {
    const rca::AutopsyReport& report = group.crashes.front()->report;
    fmt::print("{:<9} {:>4}  {}{}{}\n", triage_verdict_name(group.verdict), group.crashes.size(), report.cause,
               report.function.empty() ? "" : " in " + report.function,
               group.note.empty() ? "" : "  (" + group.note + ")");
    const bool alone = group.signature.empty();
    fmt::print("                {}\n", alone ? "alone: no frame and no message tell it from others" : group.signature);
    for (size_t i = 0; i < group.crashes.size() && i < kPathsShown; ++i) {
      fmt::print("                {}\n", fold(shown_path(group.crashes[i]->path), 16, terminal_columns(stdout)));
    }
    if (group.crashes.size() > kPathsShown) {
      fmt::print("                and {} more: --format json names all\n", group.crashes.size() - kPathsShown);
    }
  }
}

void print_json(const std::vector<rca::CrashGroup>& groups) {
  nlohmann::json document = nlohmann::json::array();
  for (const rca::CrashGroup& group : groups) {
    const rca::AutopsyReport& report = group.crashes.front()->report;
    nlohmann::json paths = nlohmann::json::array();
    for (const rca::Crash* crash : group.crashes) paths.push_back(crash->path);
    document.push_back({{"verdict", triage_verdict_name(group.verdict)},
                        {"signature", group.signature},
                        {"cause", report.cause},
                        {"function", report.function},
                        {"note", group.note},
                        {"paths", std::move(paths)}});
  }
  fmt::print("{}\n", document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

int triage_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  std::string ledger;
  std::string format = "human";
  bool update = false;
  Options options("triage", "Groups crashes by bug and tells new ones from those known or back again.");
  options.arguments("DIR|FILE...", paths, "runs, folders of runs, cases or crashes; cores; texts");
  options.text("--known", "FILE", ledger, "the ledger of known bugs");
  options.flag("--update", update, "record what is new, and what is back, in the ledger");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.note(
      "Without a core or a crash record in a folder each text there is a crash. A crash that nothing tells from others "
      "of its cause stands alone. Ends with 1 when something is new or back, with 4 when there is no crash.");
  options.example("crashwright triage crashwright-out/latest");
  options.example("crashwright triage nightly/ --known known_bugs.json --update");
  if (const auto code = options.parse(arguments)) return *code;
  if (paths.empty() || (update && ledger.empty())) {
    return report_error({ErrorKind::kUsage, paths.empty() ? "triage wants folders" : "--update wants --known FILE",
                         "see: crashwright triage --help"});
  }
  auto known =
      ledger.empty() ? Result<std::vector<rca::KnownBug>>(std::vector<rca::KnownBug>()) : rca::read_ledger(ledger);
  if (!known) return report_error(known.error());
  const std::vector<rca::Crash> crashes = collect(paths);
  const std::vector<rca::CrashGroup> groups = rca::triage(crashes, *known);
  format == "json" ? print_json(groups) : print_text(groups);
  if (groups.empty()) {
    fmt::print(stderr, "crashwright: no crash there: {} {} without a core, a crash record or a report of one\n",
               paths.size(), paths.size() == 1 ? "path" : "paths");
    return kExitNothing;
  }
  if (update) {
    record_groups(groups, *known);
    if (auto good = rca::write_ledger(ledger, *known); !good) return report_error(good.error());
  }
  const bool quiet = std::ranges::all_of(
      groups, [](const rca::CrashGroup& group) { return group.verdict == rca::TriageVerdict::kKnown; });
  return quiet ? kExitPassed : kExitBroken;
}

}  // namespace crashwright::harness::cli
