#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/storage_commands.h"
#include "harness/cli/storage_recording.h"
#include "harness/cli/storage_work.h"
#include "harness/runner/interrupt.h"
#include "harness/storage/explore/ack_lint.h"
#include "harness/storage/explore/order_lint.h"
#include "harness/storage/explore/scratch_folder.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kPathsShown = 8;

struct LintArguments {
  RecordingArguments recording;
  std::string record;
  std::vector<std::string> ignored;
  std::string json_path;
};

void declare(Options& options, LintArguments& lint) {
  declare_recording(options, lint.recording);
  options.text("--record", "FOLDER", lint.record, "reads a record that is there instead of running a program");
  options.texts("--ignore", "PATTERN", lint.ignored, "leaves out paths like it: '*-shm'");
  options.text("--json", "FILE", lint.json_path, "writes verdict, acknowledgements and findings");
  options.note(
      "A change is early when it was made before the acknowledgement and may still be lost at it, and its file is one "
      "that the program syncs at some time, or nothing done since the acknowledgement before is durable. Files that "
      "are never synced beside others that are are listed and not blamed.");
  options.note(
      "A thread answers for its own changes: those of another thread or process than the acknowledging one may be the "
      "next acknowledgement's, and are listed and not blamed while their process has more to do. Where they are all "
      "there is, the verdict is "
      "`inconclusive`: `storage explore` with a checker judges them. So it does what is written only after its "
      "acknowledgement, of which the lint knows nothing.");
  options.note(
      "Of a record of the mock engine its orders are judged exactly: at each moment that its counters of durable and "
      "of sent records moved, the audit log must hold them whatever else is lost.");
  options.note(
      "Exit codes: 0 every acknowledgement waited for its bytes, 1 some left early, 2 wrong use, 3 nothing was "
      "acknowledged, or what may have left early is of other threads, 10 environment, 130 interrupted.");
  options.tail("-- COMMAND [ARGS]");
  options.example("crashwright storage lint --profile E,S -- ./writer data.db");
  options.example("crashwright storage lint --record crashwright-out/latest/CASE/record");
}

nlohmann::ordered_json lint_json(const std::vector<AckLint>& lints) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  nlohmann::ordered_json profiles = nlohmann::ordered_json::array();
  bool early = false;
  bool acknowledged = false;
  bool unclear = false;
  for (const AckLint& lint : lints) {
    unclear = unclear || !lint.of_other_threads.empty();
    early = early || lint.early > 0;
    acknowledged = acknowledged || lint.acknowledgements > 0;
    profiles.push_back({{"profile", lint.profile},
                        {"acknowledgements", lint.acknowledgements},
                        {"early", lint.early},
                        {"without_change", lint.without_change},
                        {"never_synced", lint.scratch},
                        {"of_other_threads", lint.of_other_threads}});
    for (const EarlyChange& change : lint.changes) {
      findings.push_back({{"profile", lint.profile},
                          {"operation", change.operation},
                          {"missing_sync", change.missing_sync},
                          {"durable_by", change.durable_by},
                          {"acknowledgements", change.acknowledgements},
                          {"operations", change.operations},
                          {"first_token", change.first_token},
                          {"perhaps_memory", change.perhaps_memory}});
    }
  }
  const char* const verdict = early ? "early" : acknowledged && !unclear ? "clean" : "inconclusive";
  return {{"verdict", verdict}, {"findings", findings}, {"profiles", profiles}};
}

std::string counted(uint64_t number, const std::string& what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// On lines of 80 columns, those after the first two columns further in.
void print_wrapped(size_t indent, const std::string& text) {
  fmt::print("{:{}}{}\n", "", indent, wrap(printable(text), indent + 2));
}

// What several profiles show word for word is told once.
template <typename Told>
struct Folded {
  Told what;
  std::vector<std::string> profiles;

  [[nodiscard]] std::string names() const { return fmt::format("{}", fmt::join(profiles, " and ")); }
};

template <typename Told, typename Same>
void fold_in(std::vector<Folded<Told>>& all, const Told& what, const std::string& profile, Same same) {
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const Folded<Told>& one) { return same(one.what, what); });
  if (known == all.end()) {
    all.push_back({what, {profile}});
  } else {
    known->profiles.push_back(profile);
  }
}

