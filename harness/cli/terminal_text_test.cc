// Goal: no line is wider than the terminal, and nothing is lost or cut inside a character.

#include "harness/cli/terminal_text.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <sstream>

namespace crashwright::harness::cli {
namespace {

size_t widest(const std::string& text) {
  std::istringstream lines(text);
  size_t most = 0;
  for (std::string line; std::getline(lines, line);) most = std::max(most, columns_of(line));
  return most;
}

std::string without_blanks(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_that_fits_or_is_for_no_terminal_stays_as_it_is) {
  BOOST_TEST(fold("a  b", 2, 80) == "a  b");
  BOOST_TEST(fold(std::string(200, 'x'), 2, 0) == std::string(200, 'x'));
  BOOST_TEST(fold_command("crashwright run x", 0, 0) == "crashwright run x");
  BOOST_TEST(shorten_middle(std::string(200, 'x'), 0) == std::string(200, 'x'));
}

BOOST_AUTO_TEST_CASE(text_is_folded_at_blanks_behind_its_indent) {
  BOOST_TEST(fold("one two three four", 2, 12) == "one two\n  three four");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_too_long_is_broken_behind_a_slash) {
  BOOST_TEST(fold("in crashwright-out/latest/some-case.release", 4, 30) ==
             "in\n    crashwright-out/latest/\n    some-case.release");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal_whatever_the_text) {
  const std::string texts[] = {std::string(500, 'x'), "/" + std::string(300, 'y') + " z",
                               "\xc3\xa4\xc3\xb6 and more words", "a " + std::string(90, '/') + " b"};
  for (const std::string& text : texts) {
    for (size_t columns = 20; columns < 100; ++columns) {
      const std::string folded = fold(text, 9, columns);
      BOOST_TEST(widest(std::string(9, ' ') + folded) <= columns);
      BOOST_TEST(without_blanks(folded) == without_blanks(text));
      BOOST_TEST(columns_of(shorten_middle(text, columns)) <= columns);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_command_is_folded_so_that_a_shell_takes_it) {
  BOOST_TEST(fold_command("crashwright run scenarios/a.yaml --seed 1", 2, 30) ==
             "crashwright run \\\n  scenarios/a.yaml --seed 1");
  BOOST_TEST(fold_command("run some/folder/that/is/long/a.yaml x", 2, 20) ==
             "run \\\n  some/folder/\\\nthat/is/long/\\\na.yaml x");
  BOOST_TEST(widest(fold_command("run /" + std::string(200, 'x') + "/y z", 10, 30)) <= 30);
}

BOOST_AUTO_TEST_CASE(a_name_is_shortened_in_the_middle_between_characters) {
  BOOST_TEST(shorten_middle("abcdefghij", 7) == "ab...ij");
  BOOST_TEST(shorten_middle("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", 5) == "\xc3\xa4...\xc3\xbc");
}

BOOST_AUTO_TEST_CASE(a_path_below_this_folder_is_shown_from_here) {
  const std::string here = std::filesystem::current_path().string();
  BOOST_TEST(shown_path(here + "/out/../a.yaml") == "a.yaml");
  BOOST_TEST(shown_path("/nowhere/a/../b") == "/nowhere/b");
  BOOST_TEST(shown_path("out/latest") == "out/latest");
}

}  // namespace crashwright::harness::cli
