#include "harness/cli/exploration_report.h"

#include <fmt/format.h>

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

void print_finding(const StorageFinding& finding, size_t number) {
  fmt::print("\nfinding {} (profile {}, {} {} fail so): {}\n", number, finding.profile, finding.states,
             finding.states == 1 ? "state" : "states", printable(finding.reason));
  fmt::print("  power lost after operation {}: {}; {} acknowledged\n", finding.state.point,
             printable(finding.last_operation), finding.acked);
  if (finding.lost.empty()) fmt::print("  lost: nothing; everything that reached the file system was kept\n");
  for (size_t i = 0; i < finding.lost.size(); ++i) {
    if (i == kLossesShown) {
      fmt::print("  lost: {} more\n", finding.lost.size() - i);
      break;
    }
    fmt::print("  lost: {}\n", printable(finding.lost[i]));
    const std::string where = i < finding.issued_by.size() ? finding.issued_by[i] : "";
    if (!where.empty()) fmt::print("        by {}\n", printable(where));
  }
  if (!finding.lost.empty()) fmt::print("  kept: all the rest\n");
  if (!finding.fix.empty()) fmt::print("  would pass with: {}\n", printable(finding.fix));
  fmt::print("  the checker said:\n");
  print_output(finding.output);
  if (!finding.folder.empty()) fmt::print("  kept in {}\n", finding.folder);
}

}  // namespace

void print_exploration(const CampaignResult& result, const Recording& recording) {
  fmt::print("{} operations, {} acknowledged\n", recording.size() - recording.initial, recording.tokens.size());
  for (const ProfileSummary& profile : result.profiles) {
    fmt::print("profile {}: {} distinct states judged, {} violated, {:.1f} s, {} of {} pairs of unsynced kinds{}\n",
               profile.profile, profile.states, profile.violated, profile.seconds, profile.pairs_covered,
               profile.pairs_known, profile.exhausted ? "; no further state was found" : "");
  }
  size_t number = 0;
  for (const StorageFinding& finding : result.findings) print_finding(finding, ++number);
  if (result.checker_errors > 0) {
    fmt::print("\nthe checker could not judge {} {}:\n", result.checker_errors,
               result.checker_errors == 1 ? "state" : "states");
    print_output(result.first_error);
  }
  fmt::print("\n{}\n", exploration_verdict(result));
}

}  // namespace crashwright::harness::cli