void print_change(const Folded<EarlyChange>& folded, bool several) {
  const EarlyChange& change = folded.what;
  const std::string like = change.operations > 1 ? fmt::format(" (and {} like it)", change.operations - 1) : "";
  print_wrapped(
      2, fmt::format("{}{}{}, early for {}, first for \"{}\"", several ? folded.names() + ": " : "", change.operation,
                     like, counted(change.acknowledgements, "acknowledgement"), change.first_token));
  print_wrapped(4, "missing: " + change.missing_sync);
  print_wrapped(4, change.durable_by.empty() ? "no sync of the run saved it" : "saved later by " + change.durable_by);
  if (change.perhaps_memory) {
    print_wrapped(4,
                  "weak: nothing in the run asks for this file to last; it may be memory that processes share (then "
                  "--ignore leaves it out)");
  }
}

void print_paths(const char* what, const std::vector<std::string>& paths) {
  for (size_t i = 0; i < paths.size() && i < kPathsShown; ++i) print_wrapped(2, what + (": " + paths[i]));
  if (paths.size() > kPathsShown) fmt::print("  {}: {} more\n", what, paths.size() - kPathsShown);
}

void print_lints(const std::vector<AckLint>& lints) {
  std::vector<Folded<AckLint>> summaries;
  std::vector<Folded<EarlyChange>> changes;
  for (const AckLint& lint : lints) {
    fold_in(summaries, lint, lint.profile, [](const AckLint& a, const AckLint& b) {
      return a.early == b.early && a.scratch == b.scratch && a.of_other_threads == b.of_other_threads;
    });
    for (const EarlyChange& change : lint.changes) {
      fold_in(changes, change, lint.profile, [](const EarlyChange& a, const EarlyChange& b) { return a == b; });
    }
  }
  for (const Folded<AckLint>& summary : summaries) {
    const AckLint& lint = summary.what;
    print_wrapped(0, fmt::format("{} {}: {} of {} left before what had been written by then was durable",
                                 summary.profiles.size() > 1 ? "profiles" : "profile", summary.names(), lint.early,
                                 counted(lint.acknowledgements, "acknowledgement")));
    print_paths("note: never made durable, taken for scratch", lint.scratch);
    print_paths("of another thread, not blamed", lint.of_other_threads);
  }
  for (const Folded<EarlyChange>& change : changes) print_change(change, lints.size() > 1);
  // The same under every profile.
  if (const uint32_t bare = lints.empty() ? 0 : lints.front().without_change; bare > 0) {
    print_wrapped(2, fmt::format("note: {} came with nothing written since the one before: what {} for may have been "
                                 "written only afterwards, which `storage explore` with a checker finds and this "
                                 "does not",
                                 counted(bare, "acknowledgement"), bare == 1 ? "it stands" : "they stand"));
  }
}

// Why a verdict is none.
const char* reason_of(const Recording& recording, const std::string& verdict) {
  if (recording.tokens.empty()) return ": nothing was acknowledged, so nothing can have left early";
  if (verdict != "inconclusive") return "";
  return ": what was not durable yet is of other threads than the acknowledging one, and may be the next "
         "acknowledgement's: `storage explore` with a checker judges it";
}

// The record that the arguments name, or that of the program that they name.
Result<RecordedRun> take_record(const LintArguments& lint, const std::string& work) {
  if (lint.record.empty()) return record_run(lint.recording, work);
  if (!lint.recording.command.empty()) return fail(ErrorKind::kUsage, "--record reads a record: give no program");
  auto record = StorageRecord::open(lint.record);
  if (!record) return tl::unexpected(record.error());
  RecordedRun run;
  run.operations = (*record)->size();
  run.record = std::move(*record);
  return run;
}

