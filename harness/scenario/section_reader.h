// Reads the maps of a scenario by the table of fields: names, types, ranges, words. Inside harness/scenario only.
//
// Threads: one owner. Errors: collected in `diagnostics()`; reading goes on after each.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/faults/fault_kind.h"
#include "harness/scenario/diagnostic.h"
#include "harness/scenario/fields.h"
#include "harness/scenario/source_set.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {

class SectionReader {
 public:
  // `sources` holds every text that positions of the trees point into.
  explicit SectionReader(const SourceSet& sources) : sources_(sources) {}

  // The whole document. `complete`: false when a part of it could not be had, so that what is missing says nothing.
  void read_scenario(const YamlNode& root, Scenario& scenario, bool complete = true);

  // A map that is a whole document by itself, with the keys of `section`.
  void read_section(const YamlNode& root, const std::string& section, Scenario& scenario);

  // A complaint that underlines `width` characters at `position`.
  void complain(SourcePosition position, size_t width, std::string_view error_code, std::string message,
                std::string hint = {});
  [[nodiscard]] std::vector<Diagnostic>& diagnostics() { return diagnostics_; }

  // Whether `key` of the fault at `position` was written, but mistyped or with a value that was refused: that has been
  // complained about, so nobody need say that it is missing.
  [[nodiscard]] bool was_meant(SourcePosition position, const std::string& key) const;
  // Whether an entry of `faults` was refused: what the others do not say, that one may have said.
  [[nodiscard]] bool has_refused_fault() const { return refused_fault_; }

 private:
  void read_map(const YamlNode& map, const std::string& section, const FieldTarget& target, const FaultKind* kind);
  void read_field(const YamlNode& key, const YamlNode& value, const Field& field, const FieldTarget& target);
  void read_faults(const YamlNode& list, Scenario& scenario, std::vector<ScenarioFault>& faults);
  void read_fault(const YamlNode& entry, Scenario& scenario, std::vector<ScenarioFault>& faults);
  [[nodiscard]] bool read_parameters(const YamlNode& parameters, const FaultKind* kind, const FieldTarget& target);
  void complain_unknown_fault(const YamlNode& key);
  void complain_unknown_key(const YamlNode& map, size_t index, const std::string& section, const FaultKind* kind);
  void complain_fault_shape(const YamlNode& entry);
  void complain_missing_name(const YamlNode& root);
  bool refuse_repeated(const YamlNode& list, const Field& field);
  bool refuse_quoted(const YamlNode& value, const Field& field);
  bool read_scalar(const YamlNode& value, const Field& field, FieldValue& result);
  bool read_typed(const YamlNode& value, const Field& field, FieldValue& result);
  bool check_text(const YamlNode& value, const Field& field);
  bool check_range(const YamlNode& value, const Field& field, uint64_t number);
  template <typename Parsed>
  bool accept(const YamlNode& value, const Field& field, const Parsed& parsed);

  const SourceSet& sources_;
  std::vector<Diagnostic> diagnostics_;
  SourcePosition fault_;                                       // the one that is being read
  std::vector<std::pair<SourcePosition, std::string>> meant_;  // see was_meant()
  bool refused_fault_ = false;
};

// A fault point that a fault of the scenario names, for check_fault_points().
[[nodiscard]] PointUse point_use(const ScenarioFault& fault, const SourceSet& sources);

// Characters that `node` takes on its line, for underlining.
[[nodiscard]] size_t shown_width(const YamlNode& node);

}  // namespace crashwright::harness
