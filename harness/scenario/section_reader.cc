#include "harness/scenario/section_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/faults/registry.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/value.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kTextLengthMax = 200;
constexpr uint64_t kWordLengthMax = 4'096;  // of a command: a short script of a shell fits
constexpr size_t kListLengthMax = 64;

bool takes_list(FieldType type) {
  return type == FieldType::kWordList || type == FieldType::kTextList || type == FieldType::kCountList ||
         type == FieldType::kCommand;
}

// A limit as its author would write it.
std::string shown_limit(FieldType type, uint64_t number) {
  if (type == FieldType::kDuration) {
    if (number % 1'000'000'000 == 0) return fmt::format("{}s", number / 1'000'000'000);
    if (number % 1'000'000 == 0) return fmt::format("{}ms", number / 1'000'000);
    if (number % 1'000 == 0) return fmt::format("{}us", number / 1'000);
    return fmt::format("{}ns", number);
  }
  if (type == FieldType::kSize) {
    if (number >= 1 << 30 && number % (1 << 30) == 0) return fmt::format("{}GiB", number >> 30);
    if (number >= 1 << 20 && number % (1 << 20) == 0) return fmt::format("{}MiB", number >> 20);
    return fmt::format("{}B", number);
  }
  return fmt::format("{}", number);
}

}  // namespace

size_t shown_width(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return 1;
  const std::string line = node.text.substr(0, node.text.find('\n'));
  const auto characters =
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return std::max<size_t>(static_cast<size_t>(characters) + (node.quoted ? 2 : 0), 1);
}

void SectionReader::complain(SourcePosition position, size_t width, const char* error_code, std::string message,
                             std::string hint) {
  const Source& source = sources_.of(position);
  diagnostics_.push_back({source.path, position, width, error_code, std::move(message), std::move(hint),
                          source_line(source.text, position.line)});
}

void SectionReader::read_scenario(const YamlNode& root, Scenario& scenario, bool complete) {
  if (root.kind != YamlNode::Kind::kMap) {
    complain(root.position, 1, code::kShape, fmt::format("a scenario is a map, not {}", yaml_kind_name(root.kind)),
             "begin with `name: ...`");
    return;
  }
  read_map(root, "", FieldTarget{scenario, nullptr}, nullptr);
  const bool has_name =
      std::any_of(root.keys.begin(), root.keys.end(), [](const YamlNode& key) { return key.text == "name"; });
  if (!has_name && complete)
    complain({1, 1}, 1, code::kMissingKey, "the scenario has no name", "add `name: ...` at the top");
}

void SectionReader::read_section(const YamlNode& root, const std::string& section, Scenario& scenario) {
  if (root.kind == YamlNode::Kind::kMap) return read_map(root, section, FieldTarget{scenario, nullptr}, nullptr);
  complain(root.position, 1, code::kShape, fmt::format("{} is a map, not {}", section, yaml_kind_name(root.kind)));
}

void SectionReader::read_map(const YamlNode& map, const std::string& section, const FieldTarget& target,
                             const FaultKind* kind) {
  for (size_t i = 0; i < map.keys.size() && i < map.items.size(); ++i) {
    const YamlNode& key = map.keys[i];
    if (key.kind != YamlNode::Kind::kScalar) {
      complain(key.position, 1, code::kShape, fmt::format("a key is a word, not {}", yaml_kind_name(key.kind)));
      continue;
    }
    const auto same = [&](const YamlNode& other) { return other.text == key.text; };
    const auto first = std::find_if(map.keys.begin(), map.keys.begin() + static_cast<std::ptrdiff_t>(i), same);
    if (first != map.keys.begin() + static_cast<std::ptrdiff_t>(i)) {
      complain(key.position, shown_width(key), code::kDuplicateKey, fmt::format("\"{}\" is given twice", key.text),
               fmt::format("the first one is at line {}", first->position.line));
      continue;
    }
    const Field* const field = find_field(section, key.text);
    if (field == nullptr) {
      complain_unknown_key(key, section, kind);
      continue;
    }
    read_field(key, map.items[i], *field, target);
  }
}

void SectionReader::complain_unknown_key(const YamlNode& key, const std::string& section, const FaultKind* kind) {
  std::string where = "in a scenario";
  if (kind != nullptr) {
    where = fmt::format("in {}", kind->name);
  } else if (section == "fault") {
    where = "in any fault";
  } else if (!section.empty()) {
    where = fmt::format("in {}", section);
  }
  complain(key.position, shown_width(key), code::kUnknownKey, fmt::format("no key \"{}\" {}", key.text, where),
           suggestion(key.text, field_names(section)));
}

void SectionReader::read_field(const YamlNode& key, const YamlNode& value, const Field& field,
                               const FieldTarget& target) {
  const auto wrong_shape = [&](const char* wanted) {
    const bool nothing = value.kind == YamlNode::Kind::kNull;
    complain(nothing ? key.position : value.position, nothing ? shown_width(key) : shown_width(value), code::kShape,
             fmt::format("\"{}\" wants {}, not {}", field.name, wanted, yaml_kind_name(value.kind)),
             fmt::format("example: {}", field.example));
  };
  if (field.type == FieldType::kSection) {
    if (value.kind != YamlNode::Kind::kMap) return wrong_shape("a map");
    if (field.set != nullptr) field.set(target, {});
    read_map(value, field.section.empty() ? field.name : field.section + "." + field.name, target, nullptr);
    return;
  }
  if (field.type == FieldType::kFaultList) {
    if (value.kind != YamlNode::Kind::kList) return wrong_shape("a list");
    if (field.section != "matrix") return read_faults(value, target.scenario, target.scenario.faults);
    return read_faults(value, target.scenario, target.scenario.matrix->faults);
  }
  FieldValue result;
  result.position = value.position;
  if (value.kind == YamlNode::Kind::kList && takes_list(field.type)) {
    if (value.items.empty() || value.items.size() > kListLengthMax) {
      complain(value.position, 1, code::kRange,
               fmt::format("\"{}\" wants 1 to {} entries, not {}", field.name, kListLengthMax, value.items.size()));
      return;
    }
    bool good = true;
    for (const YamlNode& item : value.items) good = read_scalar(item, field, result) && good;
    if (good) field.set(target, result);
    return;
  }
  if (value.kind != YamlNode::Kind::kScalar)
    return wrong_shape(takes_list(field.type) ? "a value or a list" : "a value");
  if (read_scalar(value, field, result)) field.set(target, result);
}

