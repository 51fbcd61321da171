#include "harness/scenario/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/faults/registry.h"
#include "harness/scenario/fields.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNumber = "(0|[1-9][0-9]*)";

std::string pattern(const std::string& body) { return fmt::format("^{}$", body); }

Json words_of(const Field& field) {
  Json schema = {{"type", "string"}};
  if (field.words != nullptr) schema["enum"] = field.words();
  return schema;
}

Json one_or_list(Json one) {
  const Json list = {{"type", "array"}, {"items", one}, {"minItems", 1}};
  return {{"anyOf", Json::array({std::move(one), list})}};
}

// A value as YAML reads it: an editor sees 50% as a string, 0.25 as a number.
Json value_schema(const Field& field) {
  switch (field.type) {
    case FieldType::kText:
      return {{"type", Json::array({"string", "number", "boolean"})}};
    case FieldType::kWord:
      return words_of(field);
    case FieldType::kWordList:
      return one_or_list(words_of(field));
    case FieldType::kTextList:
      return one_or_list({{"type", Json::array({"string", "number"})}});
    case FieldType::kCommand:
      return one_or_list({{"type", Json::array({"string", "number", "boolean"})}});
    case FieldType::kCount: {
      Json schema = {{"type", "integer"}, {"minimum", field.min}};
      if (field.max != UINT64_MAX) schema["maximum"] = field.max;
      return schema;
    }
    case FieldType::kCountList: {
      Json one = {{"type", "integer"}, {"minimum", field.min}};
      if (field.max != UINT64_MAX) one["maximum"] = field.max;
      return one_or_list(one);
    }
    case FieldType::kFlag:
      return {{"type", "boolean"}};
    case FieldType::kDuration:
      return {{"type", "string"}, {"pattern", pattern(fmt::format(R"({}(\.[0-9]+)?(ns|us|ms|s|min|h))", kNumber))}};
    case FieldType::kStep:
      return {{"type", "string"}, {"pattern", pattern(fmt::format(R"(-?{}(\.[0-9]+)?(ns|us|ms|s|min|h))", kNumber))}};
    case FieldType::kSize:
      return {{"type", "string"}, {"pattern", pattern(fmt::format(R"({}(\.[0-9]+)?(B|KiB|MiB|GiB))", kNumber))}};
    case FieldType::kFraction:
      return {{"anyOf", Json::array({Json{{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
                                     Json{{"type", "string"}, {"pattern", R"(^[0-9]+(\.[0-9]+)?%$)"}}})}};
    case FieldType::kPlace:
      return {{"type", "string"}, {"pattern", R"(^([0-9]+(\.[0-9]+)?%|-?[0-9]+(\.[0-9]+)?(B|KiB|MiB|GiB))$)"}};
    case FieldType::kSection:
    case FieldType::kFaultList:
      break;
  }
  return Json::object();
}

Json section_schema(const std::string& section);
Json fault_list_schema();

Json field_schema(const Field& field) {
  Json schema;
  if (field.type == FieldType::kSection) {
    schema = section_schema(field.section.empty() ? field.name : field.section + "." + field.name);
  } else if (field.type == FieldType::kFaultList) {
    schema = fault_list_schema();
  } else {
    schema = value_schema(field);
  }
  schema["description"] = fmt::format("{} (default: {}); {}", field.doc, field.default_text, field.example);
  return schema;
}

Json closed_object() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}}; }

Json section_schema(const std::string& section) {
  Json schema = closed_object();
  for (const Field& field : all_fields()) {
    if (field.section == section) schema["properties"][field.name] = field_schema(field);
  }
  return schema;
}

// The triggers that every kind takes, and the parameters of this one.
Json parameters_schema(const FaultKind& kind) {
  Json schema = closed_object();
  schema["type"] = Json::array({"object", "null"});
  for (const Field& field : all_fields()) {
    if (field.section != "fault") continue;
    const bool own = std::find(kind.parameters.begin(), kind.parameters.end(), field.name) != kind.parameters.end();
    if (own || !is_particular_parameter(field.name)) schema["properties"][field.name] = field_schema(field);
  }
  schema["description"] = fmt::format("{}; example: {}", kind.doc, kind.example);
  return schema;
}

Json fault_list_schema() {
  Json entry = closed_object();
  entry["minProperties"] = 1;
  entry["maxProperties"] = 1;
  for (const FaultKind& kind : all_fault_kinds()) entry["properties"][kind.name] = parameters_schema(kind);
  return {{"type", "array"}, {"maxItems", postmortem::kArmedFaultsMax}, {"items", entry}};
}

}  // namespace

std::string scenario_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Crashwright scenario"},
                 {"description", "One crash scenario: an engine, what goes wrong, what must hold afterwards."}};
  schema.update(section_schema(""));
  schema["required"] = Json::array({"name"});
  return schema.dump(2) + "\n";
}

}  // namespace crashwright::harness
