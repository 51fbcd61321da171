#include "rca/triage.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "rca/json_numbers.h"
#include "rca/signature.h"

namespace crashwright::rca {
namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;

// Entries of an older version count as well, as far as they mean the same now.
template <typename Bugs>
auto find_bug(Bugs& bugs, const std::string& signature) {
  return std::ranges::find_if(
      bugs, [&](const KnownBug& bug) { return !signature.empty() && current_signature(bug.signature) == signature; });
}

// Crashes of one key are of one bug. What nothing tells from others of its cause stands alone.
std::string key_of(const Crash& crash) {
  const std::string signature = current_signature(crash.report.signature);
  return signature.empty() ? "alone\n" + crash.path : signature;
}

KnownBug bug_from(const Json& entry) {
  KnownBug bug;
  entry.at("signature").get_to(bug.signature);
  const auto state = entry.at("state").get<std::string>();
  if (state != "open" && state != "fixed") throw Json::other_error::create(599, "state \"" + state + "\"", nullptr);
  bug.state = state == "fixed" ? BugState::kFixed : BugState::kOpen;
  bug.note = entry.value("note", "");
  bug.cause = entry.value("cause", "");
  bug.function = entry.value("function", "");
  bug.crashes = entry.value("crashes", uint64_t{0});
  return bug;
}

int order_of(TriageVerdict verdict) {
  switch (verdict) {
    case TriageVerdict::kRegressed:
      return 0;
    case TriageVerdict::kNew:
      return 1;
    case TriageVerdict::kKnown:
      return 2;
  }
  return 3;
}

}  // namespace

const char* triage_verdict_name(TriageVerdict verdict) noexcept {
  switch (verdict) {
    case TriageVerdict::kNew:
      return "NEW";
    case TriageVerdict::kKnown:
      return "KNOWN";
    case TriageVerdict::kRegressed:
      return "REGRESSED";
  }
  return "NEW";
}

Result<std::vector<KnownBug>> read_ledger(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::vector<KnownBug>();
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  try {
    const Json document = Json::parse(*text);
    refuse_fractions(document, {});
    if (!document.is_object() || document.value("format", "") != "crashwright-triage" ||
        document.value("version", 0) != kVersion) {
      return fail(ErrorKind::kCorrupt, path + ": no ledger of crashes, or one of another version");
    }
    std::vector<KnownBug> bugs;
    for (const Json& entry : document.at("bugs")) bugs.push_back(bug_from(entry));
    return bugs;
  } catch (const Json::exception& trouble) {
    return fail(ErrorKind::kCorrupt, path + ": " + trouble.what());
  }
}

Status write_ledger(const std::string& path, const std::vector<KnownBug>& bugs) {
  Json document = {{"format", "crashwright-triage"}, {"version", kVersion}, {"bugs", Json::array()}};
  for (const KnownBug& bug : bugs) {
    document["bugs"].push_back({{"signature", bug.signature},
                                {"state", bug.state == BugState::kFixed ? "fixed" : "open"},
                                {"note", bug.note},
                                {"cause", bug.cause},
                                {"function", bug.function},
                                {"crashes", bug.crashes}});
  }
  return write_file_atomic(path, document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<CrashGroup> triage(const std::vector<Crash>& crashes, const std::vector<KnownBug>& known) {
  std::map<std::string, CrashGroup> by_key;
  for (const Crash& crash : crashes) {
    if (crash.report.cause == "NONE" || crash.report.cause == "NO_FAULT") continue;
    by_key[key_of(crash)].crashes.push_back(&crash);
  }
  std::vector<CrashGroup> groups;
  for (auto& [key, group] : by_key) {
    group.signature = current_signature(group.crashes.front()->report.signature);
    if (const auto bug = find_bug(known, group.signature); bug != known.end()) {
      group.verdict = bug->state == BugState::kFixed ? TriageVerdict::kRegressed : TriageVerdict::kKnown;
      group.note = bug->note;
    }
    std::ranges::stable_sort(group.crashes, std::ranges::greater{},
                             [](const Crash* crash) { return crash->report.confidence; });
    groups.push_back(std::move(group));
  }
  std::ranges::stable_sort(groups, [](const CrashGroup& a, const CrashGroup& b) {
    if (a.verdict != b.verdict) return order_of(a.verdict) < order_of(b.verdict);
    return a.crashes.size() > b.crashes.size();
  });
  return groups;
}

void record_groups(const std::vector<CrashGroup>& groups, std::vector<KnownBug>& known) {
  for (const CrashGroup& group : groups) {
    if (group.signature.empty()) continue;
    auto bug = find_bug(known, group.signature);
    if (bug == known.end()) {
      const AutopsyReport& report = group.crashes.front()->report;
      known.push_back({group.signature, BugState::kOpen, "", report.cause, report.function, 0});
      bug = std::prev(known.end());
    }
    bug->signature = group.signature;
    bug->state = BugState::kOpen;
    bug->crashes += group.crashes.size();
  }
}

}  // namespace crashwright::rca
