// The scenario language, field by field: the one table behind loader, schema, `crashwright faults` and reference.
//
// A field says where it stands (section), what it takes, its default, its documentation, and how a checked value gets
// into the model. Adding a field: one entry in a *_fields.cc and a member in scenario.h.
// Threads: immutable after the first call.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"

namespace crashwright::harness {

enum class FieldType {
  kText,
  kWord,       // one of `words`
  kWordList,   // one of `words`, or a list of them
  kTextList,   // a text, or a list of texts
  kCommand,    // a program and its arguments, as a list; a text is a program without arguments
  kCount,      // whole number from `min` to `max`
  kCountList,  // such a number, or a list of them
  kFlag,       // true, false
  kDuration,   // 50ms
  kStep,       // 50ms, -50ms
  kSize,       // 4KiB
  kFraction,   // 0.25, 25%
  kPlace,      // 50%, 100B, -100B
  kSection,    // a map; its fields have section "<section>.<name>"
  kFaultList,  // `faults:`
};

[[nodiscard]] const char* field_type_name(FieldType type) noexcept;  // "duration"

// A checked value of any of the types above.
struct FieldValue {
  uint64_t number = 0;             // kCount; kDuration and kStep in ns; kSize in bytes; kFraction in billionths
  bool flag = false;               // kFlag; kStep: it goes back
  std::vector<std::string> texts;  // kText and kWord: exactly one; kCountList: as written
  DamagePlace place;
  SourcePosition position;

  [[nodiscard]] const std::string& text() const { return texts.front(); }
};

// What a field writes to; `fault` only inside an entry of `faults:`.
struct FieldTarget {
  Scenario& scenario;
  ScenarioFault* fault;
};

struct Field {
  std::string section;  // "" "session" "storage.explore" "expect.rca" "fault" "matrix" ...
  std::string name;
  FieldType type = FieldType::kText;
  std::string default_text;  // as documented: "5000", "none", "required"
  std::string doc;           // one line
  std::string example;
  void (*set)(const FieldTarget& target,
              const FieldValue& value) = nullptr;  // null: kFaultList, and a kSection whose presence means nothing
  std::vector<std::string> (*words)() = nullptr;
  uint64_t min = 0;
  uint64_t max = UINT64_MAX;
};

[[nodiscard]] const std::vector<Field>& all_fields();
[[nodiscard]] const Field* find_field(const std::string& section, const std::string& name);  // null: unknown
[[nodiscard]] std::vector<std::string> field_names(const std::string& section);

// A fault's parameter that only the kinds take which list it; false for the triggers, which every kind takes.
[[nodiscard]] bool is_particular_parameter(const std::string& name);

// Names of the needs that a scenario may state.
[[nodiscard]] std::vector<std::string> need_names();

}  // namespace crashwright::harness