Status write_json(const LintArguments& arguments, const nlohmann::ordered_json& json) {
  if (arguments.json_path.empty()) return {};
  return write_file(arguments.json_path, json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

// The mock engine's orders, exactly: no file but its audit log counts.
Result<int> lint_engine(const LintArguments& arguments, const Recording& recording,
                        const std::vector<StorageProfile>& profiles, Ledger& ledger) {
  nlohmann::ordered_json summaries = nlohmann::ordered_json::array();
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  bool early = false;
  for (const StorageProfile& profile : profiles) {
    const auto scratch = ScratchFolder::create(ScratchFolder::Place::kMemory, ledger);
    if (!scratch) return tl::unexpected(scratch.error());
    const auto lint = lint_orders(recording, profile, scratch->path());
    if (!lint) return tl::unexpected(lint.error());
    early = early || lint->early > 0;
    fmt::print("profile {}: {} of {} promises left before their audit records were durable\n", lint->profile,
               lint->early, lint->promises);
    summaries.push_back({{"profile", lint->profile}, {"acknowledgements", lint->promises}, {"early", lint->early}});
    for (const EarlyPromise& example : lint->examples) {
      fmt::print("  {}\n    after {}\n", printable(example.what), printable(example.operation));
      findings.push_back({{"profile", lint->profile}, {"reason", example.what}, {"operation", example.operation}});
    }
  }
  const char* const verdict = early ? "early" : "clean";
  fmt::print("\n{}\n", verdict);
  if (auto put = write_json(arguments, {{"verdict", verdict}, {"findings", findings}, {"profiles", summaries}}); !put) {
    return tl::unexpected(put.error());
  }
  return static_cast<int>(early ? kExitBroken : kExitPassed);
}

Result<int> run_lint(const LintArguments& arguments) {
  const auto profiles = load_profiles(arguments.recording);
  if (!profiles) return tl::unexpected(profiles.error());
  const auto noted = StorageWork::begin();
  if (!noted) return tl::unexpected(noted.error());
  auto work = ScratchFolder::create(ScratchFolder::Place::kDisk, (*noted)->ledger());
  if (!work) return tl::unexpected(work.error());
  const auto run = take_record(arguments, work->path());
  if (!run) return tl::unexpected(run.error());
  if (interrupted()) return static_cast<int>(kExitInterrupted);
  print_recorded(*run);
  const Recording recording = make_recording(run->record->first(run->operations));
  if (has_engine_counters(recording)) return lint_engine(arguments, recording, *profiles, (*noted)->ledger());
  std::vector<AckLint> lints;
  for (const StorageProfile& profile : *profiles) {
    lints.push_back(lint_acknowledgements(recording, profile, arguments.ignored));
  }
  print_lints(lints);
  const nlohmann::ordered_json json = lint_json(lints);
  const auto verdict = json["verdict"].get<std::string>();
  fmt::print("\n");
  print_wrapped(0, verdict + reason_of(recording, verdict));
  if (auto put = write_json(arguments, json); !put) return tl::unexpected(put.error());
  if (verdict == "inconclusive") return static_cast<int>(kExitInconclusive);
  return static_cast<int>(verdict == "early" ? kExitBroken : kExitPassed);
}

}  // namespace

int storage_lint_command(const std::vector<std::string>& arguments) {
  LintArguments lint;
  Options options("storage lint",
                  "Runs a program on the power-loss file system, loses nothing, and tells which acknowledgements left "
                  "before what justifies them was durable.");
  declare(options, lint);
  if (const auto code = parse_recording(options, arguments, lint.recording)) return *code;
  const InterruptSignals signals;
  const auto code = run_lint(lint);
  return code ? *code : report_error(code.error());
}

}  // namespace crashwright::harness::cli
