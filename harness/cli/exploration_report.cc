#include "harness/cli/exploration_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/console.h"
#include "harness/cli/options.h"
#include "harness/storage/explore/exploration_json.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kOutputShown = 1'500;
constexpr size_t kLossesShown = 8;

void print_output(const std::string& output) {
  size_t begin = 0;
  const std::string shown = output.substr(0, kOutputShown);
  while (begin < shown.size()) {
    const size_t end = std::min(shown.find('\n', begin), shown.size());
    fmt::print("    | {}\n", printable(shown.substr(begin, end - begin)));
    begin = end + 1;
  }
}

// In 80 columns; what follows the first line stands below the text.
void print_wrapped(const std::string& indent, const std::string& text) {
  fmt::print("{}{}\n", indent, wrap(printable(text), indent.size() + 2));
}

std::string issuer(const StorageFinding& finding, size_t loss) {
  return loss < finding.issued_by.size() ? finding.issued_by[loss] : std::string();
}

void print_lost(const StorageFinding& finding) {
  if (finding.lost.empty())
    print_wrapped("  ",
                  "lost: nothing; everything that reached the file system was kept: the order of the program's own "
                  "steps is to blame, or the checker");
  for (size_t i = 0; i < finding.lost.size(); ++i) {
    if (i == kLossesShown) {
      fmt::print("  lost: {} more\n", finding.lost.size() - i);
      break;
    }
    print_wrapped("  ", "lost: " + finding.lost[i]);
    // Once for all that follow each other and come from the same place.
    const std::string where = issuer(finding, i);
    const bool last = i + 1 == std::min(finding.lost.size(), kLossesShown);
    if (!where.empty() && (last || issuer(finding, i + 1) != where)) print_wrapped("        ", "by " + where);
  }
  const size_t along = finding.lost_along.size();
  if (along == 1) print_wrapped("  ", "lost with it, for names go in order: " + finding.lost_along.front());
  if (along > 1) {
    print_wrapped("  ", fmt::format("lost with it, for names go in order: {} and {} more", finding.lost_along.front(),
                                    along - 1));
  }
  if (!finding.lost.empty()) fmt::print("  kept: all the rest\n");
}

bool outlived_its_bytes(const StorageFinding& finding) {
  return std::any_of(finding.state.losses.begin(), finding.state.losses.end(),
                     [](const Loss& loss) { return loss.size_kept > 0; });
}

void print_finding(const StorageFinding& finding, size_t number) {
  fmt::print("\n");
  print_wrapped("", fmt::format("finding {} (profile {}, {} {}): {}", number, finding.profile, finding.states,
                                finding.states == 1 ? "state fails so" : "states fail so", finding.reason));
  print_wrapped("  ", fmt::format("power lost after operation {}: {}; {} acknowledged", finding.crash_point,
                                  finding.last_operation, finding.acked));
  print_lost(finding);
  if (outlived_its_bytes(finding)) {
    print_wrapped("  ",
                  "a size can outlive its bytes, fsync or not: whoever reads the file must take zeros at its end for "
                  "a torn tail (docs/storage.md)");
  }
  if (!finding.minimal) print_wrapped("  ", "perhaps fewer would do: it ended before that was known");
  if (!finding.fix.empty()) print_wrapped("  ", "would pass with: " + finding.fix);
  if (!finding.no_fix.empty()) print_wrapped("  ", "no added fsync: " + finding.no_fix);
  fmt::print("  the checker said:\n");
  print_output(finding.output);
  if (!finding.folder.empty()) fmt::print("  kept in {}\n", finding.folder);
}

// What ended it, and what was not looked at.
void print_end(const ProfileSummary& profile) {
  if (profile.end == ExplorationEnd::kNothingNew) return fmt::print("  no further state was found\n");
  const char* const by = profile.end == ExplorationEnd::kTime     ? "the time"
                         : profile.end == ExplorationEnd::kStates ? "the number of states"
                         : profile.end == ExplorationEnd::kErrors ? "the checker's errors"
                                                                  : "an interruption";
  const size_t left = profile.steps_known - profile.steps_done;
  print_wrapped("  ",
                fmt::format("ended by {}; {}", by,
                            left == 0 ? "every kind of loss was tried at every crash point, other sets of losses not"
                                      : fmt::format("of {} kinds of loss at crash points {} were not gone through",
                                                    profile.steps_known, left)));
}

void print_untouched(const ImageVerdict& verdict) {
  fmt::print("\n");
  print_wrapped("", "error: the checker calls even the untouched folder violated: " + verdict.reason());
  print_wrapped("  ", kUntouchedMeans);
  fmt::print("  the checker said:\n");
  print_output(verdict.output);
}

void print_errors(const CampaignResult& result) {
  if (result.checker_errors == 0) return;
  fmt::print("\nthe checker could not judge {} {}:\n", result.checker_errors,
             result.checker_errors == 1 ? "state" : "states");
  print_output(result.first_error);
}

// Where the time went that is no profile's.
void print_time(const CampaignResult& result) {
  if (result.findings.empty()) return;
  fmt::print("findings explained in {:.1f} s: {:.1f} s to the fewest losses, {:.1f} s trying added syncs\n",
             result.minimising_seconds + result.advising_seconds, result.minimising_seconds, result.advising_seconds);
}

}  // namespace

void print_exploration(const CampaignResult& result, const Recording& recording) {
  fmt::print("{} operations, {} acknowledged\n", recording.size() - recording.initial, recording.tokens.size());
  if (recording.tokens.empty()) print_wrapped("", "note: nothing was acknowledged, so nothing can be missing");
  for (const ProfileSummary& profile : result.profiles) {
    fmt::print("profile {}: {} distinct states judged, {} violated, {:.1f} s\n", profile.profile, profile.states,
               profile.violated, profile.seconds);
    if (profile.pairs_known > 0) {
      fmt::print("  {} of {} pairs of unsynced kinds were met, one lost, one kept\n", profile.pairs_covered,
                 profile.pairs_known);
    }
    print_end(profile);
  }
  if (result.untouched) return print_untouched(*result.untouched);
  print_time(result);
  size_t number = 0;
  for (const StorageFinding& finding : result.findings) print_finding(finding, ++number);
  if (result.unexplained > 0) {
    fmt::print("\n{} more {} of failure, told apart by what the checker says, not explained\n", result.unexplained,
               result.unexplained == 1 ? "kind" : "kinds");
  }
  print_errors(result);
  const bool cut = std::any_of(result.profiles.begin(), result.profiles.end(),
                               [](const ProfileSummary& profile) { return profile.end == ExplorationEnd::kTime; });
  const std::string verdict = exploration_verdict(result);
  fmt::print("\n{}{}\n", verdict, cut && verdict == "clean" ? ", as far as the time went" : "");
}

}  // namespace crashwright::harness::cli
