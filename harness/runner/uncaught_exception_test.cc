// Goal: the end of a Python program by an exception is told from its answer. Method: texts as Python 3.11 writes them,
// and, where it is there, those of the interpreter itself.
#include "harness/runner/uncaught_exception.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr const char* kMissing =
    "Traceback (most recent call last):\n"
    "  File \"<string>\", line 1, in <module>\n"
    "ModuleNotFoundError: No module named 'nosuch'\n";

// What the interpreter says to a program.
std::string said_by_python(const std::string& program) {
  char name[] = "/tmp/crashwright-exception-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  BOOST_REQUIRE(write_file(folder + "/p.py", program));
  static_cast<void>(std::system(("python3 " + folder + "/p.py > " + folder + "/said 2>&1").c_str()));
  const std::string said = read_file(folder + "/said").value_or("");
  std::filesystem::remove_all(folder);
  return said;
}

boost::test_tools::assertion_result python(boost::unit_test::test_unit_id) {
  return std::system("python3 -c '' > /dev/null 2>&1") == 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_module_that_is_missing_is_the_programs_own_fault) {
  const auto found = uncaught_exception(kMissing);
  BOOST_REQUIRE(found);
  BOOST_TEST(found->what == "ModuleNotFoundError: No module named 'nosuch'");
  BOOST_TEST(found->of_program);
  BOOST_TEST(reason_given(kMissing) == "uncaught exception: " + found->what);
}

BOOST_AUTO_TEST_CASE(what_the_data_may_have_caused_is_not) {
  const std::string said = std::string("Traceback (most recent call last):\n  File \"c.py\", line 3, in <module>\n") +
                           "    book = json.load(f)\nKeyError: 'AAPL'\n";
  const auto found = uncaught_exception("looking at book\n" + said);
  BOOST_REQUIRE(found);
  BOOST_TEST(found->what == "KeyError: 'AAPL'");
  BOOST_TEST(!found->of_program);
  BOOST_TEST(reason_given("order 3 is lost\n" + said) == "order 3 is lost");
}

BOOST_AUTO_TEST_CASE(an_answer_is_no_exception) {
  for (const char* const said :
       {"", "order 3 is lost\n", "NameError: is what the book says\n", "  File \"x\" is lost\n"}) {
    BOOST_TEST(!uncaught_exception(said), said);
    BOOST_TEST(reason_given(said) == std::string(said).substr(0, std::string(said).find('\n')));
  }
}

BOOST_AUTO_TEST_CASE(the_interpreters_own_words_are_understood, *boost::unit_test::precondition(python)) {
  const auto of = [](const std::string& program) {
    const std::string said = said_by_python(program);
    const auto found = uncaught_exception(said);
    BOOST_TEST_REQUIRE(found.has_value(), said);
    return *found;
  };
  BOOST_TEST(of("import nosuch\n").of_program);
  BOOST_TEST(of("print(nosuch)\n").what.starts_with("NameError: name 'nosuch' is not defined"));
  BOOST_TEST(of("if True\n  pass\n").what.starts_with("SyntaxError: "));
  BOOST_TEST(of("if True\n  pass\n").of_program);
  const UncaughtException second = of("try:\n  open('/none')\nexcept OSError:\n  raise ValueError('no\\nbook')\n");
  BOOST_TEST(second.what == "ValueError: no");
  BOOST_TEST(!second.of_program);
  BOOST_TEST(of("assert False, 'order 3 is lost'\n").what == "AssertionError: order 3 is lost");
}
