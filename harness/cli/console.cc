#include "harness/cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/report/case_words.h"
#include "rca/report_parts.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

constexpr size_t kOutcomeColumns = 12;  // of the longest, INCONCLUSIVE
constexpr size_t kNameColumnsMin = 12;
constexpr size_t kFindingIndent = 10;

const char* colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "\033[32m";
    case Outcome::kFail:
    case Outcome::kError:
      return "\033[31m";
    case Outcome::kInconclusive:
      return "\033[33m";
    default:
      return "\033[90m";
  }
}

// "NULL_DEREF in OrderGateway::send", or why there is no cause to tell.
std::string finding(const CaseFinished& done) {
  return done.outcome == Outcome::kPass && done.autopsy ? cause_in_words(done) : done.summary;
}

bool is_terminal(std::FILE* out) {
  const char* const kind = std::getenv("TERM");
  return ::isatty(::fileno(out)) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

}  // namespace

std::string crash_place(const rca::AutopsyReport& autopsy) {
  if (autopsy.function.empty()) return {};  // nobody is to blame: any line would do
  for (const rca::ThreadStack& stack : autopsy.threads) {
    if (!stack.faulting) continue;
    for (const rca::Frame& frame : stack.frames) {
      if (frame.line == 0 || frame.function.find(autopsy.function) == std::string::npos) continue;
      return fmt::format("{} at {}", autopsy.function, rca::short_place(frame));
    }
  }
  return autopsy.function;
}

std::string counts_text(const OutcomeCounts& counts) {
  std::string text;
  const auto add = [&text](size_t count, const char* word) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  };
  add(counts.pass, "passed");
  add(counts.fail, "failed");
  add(counts.error, "in error");
  add(counts.inconclusive, "inconclusive");
  add(counts.skipped, "skipped");
  add(counts.unfinished, "interrupted");
  add(counts.never_started, "never started");
  add(counts.missing_shards, counts.missing_shards == 1 ? "share missing" : "shares missing");
  return text.empty() ? "no case" : text;
}

std::string printable(const std::string& text, size_t bytes_max) {
  std::string shown = text.substr(0, bytes_max);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text.size() > bytes_max ? shown + "..." : shown;
}

Console::Console(std::FILE* out)
    : out_(out),
      columns_(terminal_columns(out)),
      live_(is_terminal(out) && std::getenv("CI") == nullptr),
      colour_(is_terminal(out) && std::getenv("NO_COLOR") == nullptr) {}

Console::~Console() { clear_status(); }

std::string Console::painted(Outcome outcome) const {
  const std::string word = fmt::format("{:<{}}", verifiers::outcome_name(outcome), kOutcomeColumns);
  return colour_ ? colour_of(outcome) + word + "\033[0m" : word;
}

void Console::clear_status() {
  if (!drawn_) return;
  fmt::print(out_, "\r\033[K");
  drawn_ = false;
}

