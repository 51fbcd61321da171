#include "harness/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "harness/cli/options.h"
#include "harness/report/case_words.h"
#include "rca/report_parts.h"

namespace crashwright::harness::cli {
namespace {

using verifiers::Outcome;

constexpr size_t kFindingBytesMax = 110;

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

size_t columns_of(std::FILE* out) {
  winsize size{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string crash_place(const rca::AutopsyReport& autopsy) {
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
      live_(is_terminal(out) && std::getenv("CI") == nullptr),
      colour_(is_terminal(out) && std::getenv("NO_COLOR") == nullptr) {}

Console::~Console() { clear_status(); }

std::string Console::painted(Outcome outcome) const {
  const std::string word = fmt::format("{:<12}", verifiers::outcome_name(outcome));
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
  const size_t width = columns_of(out_) - 1;
  if (line.size() > width) line.resize(width);
  fmt::print(out_, "{}", line);
  drawn_ = true;
}

void Console::on_event(const Event& event) {
  const std::lock_guard lock(mutex_);
  clear_status();
  if (const auto* const started = std::get_if<RunStarted>(&event)) {
    planned_ = started->cases;
    started_ns_ = monotonic_ns();
    fmt::print(out_, "{} {}, seed {}, {} {}, {}\n", started->cases, started->cases == 1 ? "case" : "cases",
               started->seed, started->jobs, started->jobs == 1 ? "job" : "jobs", started->folder);
  } else if (const auto* const note = std::get_if<RunNote>(&event)) {
    fmt::print(out_, "note: {}\n", printable(note->text));
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
  fmt::print(out_, "[{:>3}{}] {} {} [{}]  {:.1f} s  {}\n", ended_, of, painted(done.outcome), printable(done.name),
             done.build, static_cast<double>(done.duration_ns) / 1e9, printable(finding(done)));
}

// The promises that did not hold; without any, the summary says why (a fault that never fired, a missing need).
void Console::print_reasons(const CaseFinished& done) {
  // INCONCLUSIVE: a fault that never fired is no promise's word, and explains all of theirs.
  bool told = done.outcome == Outcome::kInconclusive;
  if (told) fmt::print(out_, "  {}\n", printable(done.summary));
  if (const std::string hint = unfired_advice(done); !hint.empty()) {
    fmt::print(out_, "  {}\n", wrap(printable(hint), 2));
    return;
  }
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (verdict.outcome == Outcome::kPass || verdict.outcome == Outcome::kNotApplicable) continue;
    fmt::print(out_, "  {} {}: {}\n", painted(verdict.outcome), verdict.promise, printable(verdict.summary));
    told = told || verdict.outcome == done.outcome;
  }
  if (!told) fmt::print(out_, "  {}\n", printable(done.summary));
}

void Console::print_failure(const RunRecord& run, const CaseFinished& done) {
  fmt::print(out_, "\n{} {} [{}]\n", painted(done.outcome), printable(done.name), done.build);
  print_reasons(done);
  if (done.outcome == Outcome::kSkipped) return;
  if (done.autopsy) {
    const std::string place = crash_place(*done.autopsy);
    fmt::print(out_, "  cause   {} ({:.0f} %)\n", done.autopsy->cause, done.autopsy->confidence * 100);
    if (!place.empty()) fmt::print(out_, "  place   {}\n", printable(place));
  }
  if (!done.folder.empty()) fmt::print(out_, "  folder  {}/{}\n", run.started.folder, done.folder);
  fmt::print(out_, "  repeat  {}\n", done.repro);
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
  fmt::print(out_, "\nreport: {}/report.html\n", run.started.folder);
}

}  // namespace crashwright::harness::cli
