#include "harness/scenario/reference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/explanations.h"
#include "harness/scenario/fields.h"
#include "verifiers/verifier.h"

namespace crashwright::harness {
namespace {

constexpr const char* kHead =
    "# The scenario language\n"
    "\n"
    "Every key with what it takes, its default and an example. This page is written by\n"
    "`crashwright schema --format markdown`, from the table that reads scenarios; a test keeps it true.\n"
    "\n"
    "A scenario is one YAML file, a map of the keys below. Only `name` is required.\n"
    "\n"
    "- **Numbers** are plain decimal digits: `010`, `1e3`, `0x10`, `+5` and `1_000` are refused.\n"
    "- **Durations** have their unit, `ns us ms s min h`: `50ms`, `1.5s`. **Sizes** too, `B KiB MiB GiB`: `512B`.\n"
    "- **Flags** are `true` or `false`; `yes`, `on` and `True` are refused.\n"
    "- **Anchors, aliases, tags, merge keys** and a second document are refused; use `include` and `matrix`.\n"
    "- Every mistake of every file is told at once, each with its place, a suggestion and a code (below).\n";

// Inside a cell of a table a bar would end it.
std::string cell(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '|' ? std::string("\\|") : std::string(1, c);
  return safe;
}

std::string takes(const Field& field) {
  std::string text = field_type_name(field.type);
  if (field.words != nullptr) {
    const std::vector<std::string> words = field.words();
    if (words.size() <= 12) text += fmt::format(": `{}`", fmt::join(words, "` `"));
  }
  return text;
}

std::string field_table(const std::vector<const Field*>& fields) {
  std::string text = "| key | takes | default | | example |\n|---|---|---|---|---|\n";
  for (const Field* const field : fields) {
    text += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", field->name, cell(takes(*field)), cell(field->default_text),
                        cell(field->doc), cell(field->example));
  }
  return text;
}

std::vector<const Field*> fields_of(const std::string& section) {
  std::vector<const Field*> fields;
  for (const Field& field : all_fields()) {
    if (field.section == section) fields.push_back(&field);
  }
  return fields;
}

// In order of the table: the top level, then each section that it names, at any depth.
std::string sections() {
  std::string text;
  for (const Field& field : all_fields()) {
    if (field.type != FieldType::kSection) continue;
    const std::string name = field.section.empty() ? field.name : field.section + "." + field.name;
    text += fmt::format("\n### {}\n{}\n\n{}", name, field.doc, field_table(fields_of(name)));
  }
  return text;
}

std::string builds_of(const FaultKind& kind) {
  if (kind.outside != OutsideAction::kNothing) return "engines of your own";
  if (kind.causes_asan.empty()) return "release";
  return kind.causes_release.empty() ? "asan" : "both";
}

std::string fault_kinds() {
  std::string text;
  std::string family;
  for (const FaultKind& kind : all_fault_kinds()) {
    if (kind.family != family) {
      text +=
          fmt::format("\n### {}\n| fault | | builds | parameters | example |\n|---|---|---|---|---|\n", kind.family);
    }
    family = kind.family;
    const std::string parameters =
        kind.parameters.empty() ? "" : fmt::format("`{}`", fmt::join(kind.parameters, "` `"));
    text += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", kind.name, cell(kind.doc), builds_of(kind), parameters,
                        cell(kind.example));
  }
  return text;
}

std::string parameters(bool particular) {
  std::vector<const Field*> fields = fields_of("fault");
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [&](const Field* field) { return is_particular_parameter(field->name) != particular; }),
               fields.end());
  return field_table(fields);
}

std::string promises() {
  std::string text = "| promise | | witness | judged in cases of |\n|---|---|---|---|\n";
  for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) {
    text += fmt::format("| `{}` | {} | {} | {} |\n", verifier.name, cell(verifier.promise), cell(verifier.witness),
                        verifiers::judged_in_words(verifier));
  }
  return text;
}

std::string codes() {
  std::string text = "| code | what is wrong |\n|---|---|\n";
  for (const Explanation& explanation : all_explanations()) {
    text += fmt::format("| {} | {} |\n", explanation.code, cell(explanation.title));
  }
  return text;
}

}  // namespace

std::string scenario_reference() {
  std::string text = kHead;
  text += "\n## Keys\n" + field_table(fields_of("")) + sections();
  text +=
      "\n## Faults\nAn entry of `faults` is one kind with its parameters: `- sigkill: {at: gateway.send_order, hit: "
      "3}`. "
      "Several happen in order:\na fault belongs to the start of the engine that the deaths before it lead to.\n";
  text += "\n### When and where, for every kind\n" + parameters(false);
  text += "\n### What only some kinds take\n" + parameters(true) + fault_kinds();
  text += "\n## Promises\nAll that a kind of case has are judged, unless `expect: {skip: [...]}` says otherwise.\n\n" +
          promises();
  text +=
      "\n## Codes of complaints\n`crashwright explain CODE` enlarges on each; where one file alone can show it, with "
      "a scenario that draws it and one that does not.\n\n" +
      codes();
  return text;
}

}  // namespace crashwright::harness
