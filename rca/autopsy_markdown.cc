// AutopsyReport as one page to hand to others: a crash report in Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "rca/autopsy.h"
#include "rca/evidence_ranking.h"
#include "rca/report_parts.h"

namespace crashwright::rca {
namespace {

constexpr size_t kFramesShown = 16;
constexpr size_t kOthersShown = 3;
constexpr size_t kEvidenceShown = 8;
constexpr size_t kCellMax = 120;

// Text of a dead process must not become markup.
std::string code(const std::string& text) {
  std::string safe;
  for (const char c : clip(printable(text), kCellMax)) safe += c == '`' ? '\'' : c == '|' ? '/' : c;
  return safe.empty() ? "" : "`" + safe + "`";
}

// One line inside a fence, which it cannot end.
std::string fenced(const std::string& text) {
  std::string line = printable(text);
  std::ranges::replace(line, '`', '\'');
  return clip(line, kCellMax) + "\n";
}

void add_stack(const AutopsyReport& report, const StackGroup& group, size_t limit, std::string& page) {
  page += "\n" + code(title_of(group)) + "\n\n```\n";
  const std::vector<Frame>& frames = group.threads.front()->frames;
  const size_t chosen = chosen_frame(report, group);
  for (size_t i = 0; i < frames.size() && i < limit; ++i) {
    page += fenced(fmt::format("#{:<2} {}  {}", i, name_of_frame(frames[i]), short_place(frames[i])));
    if (i != chosen) continue;
    for (const std::string& variable : frames[i].variables) page += fenced("      " + variable);
  }
  if (frames.size() > limit) page += fmt::format("... {} more\n", frames.size() - limit);
  page += "```\n";
}

void add_facts(const AutopsyReport& report, std::string& page) {
  page += "| | |\n|---|---|\n";
  const auto row = [&page](const char* name, const std::string& value) {
    if (!value.empty()) page += fmt::format("| {} | {} |\n", name, code(value));
  };
  row("cause", fmt::format("{}, confidence {:.2f}", report.cause, report.confidence));
  row("function", report.function);
  row("signature", report.signature);
  if (report.signal_number != 0) row("signal", signal_words(report));
  if (report.fault_address) row("address", fmt::format("{:#x}: {}", *report.fault_address, report.fault_address_is));
  row("instruction", report.instruction);
  row("thread", report.tid == 0 ? "" : fmt::format("{} {}", report.tid, report.thread_name));
  row("build id", report.build_id);
}

}  // namespace

std::string autopsy_to_markdown(const AutopsyReport& report) {
  std::string page = "# Crash report: " + report.cause +
                     (report.function.empty() ? "" : " in " + code(report.function)) + "\n\n" + code(report.detail) +
                     "\n\n";
  add_facts(report, page);
  page += "\n## Evidence\n\n";
  for (size_t i = 0; i < report.evidence.size() && i < kEvidenceShown; ++i) {
    const Evidence& evidence = report.evidence[i];
    page += fmt::format("- {:+.2f} {}: {}, {}: {}\n", evidence.strength, evidence.cause, tier_name(evidence.tier),
                        code(evidence.source), code(evidence.excerpt));
  }
  for (const std::string& edge : report.wait_for_cycle) page += "- " + code(edge) + "\n";
  for (const std::string& missing : report.missing) page += "- not looked at: " + code(missing) + "\n";
  if (!report.story.empty()) page += "\n## The last moments\n\n";
  for (const std::string& event : report.story) page += "- " + code(event) + "\n";
  page += "\n## Stacks\n";
  size_t others = 0;
  for (const StackGroup& group : fold_stacks(report)) {
    if (!group.faulting && !is_involved(report, group) && others++ == kOthersShown) break;
    add_stack(report, group, group.faulting ? kFramesShown : kFramesShown / 2, page);
  }
  return page;
}

}  // namespace crashwright::rca