// "  12 of 80, 1 not passed, 31 s: double-free.asan, sigkill.release", on one line of the terminal.
void Console::draw_status() {
  if (!live_ || under_way_.empty()) return;
  std::string line = fmt::format("  {} of {}", ended_, planned_);
  if (bad_ > 0) line += fmt::format(", {} not passed", bad_);
  line += fmt::format(", {} s:", (monotonic_ns() - started_ns_) / 1'000'000'000U);
  for (const std::string& id : under_way_) line += (&id == under_way_.data() ? " " : ", ") + printable(id);
  // One column is left for the cursor.
  fmt::print(out_, "{}", line.substr(0, columns_ - 1));
  drawn_ = true;
}

void Console::on_event(const Event& event) {
  const std::lock_guard lock(mutex_);
  clear_status();
  if (const auto* const started = std::get_if<RunStarted>(&event)) {
    planned_ = started->cases;
    started_ns_ = monotonic_ns();
    line("",
         fmt::format("{} {}, seed {}, {} {}, {}", started->cases, started->cases == 1 ? "case" : "cases", started->seed,
                     started->jobs, started->jobs == 1 ? "job" : "jobs", shown_path(started->folder)));
  } else if (const auto* const note = std::get_if<RunNote>(&event)) {
    line("note: ", printable(note->text));
  } else if (const auto* const begun = std::get_if<CaseStarted>(&event)) {
    under_way_.push_back(begun->case_id);
  } else if (const auto* const done = std::get_if<CaseFinished>(&event)) {
    under_way_.erase(std::remove(under_way_.begin(), under_way_.end(), done->case_id), under_way_.end());
    print_case(*done);
  }
  draw_status();
  std::fflush(out_);
}

void Console::print_case(const CaseFinished& done) {
  ++ended_;
  if (done.outcome != Outcome::kPass) ++bad_;
  // More than planned: rounds of --for.
  const std::string of = ended_ > planned_ ? "" : fmt::format("/{}", planned_);
  const std::string count = fmt::format("[{:>3}{}] ", ended_, of);
  const std::string cost = fmt::format(" [{}]  {:.1f} s", done.build, static_cast<double>(done.duration_ns) / 1e9);
  const std::string found = printable(finding(done));
  const std::string name = printable(done.name);
  fmt::print(out_, "{}{} ", count, painted(done.outcome));
  const size_t left = columns_ == 0 ? 0 : columns_ - std::min(columns_ - 1, count.size() + kOutcomeColumns + 1);
  const size_t whole = columns_of(name) + columns_of(cost) + 2 + columns_of(found);
  if (columns_ == 0 || whole <= left) {
    fmt::print(out_, "{}{}  {}\n", name, cost, found);
    return;
  }
  // On two lines: what it was, and below it what came out.
  const size_t room = left > cost.size() + kNameColumnsMin ? left - cost.size() : kNameColumnsMin;
  fmt::print(out_, "{}{}\n", shorten_middle(name, room), cost);
  if (!found.empty()) fmt::print(out_, "{:{}}{}\n", "", kFindingIndent, fold(found, kFindingIndent, columns_));
}

void Console::line(const std::string& heading, const std::string& text) {
  fmt::print(out_, "{}{}\n", heading, fold(text, columns_of(heading), columns_));
}

void Console::line(Outcome outcome, const std::string& text) {
  fmt::print(out_, "  {} {}\n", painted(outcome), fold(text, kOutcomeColumns + 3, columns_));
}

// The promises that did not hold; without any, the summary says why (a fault that never fired, a missing need).
void Console::print_reasons(const CaseFinished& done) {
  // INCONCLUSIVE: a fault that never fired is no promise's word, and explains all of theirs.
  bool told = done.outcome == Outcome::kInconclusive;
  if (told) line("  ", printable(done.summary));
  const std::string hint = unfired_advice(done);
  if (!hint.empty()) fmt::print(out_, "  {}\n", wrap(printable(hint), 2));
  if (told && !hint.empty()) return;
  for (const verifiers::Verdict& verdict : broken_verdicts(done)) {
    line(verdict.outcome, fmt::format("{}: {}", verdict.promise, printable(verdict.summary)));
    told = told || verdict.outcome == done.outcome;
  }
  if (!told) line("  ", printable(done.summary));
}

void Console::print_failure(const RunRecord& run, const CaseFinished& done) {
  fmt::print(out_, "\n{} {}\n", painted(done.outcome),
             fold(fmt::format("{} [{}]", printable(done.name), done.build), kOutcomeColumns + 1, columns_));
  print_reasons(done);
  if (done.outcome == Outcome::kSkipped) return;
  if (done.autopsy) {
    const std::string place = crash_place(*done.autopsy);
    line("  cause   ", fmt::format("{}, confidence {:.2f}", done.autopsy->cause, done.autopsy->confidence));
    if (!place.empty()) line("  place   ", printable(place));
  }
  if (!done.folder.empty()) line("  folder  ", shown_path(run.started.folder + "/" + done.folder));
  fmt::print(out_, "  repeat  {}\n", fold_command(done.repro, 10, columns_));
}

void Console::print_summary(const RunRecord& run, bool failures) {
  const std::lock_guard lock(mutex_);
  clear_status();
  for (const CaseRecord& record : run.cases) {
    if (failures && record.finished && record.finished->outcome != Outcome::kPass) print_failure(run, *record.finished);
  }
  print_counts(run);
  std::fflush(out_);
}

void Console::print_counts(const RunRecord& run) {
  const RunShard& shard = run.started.shard;
  for (const uint64_t index : shard.missing) fmt::print(out_, "\nmissing: share {} of {}", index, shard.count);
  if (!shard.missing.empty()) fmt::print(out_, "\n");
  fmt::print(out_, "\n{}", counts_text(count_outcomes(run)));
  const uint64_t duration = run.finished ? run.finished->duration_ns : 0;
  fmt::print(out_, " in {:.1f} s", static_cast<double>(duration) / 1e9);
  if (run.finished && !run.finished->stopped_by.empty()) fmt::print(out_, ", ended by {}", run.finished->stopped_by);
  fmt::print(out_, "\n");
  line("report: ", shown_path(run.started.folder + "/report.html"));
}

}  // namespace crashwright::harness::cli
