// The entries of `faults:`, as SectionReader reads them.
#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/section_reader.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness {
namespace {

constexpr const char* kFaultExample = "null_dereference: {at: gateway.send_order, hit: 100}";

}  // namespace

void SectionReader::read_faults(const YamlNode& list, Scenario& scenario, std::vector<ScenarioFault>& faults) {
  if (list.items.size() > postmortem::kArmedFaultsMax) {
    complain(list.items[postmortem::kArmedFaultsMax].position, 1, code::kFaultCount,
             fmt::format("{} faults; a scenario has {} at most", list.items.size(), postmortem::kArmedFaultsMax),
             "split it into several scenarios");
    refused_fault_ = true;
    return;
  }
  for (const YamlNode& entry : list.items) read_fault(entry, scenario, faults);
}

void SectionReader::read_fault(const YamlNode& entry, Scenario& scenario, std::vector<ScenarioFault>& faults) {
  if (entry.kind != YamlNode::Kind::kMap || entry.keys.size() != 1 ||
      entry.keys.front().kind != YamlNode::Kind::kScalar) {
    complain_fault_shape(entry);
    refused_fault_ = true;
    return;
  }
  const YamlNode& key = entry.keys.front();
  const YamlNode& parameters = entry.items.front();
  const FaultKind* const kind = find_fault_kind(key.text);
  if (kind == nullptr) complain_unknown_fault(key);
  ScenarioFault fault;
  fault.kind = key.text;
  fault.position = key.position;
  fault.at_position = key.position;
  fault_ = key.position;
  refused_fault_ = refused_fault_ || kind == nullptr;
  if (!read_parameters(parameters, kind, FieldTarget{scenario, &fault})) {
    refused_fault_ = true;
    return;
  }
  if (kind != nullptr) {
    faults.push_back(std::move(fault));
  } else if (!fault.at.empty()) {
    scenario.points.push_back(point_use(fault, sources_));  // the place may be mistyped too
  }
}

// By what was written: a kind without parameters, parameters beside the kind instead of below it, or something else.
void SectionReader::complain_fault_shape(const YamlNode& entry) {
  const bool map = entry.kind == YamlNode::Kind::kMap && !entry.keys.empty();
  const std::string& word = map ? entry.keys.front().text : entry.text;
  const FaultKind* const kind = find_fault_kind(word);
  std::string hint = fmt::format("example: - {}", kind != nullptr ? kind->example : kFaultExample);
  if (map && kind != nullptr && entry.items.front().kind == YamlNode::Kind::kNull) {
    hint = fmt::format("indent what belongs to {} deeper than {} itself", word, word);
  } else if (kind == nullptr && !nearest_word(word, fault_kind_names()).empty()) {
    hint = fmt::format("did you mean \"{}\"? {}", nearest_word(word, fault_kind_names()), hint);
  }
  complain(entry.position, shown_width(entry), code::kShape, "an entry of \"faults\" is one kind with its parameters",
           std::move(hint));
}

void SectionReader::complain_unknown_fault(const YamlNode& key) {
  const std::string hint = suggestion(key.text, fault_kind_names());
  complain(key.position, shown_width(key), code::kUnknownFault, fmt::format("no fault \"{}\"", key.text),
           hint.empty() ? "`crashwright faults` lists them" : hint);
}

// Of an unknown kind too (null): what no kind takes is wrong whatever was meant. False when they are no parameters.
bool SectionReader::read_parameters(const YamlNode& parameters, const FaultKind* kind, const FieldTarget& target) {
  if (parameters.kind == YamlNode::Kind::kNull) return true;
  if (parameters.kind != YamlNode::Kind::kMap) {
    complain(
        parameters.position, shown_width(parameters), code::kShape,
        fmt::format("the parameters of {} are a map, not {}", target.fault->kind, yaml_kind_name(parameters.kind)),
        fmt::format("example: - {}", kind != nullptr ? kind->example : "sigkill: {at: gateway.after_send, hit: 30}"));
    return false;
  }
  read_map(parameters, "fault", target, kind);
  if (kind == nullptr) return true;
  for (const YamlNode& parameter : parameters.keys) {
    const auto is = [&](const std::string& word) { return word == parameter.text; };
    if (!is_particular_parameter(parameter.text)) continue;
    if (std::any_of(kind->parameters.begin(), kind->parameters.end(), is)) continue;
    complain(parameter.position, shown_width(parameter), code::kForeignParameter,
             fmt::format("{} takes no \"{}\"", kind->name, parameter.text),
             fmt::format("example: - {}", kind->example));
  }
  return true;
}

PointUse point_use(const ScenarioFault& fault, const SourceSet& sources) {
  const Source& source = sources.of(fault.at_position);
  // A default place is told at the fault that has it.
  const bool written =
      fault.at_position.column != fault.position.column || fault.at_position.line != fault.position.line;
  return {fault.at, fault.at_position, written ? fault.at.size() : fault.kind.size(), source.path,
          source_line(source.text, fault.at_position.line)};
}

}  // namespace crashwright::harness
