#include "harness/cli/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

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
  if (done.outcome == Outcome::kPass && done.autopsy) {
    const rca::AutopsyReport& autopsy = *done.autopsy;
    return autopsy.function.empty() ? autopsy.cause : autopsy.cause + " in " + autopsy.function;
  }
  return done.summary;
}

}  // namespace

std::string printable(const std::string& text, size_t bytes_max) {
  std::string shown = text.substr(0, bytes_max);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text.size() > bytes_max ? shown + "..." : shown;
}

Console::Console(std::FILE* out)
    : out_(out), colour_(::isatty(::fileno(out)) == 1 && std::getenv("NO_COLOR") == nullptr) {}

std::string Console::painted(Outcome outcome) const {
  const std::string word = fmt::format("{:<12}", verifiers::outcome_name(outcome));
  return colour_ ? colour_of(outcome) + word + "\033[0m" : word;
}

void Console::on_event(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (const auto* const started = std::get_if<RunStarted>(&event)) {
    planned_ = started->cases;
    fmt::print(out_, "{} {}, seed {}, {} {}, {}\n", started->cases, started->cases == 1 ? "case" : "cases",
               started->seed, started->jobs, started->jobs == 1 ? "job" : "jobs", started->folder);
  } else if (const auto* const note = std::get_if<RunNote>(&event)) {
    fmt::print(out_, "note: {}\n", printable(note->text));
  } else if (const auto* const done = std::get_if<CaseFinished>(&event)) {
    print_case(*done);
  }
  std::fflush(out_);
}

void Console::print_case(const CaseFinished& done) {
  ++ended_;
  fmt::print(out_, "[{:>3}/{}] {} {} [{}]  {:.1f} s  {}\n", ended_, planned_, painted(done.outcome),
             printable(done.name), done.build, static_cast<double>(done.duration_ns) / 1e9, printable(finding(done)));
}

// The promises that did not hold; without any, the summary says why (a fault that never fired, a missing need).
void Console::print_reasons(const CaseFinished& done) {
  // INCONCLUSIVE: a fault that never fired is no promise's word, and explains all of theirs.
  bool told = done.outcome == Outcome::kInconclusive;
  if (told) fmt::print(out_, "  {}\n", printable(done.summary));
  for (const verifiers::Verdict& verdict : done.verdicts) {
    if (verdict.outcome == Outcome::kPass || verdict.outcome == Outcome::kNotApplicable) continue;
    fmt::print(out_, "  {} {}: {}\n", painted(verdict.outcome), verdict.promise, printable(verdict.summary));
    told = told || verdict.outcome == done.outcome;
  }
  if (!told) fmt::print(out_, "  {}\n", printable(done.summary));
}

void Console::print_summary(const RunRecord& run) {
  const std::lock_guard lock(mutex_);
  for (const CaseRecord& record : run.cases) {
    if (!record.finished || record.finished->outcome == Outcome::kPass) continue;
    const CaseFinished& done = *record.finished;
    fmt::print(out_, "\n{} {} [{}]\n", painted(done.outcome), printable(done.name), done.build);
    print_reasons(done);
    if (done.outcome == Outcome::kSkipped) continue;
    if (done.autopsy) {
      fmt::print(out_, "  cause   {}{}{} ({:.0f} %)\n", done.autopsy->cause,
                 done.autopsy->function.empty() ? "" : " in ", printable(done.autopsy->function),
                 done.autopsy->confidence * 100);
    }
    if (!done.folder.empty()) fmt::print(out_, "  folder  {}/{}\n", run.started.folder, done.folder);
    fmt::print(out_, "  repeat  {}\n", done.repro);
  }
  const OutcomeCounts counts = count_outcomes(run);
  fmt::print(out_, "\n{} passed", counts.pass);
  if (counts.fail > 0) fmt::print(out_, ", {} failed", counts.fail);
  if (counts.error > 0) fmt::print(out_, ", {} in error", counts.error);
  if (counts.inconclusive > 0) fmt::print(out_, ", {} inconclusive", counts.inconclusive);
  if (counts.skipped > 0) fmt::print(out_, ", {} skipped", counts.skipped);
  if (counts.unfinished > 0) fmt::print(out_, ", {} interrupted", counts.unfinished);
  const uint64_t never_started = run.started.cases - std::min<uint64_t>(run.started.cases, run.cases.size());
  if (never_started > 0) fmt::print(out_, ", {} never started", never_started);
  const uint64_t duration = run.finished ? run.finished->duration_ns : 0;
  fmt::print(out_, " in {:.1f} s\nreport: {}/report.html\n", static_cast<double>(duration) / 1e9, run.started.folder);
  std::fflush(out_);
}

}  // namespace crashwright::harness::cli
