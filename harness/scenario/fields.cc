#include "harness/scenario/fields.h"

#include <algorithm>
#include <iterator>

#include "harness/faults/registry.h"
#include "harness/scenario/field_tables.h"

namespace crashwright::harness {

const char* field_type_name(FieldType type) noexcept {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kWord:
      return "word";
    case FieldType::kWordList:
      return "word or list of words";
    case FieldType::kTextList:
      return "text or list of texts";
    case FieldType::kCommand:
      return "program with its arguments";
    case FieldType::kCount:
      return "whole number";
    case FieldType::kCountList:
      return "whole number or list of them";
    case FieldType::kFlag:
      return "true or false";
    case FieldType::kDuration:
    case FieldType::kStep:
      return "duration";
    case FieldType::kSize:
      return "size";
    case FieldType::kFraction:
      return "fraction";
    case FieldType::kPlace:
      return "place in a file";
    case FieldType::kSection:
      return "map";
    case FieldType::kFaultList:
      return "list of faults";
  }
  return "text";
}

const std::vector<Field>& all_fields() {
  static const std::vector<Field> fields = [] {
    std::vector<Field> all;
    for (auto* const table :
         {scenario_fields, engine_fields, session_fields, storage_fields, fault_fields, expect_fields, matrix_fields}) {
      std::vector<Field> some = table();
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }();
  return fields;
}

const Field* find_field(const std::string& section, const std::string& name) {
  for (const Field& field : all_fields()) {
    if (field.section == section && field.name == name) return &field;
  }
  return nullptr;
}

std::vector<std::string> field_names(const std::string& section) {
  std::vector<std::string> names;
  for (const Field& field : all_fields()) {
    if (field.section == section) names.push_back(field.name);
  }
  return names;
}

bool is_particular_parameter(const std::string& name) {
  const auto& kinds = all_fault_kinds();
  return std::any_of(kinds.begin(), kinds.end(), [&](const FaultKind& kind) {
    return std::find(kind.parameters.begin(), kind.parameters.end(), name) != kind.parameters.end();
  });
}

std::vector<std::string> need_names() { return {"core", "fuse", "cgroup_memory"}; }

}  // namespace crashwright::harness
