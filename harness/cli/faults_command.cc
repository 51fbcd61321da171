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

}  // namespace

int faults_command(const std::vector<std::string>& arguments) {
  std::string coverage;
  std::string format = "human";
  Options options("faults", "The kinds of fault with an example of each, and their parameters.");
  options.text("--coverage", "RUN", coverage,
               "instead: the fault points of the engine that this run never reached, and passages of the others");
  options.word("--format", "FORMAT", format, {"human", "json"}, "of --coverage: human or json");
  options.example("crashwright faults");
  options.example("crashwright faults --coverage crashwright-out/latest");
  if (const auto code = options.parse(arguments)) return *code;
  if (!coverage.empty()) return show_fault_coverage(coverage, format == "json");
  print_kinds();
  print_parameters();
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
