// Goal: the schema knows every key and every fault that the loader knows, and nothing else.
// Method: structure here; that real scenarios satisfy it is checked with python3-jsonschema (tests/schema_check.py).

#include "harness/scenario/schema.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "harness/faults/registry.h"
#include "harness/scenario/fields.h"

namespace crashwright::harness {
namespace {

using nlohmann::json;

json fault_properties(const json& schema) { return schema["properties"]["faults"]["items"]["properties"]; }

}  // namespace

BOOST_AUTO_TEST_CASE(every_key_of_the_table_is_in_the_schema) {
  const json schema = json::parse(scenario_schema());
  BOOST_TEST(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  for (const Field& field : all_fields()) {
    if (field.section == "fault") continue;
    json place = schema;
    std::string rest = field.section;
    while (!rest.empty()) {
      const size_t dot = rest.find('.');
      place = place["properties"][rest.substr(0, dot)];
      rest = dot == std::string::npos ? "" : rest.substr(dot + 1);
    }
    BOOST_TEST(place["properties"].contains(field.name), field.section << "." << field.name);
    BOOST_TEST(place["additionalProperties"] == false);
  }
}

BOOST_AUTO_TEST_CASE(a_fault_takes_the_triggers_and_its_own_parameters_only) {
  const json faults = fault_properties(json::parse(scenario_schema()));
  BOOST_TEST(faults.size() == all_fault_kinds().size());
  for (const FaultKind& kind : all_fault_kinds()) {
    const json properties = faults[kind.name]["properties"];
    BOOST_TEST(properties.contains("at"));
    for (const Field& field : all_fields()) {
      if (field.section != "fault" || !is_particular_parameter(field.name)) continue;
      const bool own = std::find(kind.parameters.begin(), kind.parameters.end(), field.name) != kind.parameters.end();
      BOOST_TEST(properties.contains(field.name) == own, kind.name << "." << field.name);
    }
  }
}

}  // namespace crashwright::harness
