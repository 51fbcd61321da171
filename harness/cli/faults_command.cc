#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/fault_coverage.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/faults/registry.h"
#include "harness/scenario/engine_checks.h"
#include "harness/scenario/fields.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

void print_kind(const FaultKind& kind) {
  fmt::print("  {:<20} {}\n", kind.name, wrap(kind.doc, 23));
  fmt::print("  {:<20} - {}\n", "", fold(kind.example, 25, terminal_columns(stdout)));
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

std::string builds_of(const FaultKind& kind) {
  if (kind.outside != OutsideAction::kNothing) return "engines of your own";
  const std::string builds = kind.causes_asan.empty()      ? "release"
                             : kind.causes_release.empty() ? "asan"
                                                           : "release, asan";
  switch (use_by_own_engine(kind)) {
    case OwnEngineUse::kAny:
      return builds + ", engines of your own";
    case OwnEngineUse::kWithTheKit:
      return builds + ", engines of your own that link the kit";
    case OwnEngineUse::kNone:
      break;
  }
  return builds;
}

const std::vector<std::string>& answers_of(const FaultKind& kind) {
  return kind.causes_release.empty() ? kind.causes_asan : kind.causes_release;
}

// What an engine of one's own makes of an error that it is told is its own affair.
std::string in_own_engines(const FaultKind& kind) {
  if (kind.outside != OutsideAction::kNothing || !is_answered_by_own_engine(kind)) return {};
  std::vector<std::string> more;
  for (const std::string& cause : causes_in_own_engine(kind)) {
    if (std::find(kind.causes_release.begin(), kind.causes_release.end(), cause) == kind.causes_release.end()) {
      more.push_back(cause);
    }
  }
  return fmt::format("; of engines of your own also {}", fmt::join(more, ", "));
}

void print_page_of_kind(const FaultKind& kind) {
  fmt::print("\n### {}\n{}.\n\n", kind.name, kind.doc);
  fmt::print("```yaml\n- {}\n```\n", kind.example);
  fmt::print("- **Stands for:** {}\n", kind.stands_for);
  fmt::print("- **Shows as:** {}\n", kind.evidence);
  fmt::print("- **Parameters:** {}; **builds:** {}; **needs:** {}\n", code_list(kind.parameters), builds_of(kind),
             code_list(kind.needs));
  if (!kind.right_then.empty()) fmt::print("- **What is right then:** {}\n", kind.right_then);
  fmt::print("- **Right answers of the autopsy:** {}{}\n", code_list(answers_of(kind)), in_own_engines(kind));
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

void print_detail(const char* what, const std::string& text) {
  if (!text.empty()) fmt::print("  {:<11} {}\n", what, wrap(text, 14));
}

// One kind with all that is known of it.
void print_in_full(const FaultKind& kind) {
  fmt::print("{} ({})\n", kind.name, kind.family);
  print_detail("does", kind.doc);
  fmt::print("  {:<11} - {}\n", "example", kind.example);
  print_detail("stands for", kind.stands_for);
  print_detail("shows as", kind.evidence);
  print_detail("parameters", fmt::format("{}", fmt::join(kind.parameters, ", ")));
  print_detail("builds", builds_of(kind));
  print_detail("needs", fmt::format("{}", fmt::join(kind.needs, ", ")));
  print_detail("right then", kind.right_then);
  print_detail("cause", fmt::format("{}{}", fmt::join(answers_of(kind), " or "), in_own_engines(kind)));
}

nlohmann::ordered_json to_json(const FaultKind& kind) {
  return {{"name", kind.name},
          {"family", kind.family},
          {"does", kind.doc},
          {"example", kind.example},
          {"stands_for", kind.stands_for},
          {"shows_as", kind.evidence},
          {"parameters", kind.parameters},
          {"builds", builds_of(kind)},
          {"right_then", kind.right_then},
          {"needs", kind.needs},
          {"causes", answers_of(kind)}};
}

// Those of the given names and families, all when none is given.
Result<std::vector<const FaultKind*>> chosen(const std::vector<std::string>& words) {
  std::vector<const FaultKind*> kinds;
  std::vector<std::string> known = fault_kind_names();
  for (const FaultKind& kind : all_fault_kinds()) {
    if (std::find(known.begin(), known.end(), kind.family) == known.end()) known.push_back(kind.family);
    const auto meant = [&](const std::string& word) { return word == kind.name || word == kind.family; };
    if (words.empty() || std::any_of(words.begin(), words.end(), meant)) kinds.push_back(&kind);
  }
  for (const std::string& word : words) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string hint = suggestion(word, known);
    return fail(ErrorKind::kUsage, "no fault \"" + word + "\"",
                hint.empty() ? "`crashwright faults` lists them" : hint);
  }
  return kinds;
}

int show_kinds(const std::vector<std::string>& words, const std::string& format) {
  const auto kinds = chosen(words);
  if (!kinds) return report_error(kinds.error());
  if (format == "json") {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const FaultKind* const kind : *kinds) all.push_back(to_json(*kind));
    fmt::print("{}\n", all.dump(2));
  } else if (words.empty()) {
    print_kinds();
    print_parameters();
  } else {
    for (size_t i = 0; i < kinds->size(); ++i) {
      if (i > 0) fmt::print("\n");
      print_in_full(*(*kinds)[i]);
    }
  }
  return kExitPassed;
}

}  // namespace

int faults_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  std::string coverage;
  std::string format = "human";
  Options options("faults",
                  "The kinds of fault with an example of each, and their parameters; of one kind all there is.");
  options.arguments("[KIND|FAMILY]...", words, "these kinds in full (default: all, in short)", fault_kind_names());
  options.text("--coverage", "RUN", coverage,
               "instead: the fault points of the engine that this run never reached, and passages of the others");
  options.word("--format", "FORMAT", format, {"human", "json", "markdown"},
               "human; json; markdown: the page docs/faults.md");
  options.example("crashwright faults");
  options.example("crashwright faults power_loss");
  options.example("crashwright faults --coverage crashwright-out/latest");
  options.example("crashwright faults --format markdown > docs/faults.md");
  if (const auto code = options.parse(arguments)) return *code;
  if (!coverage.empty()) return show_fault_coverage(coverage, format == "json");
  if (format != "markdown") return show_kinds(words, format);
  print_page();
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
