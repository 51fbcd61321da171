#include "harness/scenario/section_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

std::string example_of(const Field& field) { return fmt::format("example: {}", field.example); }

bool is_promise(const std::string& word) {
  const std::vector<std::string> promises = find_field("expect", "skip")->words();
  return std::find(promises.begin(), promises.end(), word) != promises.end();
}

// Of a key at the top that belongs into a section; `value` may be a word of `build`, which some call a profile.
std::string section_hint(const std::string& key, const std::string& value) {
  std::string places;
  for (const std::string& section : field_names("")) {
    if (find_field("", section)->type != FieldType::kSection || find_field(section, key) == nullptr) continue;
    places += fmt::format("{}`{}: {{{}: ...}}`", places.empty() ? "it belongs into " : ", or ", section, key);
  }
  if (key != "profile") return places;
  const std::string build = nearest_word(value, find_field("", "build")->words());
  return build.empty() ? places : fmt::format("{}; an engine's build is `build: {}`", places, build);
}

// All that a kind takes.
std::string keys_hint(const FaultKind& kind) {
  std::vector<std::string> keys;
  for (const std::string& key : field_names("fault")) {
    const auto& own = kind.parameters;
    if (!is_particular_parameter(key) || std::find(own.begin(), own.end(), key) != own.end()) keys.push_back(key);
  }
  return fmt::format("one of: {}; `crashwright faults {}` shows an example", fmt::join(keys, ", "), kind.name);
}

bool is_digits(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

size_t shown_width(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return 1;
  const std::string line = node.text.substr(0, node.text.find('\n'));
  const auto characters =
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return std::max<size_t>(static_cast<size_t>(characters) + (node.quoted ? 2 : 0), 1);
}

void SectionReader::complain(SourcePosition position, size_t width, std::string_view error_code, std::string message,
                             std::string hint) {
  const Source& source = sources_.of(position);
  diagnostics_.push_back({source.path, position, width, std::string(error_code), std::move(message), std::move(hint),
                          source_line(source.text, position.line)});
}

void SectionReader::read_scenario(const YamlNode& root, Scenario& scenario, bool complete) {
  if (root.kind != YamlNode::Kind::kMap) {
    complain(root.position, 1, code::kShape, fmt::format("a scenario is a map, not {}", yaml_kind_name(root.kind)),
             "begin with `name: ...`");
    return;
  }
  read_map(root, "", FieldTarget{scenario, nullptr}, nullptr);
  if (complete) complain_missing_name(root);
}

void SectionReader::complain_missing_name(const YamlNode& root) {
  // A mistyped `name` has been complained about.
  const auto is_name = [](const YamlNode& key) {
    return key.text == "name" ||
           (find_field("", key.text) == nullptr && nearest_word(key.text, field_names("")) == "name");
  };
  if (std::any_of(root.keys.begin(), root.keys.end(), is_name)) return;
  complain({1, 1}, 1, code::kMissingKey, "the scenario has no name", "add `name: ...` at the top");
}

bool SectionReader::was_meant(SourcePosition position, const std::string& key) const {
  return std::any_of(meant_.begin(), meant_.end(), [&](const auto& one) {
    return one.second == key && one.first.line == position.line && one.first.column == position.column &&
           one.first.source == position.source;
  });
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
      complain(key.position, 1, code::kShape, fmt::format("a key is a word, not {}", yaml_kind_name(key.kind)),
               "write `key: value`");
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
      complain_unknown_key(map, i, section, kind);
      continue;
    }
    const size_t complaints = diagnostics_.size();
    read_field(key, map.items[i], *field, target);
    if (section == "fault" && diagnostics_.size() > complaints) meant_.emplace_back(fault_, key.text);
  }
}

void SectionReader::complain_unknown_key(const YamlNode& map, size_t index, const std::string& section,
                                         const FaultKind* kind) {
  const YamlNode& key = map.keys[index];
  std::string where = "in a scenario";
  if (kind != nullptr) {
    where = fmt::format("in {}", kind->name);
  } else if (section == "fault") {
    where = "in any fault";
  } else if (!section.empty()) {
    where = fmt::format("in {}", section);
  }
  std::string hint = suggestion(key.text, field_names(section));
  if (section == "fault") meant_.emplace_back(fault_, nearest_word(key.text, field_names(section)));
  if (section == "fault" && hint.empty()) {
    hint = kind == nullptr ? "`crashwright faults KIND` shows an example and the parameters" : keys_hint(*kind);
  }
  if (section.empty() && !section_hint(key.text, map.items[index].text).empty()) {
    hint = section_hint(key.text, map.items[index].text);
  }
  if (section == "expect" && is_promise(key.text)) {
    hint = fmt::format("every promise is judged; write `skip: [{0}]` or `broken: [{0}]`", key.text);
  } else if (index > 0 && parse_count(map.items[index - 1].text) && is_digits(key.text)) {
    hint = fmt::format("a number has no commas: {}{}", map.items[index - 1].text, key.text);
  }
  complain(key.position, shown_width(key), code::kUnknownKey, fmt::format("no key \"{}\" {}", key.text, where),
           std::move(hint));
}

