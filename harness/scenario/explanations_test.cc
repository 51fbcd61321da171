// Goal: every code that a complaint can carry is explained, and the examples do what they say.
// Method: the wrong example of each explanation is loaded and must draw its code; the right one must draw nothing.

#include "harness/scenario/explanations.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "harness/scenario/loader.h"

namespace crashwright::harness {

BOOST_AUTO_TEST_CASE(every_code_has_an_explanation) {
  std::ifstream header(std::string(CRASHWRIGHT_SOURCE_DIR) + "/harness/scenario/diagnostic.h");
  std::stringstream text;
  text << header.rdbuf();
  const std::string source = text.str();
  const std::regex constant("= \"(CW[0-9]+)\";");
  std::set<std::string> codes;
  for (std::sregex_iterator match(source.begin(), source.end(), constant), end; match != end; ++match) {
    codes.insert((*match)[1]);
  }
  BOOST_TEST(codes.size() >= 25);
  for (const std::string& code : codes) BOOST_TEST((find_explanation(code) != nullptr), code << " is not explained");
  BOOST_TEST(codes.size() == all_explanations().size());
  BOOST_TEST((find_explanation("CW999") == nullptr));
}

BOOST_AUTO_TEST_CASE(the_wrong_example_draws_the_complaint_and_the_right_one_none) {
  for (const Explanation& explanation : all_explanations()) {
    if (*explanation.wrong == '\0') continue;
    BOOST_TEST_CONTEXT(explanation.code) {
      const Loaded wrong = load_scenario_text("wrong.yaml", explanation.wrong);
      BOOST_TEST(!wrong.diagnostics.empty());
      bool drawn = false;
      for (const Diagnostic& diagnostic : wrong.diagnostics) drawn = drawn || diagnostic.code == explanation.code;
      BOOST_TEST(drawn);
      BOOST_TEST(diagnostics_to_text(load_scenario_text("right.yaml", explanation.right).diagnostics) == "0 errors\n");
    }
  }
}

}  // namespace crashwright::harness
