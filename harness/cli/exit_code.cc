#include "harness/cli/exit_code.h"

#include <fmt/format.h>

#include <array>

namespace crashwright::harness::cli {
namespace {

constexpr std::array kMeanings{
    ExitMeaning{kExitPassed, "all passed and every fault fired"},
    ExitMeaning{kExitBroken, "a promise was broken"},
    ExitMeaning{kExitUsage, "wrong use or invalid scenario"},
    ExitMeaning{kExitInconclusive, "inconclusive, skipped, or not all was run"},
    ExitMeaning{kExitNothing, "nothing selected"},
    ExitMeaning{kExitJudgeFailed, "a checker could not judge"},
    ExitMeaning{kExitEnvironment, "the machine lacks something"},
    ExitMeaning{kExitInternal, "a bug of the harness"},
    ExitMeaning{kExitInterrupted, "interrupted, all undone"},
};

}  // namespace

std::span<const ExitMeaning> exit_meanings() noexcept { return kMeanings; }

ExitCode exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kCorrupt:
      return kExitUsage;
    case ErrorKind::kEnvironment:
    case ErrorKind::kIo:
      return kExitEnvironment;
    case ErrorKind::kInternal:
      return kExitInternal;
  }
  return kExitInternal;
}

ExitCode exit_code(const OutcomeCounts& counts, bool interrupted, bool skips_allowed) noexcept {
  if (interrupted) return kExitInterrupted;
  if (counts.error > counts.judge_failed + counts.machine_lacks) return kExitInternal;
  if (counts.machine_lacks > 0) return kExitEnvironment;
  if (counts.judge_failed > 0) return kExitJudgeFailed;
  if (counts.fail > 0) return kExitBroken;
  if (counts.inconclusive > 0 || counts.unfinished > 0) return kExitInconclusive;
  if (counts.never_started > 0 || counts.missing_shards > 0) return kExitInconclusive;
  if (counts.skipped > 0 && !skips_allowed) return kExitInconclusive;
  // Nothing but skips proves nothing.
  return counts.pass > 0 ? kExitPassed : kExitInconclusive;
}

ExitCode report_error(const Error& error) {
  fmt::print(stderr, "crashwright: {}\n", error.message);
  if (!error.remedy.empty()) fmt::print(stderr, "  {}\n", error.remedy);
  return exit_code(error.kind);
}

}  // namespace crashwright::harness::cli