void SectionReader::read_field(const YamlNode& key, const YamlNode& value, const Field& field,
                               const FieldTarget& target) {
  const auto wrong_shape = [&](const char* wanted) {
    const bool nothing = value.kind == YamlNode::Kind::kNull;
    complain(nothing ? key.position : value.position, nothing ? shown_width(key) : shown_width(value), code::kShape,
             fmt::format("\"{}\" wants {}, not {}", field.name, wanted, yaml_kind_name(value.kind)), example_of(field));
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
               fmt::format("\"{}\" wants 1 to {} entries, not {}", field.name, kListLengthMax, value.items.size()),
               example_of(field));
      return;
    }
    bool good = refuse_repeated(value, field);
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
             fmt::format("an entry of \"{}\" is a value, not {}", field.name, yaml_kind_name(value.kind)),
             example_of(field));
    return false;
  }
  if (!refuse_quoted(value, field)) return false;
  if (!read_typed(value, field, result)) return false;
  if (field.words == nullptr) return true;
  const std::vector<std::string> words = field.words();
  if (std::find(words.begin(), words.end(), value.text) != words.end()) return true;
  const std::string hint = suggestion(value.text, words);
  complain(value.position, shown_width(value), code::kUnknownWord,
           fmt::format("\"{}\" cannot be \"{}\"", field.name, value.text), hint.empty() ? example_of(field) : hint);
  return false;
}

// Twice the same in a list: a case that would be there twice, or a slip for another word. Good when there is none.
bool SectionReader::refuse_repeated(const YamlNode& list, const Field& field) {
  if (field.type == FieldType::kCommand) return true;
  bool good = true;
  for (auto item = list.items.begin(); item != list.items.end(); ++item) {
    const auto same = [&](const YamlNode& other) { return other.kind == item->kind && other.text == item->text; };
    if (item->kind != YamlNode::Kind::kScalar || std::none_of(list.items.begin(), item, same)) continue;
    complain(item->position, shown_width(*item), code::kDuplicateKey,
             fmt::format("\"{}\" lists {} twice", field.name, item->text), "remove one of them");
    good = false;
  }
  return good;
}

// A number or a flag in quotes is a text, and other readers of the file would take it for one. Good when there is none.
bool SectionReader::refuse_quoted(const YamlNode& value, const Field& field) {
  const bool number = field.type == FieldType::kCount || field.type == FieldType::kCountList;
  if (!value.quoted || (!number && field.type != FieldType::kFlag)) return true;
  const bool meant = number ? parse_count(value.text).has_value() : parse_flag(value.text).has_value();
  if (!meant) return true;  // the other complaint says more
  complain(value.position, shown_width(value), code::kType,
           fmt::format("\"{}\" wants {}, not a text", field.name, number ? "a whole number" : "true or false"),
           fmt::format("write {} without quotes", value.text));
  return false;
}

// What makes a number of it that the field takes.
std::string remedy_of(const YamlNode& value, const Field& field, const ValueError& error) {
  std::string remedy;
  if (error.code == code::kUnit && field.type == FieldType::kDuration) {
    remedy = unit_hint(value.text, parse_duration_ns, field.min, field.max);
  } else if (error.code == code::kUnit && field.type == FieldType::kSize) {
    remedy = unit_hint(value.text, parse_size_bytes, field.min, field.max);
  }
  return remedy.empty() ? error.hint : remedy;
}

template <typename Parsed>
bool SectionReader::accept(const YamlNode& value, const Field& field, const Parsed& parsed) {
  if (parsed) return true;
  const std::string remedy = remedy_of(value, field, parsed.error());
  complain(value.position, shown_width(value), parsed.error().code,
           fmt::format("\"{}\" {}", field.name, parsed.error().message), remedy.empty() ? example_of(field) : remedy);
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
    case FieldType::kStep: {
      result.flag = value.text.rfind('-', 0) == 0;
      return number(parse_duration_ns(std::string_view(value.text).substr(result.flag ? 1 : 0)));
    }
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
             fmt::format("\"{}\" wants 1 to {} characters, not {}", field.name, length_max, value.text.size()),
             example_of(field));
    return false;
  }
  const bool printable = std::all_of(value.text.begin(), value.text.end(), [command](char c) {
    if (command && (c == '\n' || c == '\t')) return true;
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f;
  });
  if (printable) return true;
  complain(value.position, shown_width(value), code::kType,
           fmt::format("\"{}\" wants one line of printable text", field.name), example_of(field));
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
           fmt::format("\"{}\" wants {}, not {}", field.name, wanted, value.text), example_of(field));
  return false;
}

}  // namespace crashwright::harness