bool SectionReader::read_scalar(const YamlNode& value, const Field& field, FieldValue& result) {
  if (value.kind != YamlNode::Kind::kScalar) {
    complain(value.position, 1, code::kShape,
             fmt::format("an entry of \"{}\" is a value, not {}", field.name, yaml_kind_name(value.kind)));
    return false;
  }
  if (!read_typed(value, field, result)) return false;
  if (field.words == nullptr) return true;
  const std::vector<std::string> words = field.words();
  if (std::find(words.begin(), words.end(), value.text) != words.end()) return true;
  complain(value.position, shown_width(value), code::kUnknownWord,
           fmt::format("\"{}\" cannot be \"{}\"", field.name, value.text), suggestion(value.text, words));
  return false;
}

template <typename Parsed>
bool SectionReader::accept(const YamlNode& value, const Field& field, const Parsed& parsed) {
  if (parsed) return true;
  complain(value.position, shown_width(value), parsed.error().code,
           fmt::format("\"{}\" {}", field.name, parsed.error().message), parsed.error().hint);
  return false;
}

bool SectionReader::read_typed(const YamlNode& value, const Field& field, FieldValue& result) {
  const auto number = [&](const ValueResult<uint64_t>& parsed) {
    if (!accept(value, field, parsed)) return false;
    result.number = *parsed;
    return check_range(value, field, *parsed);
  };
  switch (field.type) {
    case FieldType::kCount:
      return number(parse_count(value.text));
    case FieldType::kCountList:
      result.texts.push_back(value.text);
      return number(parse_count(value.text));
    case FieldType::kDuration:
      return number(parse_duration_ns(value.text));
    case FieldType::kSize:
      return number(parse_size_bytes(value.text));
    case FieldType::kFraction:
      return number(parse_fraction_ppb(value.text));
    case FieldType::kFlag: {
      const auto parsed = parse_flag(value.text);
      if (!accept(value, field, parsed)) return false;
      result.flag = *parsed;
      return true;
    }
    case FieldType::kPlace: {
      const auto parsed = parse_place(value.text);
      if (!accept(value, field, parsed)) return false;
      result.place = *parsed;
      return true;
    }
    default:
      if (!check_text(value, field)) return false;
      result.texts.push_back(value.text);
      return true;
  }
}

bool SectionReader::check_text(const YamlNode& value, const Field& field) {
  const bool command = field.type == FieldType::kCommand;
  const uint64_t length_max = std::min(field.max, command ? kWordLengthMax : kTextLengthMax);
  if (value.text.empty() || value.text.size() > length_max) {
    complain(value.position, shown_width(value), code::kRange,
             fmt::format("\"{}\" wants 1 to {} characters, not {}", field.name, length_max, value.text.size()));
    return false;
  }
  const bool printable = std::all_of(value.text.begin(), value.text.end(), [command](char c) {
    if (command && (c == '\n' || c == '\t')) return true;
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f;
  });
  if (printable) return true;
  complain(value.position, shown_width(value), code::kType,
           fmt::format("\"{}\" wants one line of printable text", field.name));
  return false;
}

bool SectionReader::check_range(const YamlNode& value, const Field& field, uint64_t number) {
  if (number >= field.min && number <= field.max) return true;
  std::string wanted = fmt::format("at least {}", shown_limit(field.type, field.min));
  if (field.type == FieldType::kFraction) {
    wanted = "more than 0";
  } else if (field.max != UINT64_MAX) {
    wanted = fmt::format("{} to {}", shown_limit(field.type, field.min), shown_limit(field.type, field.max));
  }
  complain(value.position, shown_width(value), code::kRange,
           fmt::format("\"{}\" wants {}, not {}", field.name, wanted, value.text));
  return false;
}

void SectionReader::read_faults(const YamlNode& list, Scenario& scenario, std::vector<ScenarioFault>& faults) {
  if (list.items.size() > postmortem::kArmedFaultsMax) {
    complain(list.items[postmortem::kArmedFaultsMax].position, 1, code::kFaultCount,
             fmt::format("{} faults; a scenario has {} at most", list.items.size(), postmortem::kArmedFaultsMax));
    return;
  }
  for (const YamlNode& entry : list.items) read_fault(entry, scenario, faults);
}

void SectionReader::read_fault(const YamlNode& entry, Scenario& scenario, std::vector<ScenarioFault>& faults) {
  if (entry.kind != YamlNode::Kind::kMap || entry.keys.size() != 1 ||
      entry.keys.front().kind != YamlNode::Kind::kScalar) {
    complain(entry.position, shown_width(entry), code::kShape, "an entry of \"faults\" is one kind with its parameters",
             "example: - null_dereference: {at: gateway.send_order, hit: 100}");
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
  if (!read_parameters(parameters, kind, FieldTarget{scenario, &fault})) return;
  if (kind != nullptr) {
    faults.push_back(std::move(fault));
  } else if (!fault.at.empty()) {
    scenario.points.push_back(point_use(fault, sources_));  // the place may be mistyped too
  }
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
