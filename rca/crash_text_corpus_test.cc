// Goal: texts in the manner of many tools are told right, cause and function, and texts about crashes are none.
// Method: testing/crash_texts*.txt, each text with its label given by hand.
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "base/file.h"
#include "rca/autopsy.h"

namespace crashwright::rca {
namespace {

struct LabelledText {
  std::string cause;
  std::string function;  // "-": none to name
  std::string name;
  std::string text;
};

std::vector<LabelledText> read_corpus() {
  std::string all;
  for (const char* const name : {"crash_texts.txt", "crash_texts_further.txt", "crash_texts_tools.txt"}) {
    const auto file = read_file(std::string(RCA_CRASH_TEXTS) + "/" + name);
    BOOST_REQUIRE(file);
    all += *file;
  }
  std::istringstream lines(all);
  std::vector<LabelledText> texts;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("%% ")) {
      LabelledText& text = texts.emplace_back();
      std::istringstream label(line.substr(3));
      label >> text.cause >> text.function;
      std::getline(label >> std::ws, text.name);
    } else if (!texts.empty()) {
      texts.back().text += line + "\n";
    }
  }
  return texts;
}

BOOST_AUTO_TEST_CASE(each_text_is_told_by_its_cause_and_function) {
  const std::vector<LabelledText> texts = read_corpus();
  BOOST_TEST(texts.size() >= 560U);
  for (const LabelledText& text : texts) {
    const AutopsyReport report = autopsy_text(text.text);
    BOOST_TEST(report.cause == text.cause, text.name << ": said " << report.cause << ", is " << text.cause);
    const bool named = text.function == "-" || report.function == text.function;
    BOOST_TEST(named, text.name << ": said " << report.function << ", is " << text.function);
  }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_quoted_in_a_log_is_talk) {
  for (const LabelledText& text : read_corpus()) {
    std::string quoted;
    std::istringstream lines(text.text);
    for (std::string line; std::getline(lines, line);) quoted += "10:00:00 INFO seen yesterday: \"" + line + "\"\n";
    BOOST_TEST(autopsy_text(quoted).cause == "NONE", text.name << " quoted: said " << autopsy_text(quoted).cause);
  }
}

}  // namespace
}  // namespace crashwright::rca
