// Goal: the programs of a command line are found where the documentation says, in its order. Method: folders with
// scripts of the same names.
#include "harness/runner/program_search.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/file.h"
#include "harness/runner/testing/temporary_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

struct Places {
  Places() {
    for (const char* const name : {"/first", "/second"}) {
      BOOST_REQUIRE(::mkdir((path + name).c_str(), 0755) == 0);
    }
    script("/second/tool");
    script("/second/check.sh");
    script("/first/own");
    script("/second/own");
  }
  void script(const std::string& name) const {
    BOOST_REQUIRE(write_file(path + name, "#!/bin/sh\n"));
    BOOST_REQUIRE(::chmod((path + name).c_str(), 0755) == 0);
  }
  TemporaryFolder folder;
  const std::string& path = folder.path();
  [[nodiscard]] ProgramPlaces places(bool bare_names) const {
    return {{path + "/first", path + "/second"}, bare_names};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_first_place_that_has_the_program_wins, Places) {
  const auto bound = bind_program_words({"./own", "./own", "./tool", "./missing"}, places(false));
  BOOST_TEST(bound[0] == path + "/first/own");
  BOOST_TEST(bound[1] == path + "/first/own");
  BOOST_TEST(bound[2] == path + "/second/tool");
  BOOST_TEST(bound[3] == "./missing");
}

BOOST_FIXTURE_TEST_CASE(a_bare_name_is_left_to_path_unless_the_places_are_asked, Places) {
  BOOST_TEST(bind_program_words({"tool", "tool"}, places(false))[0] == "tool");
  const auto bound = bind_program_words({"tool", "tool"}, places(true));
  BOOST_TEST(bound[0] == path + "/second/tool");
  BOOST_TEST(bound[1] == "tool");
  BOOST_TEST(bind_program_words({"sh"}, places(true))[0] == "sh");
}

BOOST_FIXTURE_TEST_CASE(words_inside_the_text_of_a_shell_are_found_too, Places) {
  const auto bound = bind_program_words({"sh", "-c", "exec ./tool data.db && ./check.sh; ls ./data"}, places(true));
  BOOST_TEST(bound[2] == "exec " + path + "/second/tool data.db && " + path + "/second/check.sh; ls ./data");
}

BOOST_FIXTURE_TEST_CASE(what_can_be_run_is_known, Places) {
  BOOST_TEST(program_exists("./tool", places(true)));
  BOOST_TEST(program_exists("tool", places(true)));
  BOOST_TEST(!program_exists("tool", places(false)));
  BOOST_TEST(program_exists("sh", places(false)));
  BOOST_TEST(!program_exists("no-such-program-anywhere", places(true)));
  BOOST_TEST(!program_exists("./second", places(true)));
}

BOOST_FIXTURE_TEST_CASE(a_scenario_looks_beside_itself_then_where_the_variable_says, Places) {
  ::setenv("CRASHWRIGHT_PROGRAMS", (path + "/second").c_str(), 1);
  const ProgramPlaces places = scenario_places(path + "/first/a.yaml");
  ::unsetenv("CRASHWRIGHT_PROGRAMS");
  BOOST_TEST(places.folders[0] == path + "/first");
  BOOST_TEST(places.folders[1] == path + "/second");
  BOOST_TEST(find_folder("second", {{path}, true}) == path + "/second");
  BOOST_TEST(find_folder("third", {{path}, true}).empty());
}

BOOST_FIXTURE_TEST_CASE(the_script_of_an_interpreter_is_found_by_its_bare_name, Places) {
  BOOST_TEST(bind_program_words({"bash", "check.sh"}, places(false))[1] == path + "/second/check.sh");
  const auto bound = bind_program_words({"bash", "missing.sh", "check.sh"}, places(true));
  BOOST_TEST(bound[1] == "missing.sh");
  BOOST_TEST(bound[2] == "check.sh");  // what it is to the script, nobody knows
}
