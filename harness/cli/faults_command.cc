#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/fault_coverage.h"
#include "harness/cli/options.h"
#include "harness/faults/registry.h"
#include "harness/scenario/fields.h"

namespace crashwright::harness::cli {
namespace {

void print_kind(const FaultKind& kind) {
  fmt::print("  {:<20} {}\n", kind.name, wrap(kind.doc, 23));
  fmt::print("  {:<20} - {}\n", "", kind.example);
  if (!kind.needs.empty()) fmt::print("  {:<20} needs {}\n", "", fmt::join(kind.needs, ", "));
  if (kind.outside != OutsideAction::kNothing) {
    fmt::print("  {:<20} engines of your own only\n", "");
    return;
  }
  if (kind.causes_asan.empty()) fmt::print("  {:<20} release build only\n", "");
  if (kind.causes_release.empty()) fmt::print("  {:<20} asan build only\n", "");
}

void print_kinds() {
  std::string family;
  for (const FaultKind& kind : all_fault_kinds()) {
    if (kind.family != family) fmt::print("{}{}:\n", family.empty() ? "" : "\n", kind.family);
    family = kind.family;
    print_kind(kind);
  }
}

void print_parameters() {
  fmt::print("\nParameters:\n");
  for (const Field& field : all_fields()) {
    if (field.section != "fault") continue;
    const std::string doc =
        fmt::format("{} ({}, default: {})", field.doc, field_type_name(field.type), field.default_text);
    fmt::print("  {:<20} {}\n", field.name, wrap(doc, 23));
  }
}

std::string code_list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", word);
  return text.empty() ? "none" : text;
}

const char* builds_of(const FaultKind& kind) {
  if (kind.outside != OutsideAction::kNothing) return "engines of your own";
  if (kind.causes_asan.empty()) return "release";
  return kind.causes_release.empty() ? "asan" : "release, asan";
}

void print_page_of_kind(const FaultKind& kind) {
  fmt::print("\n### {}\n{}.\n\n", kind.name, kind.doc);
  fmt::print("```yaml\n- {}\n```\n", kind.example);
  fmt::print("- **Stands for:** {}\n", kind.stands_for);
  fmt::print("- **Shows as:** {}\n", kind.evidence);
  fmt::print("- **Parameters:** {}; **builds:** {}; **needs:** {}\n", code_list(kind.parameters), builds_of(kind),
             code_list(kind.needs));
  const auto& causes = kind.causes_release.empty() ? kind.causes_asan : kind.causes_release;
  fmt::print("- **Right answers of the autopsy:** {}\n", code_list(causes));
  fmt::print("- **Planted bug:** {}\n", kind.reveals);
}

// docs/faults.md, byte for byte.
void print_page() {
  fmt::print(
      "# The faults\n\nWritten by `crashwright faults --format markdown`; a test holds it to the table in "
      "`harness/faults/`.\nEvery kind goes armed, fired, confirmed: one whose effect nobody saw makes the case "
      "INCONCLUSIVE.\nBesides its own parameters each takes the triggers at the end.\n");
  std::string family;
  for (const FaultKind& kind : all_fault_kinds()) {
    if (kind.family != family) fmt::print("\n## {}\n", kind.family);
    family = kind.family;
    print_page_of_kind(kind);
  }
  fmt::print("\n## Triggers and parameters\n\n| key | what | default |\n|---|---|---|\n");
  for (const Field& field : all_fields()) {
    if (field.section == "fault") fmt::print("| `{}` | {} | {} |\n", field.name, field.doc, field.default_text);
  }
}

}  // namespace

int faults_command(const std::vector<std::string>& arguments) {
  std::string coverage;
  std::string format = "human";
  Options options("faults", "The kinds of fault with an example of each, and their parameters.");
  options.text("--coverage", "RUN", coverage,
               "instead: the fault points of the engine that this run never reached, and passages of the others");
  options.word("--format", "FORMAT", format, {"human", "json", "markdown"},
               "json: of --coverage; markdown: the page docs/faults.md");
  options.example("crashwright faults");
  options.example("crashwright faults --coverage crashwright-out/latest");
  options.example("crashwright faults --format markdown > docs/faults.md");
  if (const auto code = options.parse(arguments)) return *code;
  if (!coverage.empty()) return show_fault_coverage(coverage, format == "json");
  if (format == "markdown") {
    print_page();
    return kExitPassed;
  }
  print_kinds();
  print_parameters();
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
