// Goal: every complaint about a scenario says where, what and what to do instead, to the letter.
// Method: testdata/malformed.txt holds scenarios and the text expected for each. With CRASHWRIGHT_UPDATE_GOLDEN in the
// environment the file is written anew with what is said now, to be looked at as a difference.
//
//   === name            the scenario, as name.yaml
//   --- file other.yaml one more file of the same folder; a part, or a scenario that is loaded beside it
//   --- points a.b c.d  the fault points of the engine; without this line they are not checked
//   --- says            the text

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "harness/scenario/explanations.h"
#include "harness/scenario/include.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/testing_folder.h"

namespace crashwright::harness {
namespace {

const std::string kMalformed = std::string(CRASHWRIGHT_TEST_DATA) + "/malformed.txt";

struct Malformed {
  std::string name;
  std::vector<std::pair<std::string, std::string>>
      files;  // name and text as it stands in testdata; the first: the case
  std::vector<std::string> points;
  std::string expected;
};

// "\t", "\r" and "\xNN" stand for the characters that a text file cannot show, "\\" for a backslash.
std::string unescaped(const std::string& written) {
  std::string text;
  for (size_t i = 0; i < written.size(); ++i) {
    const char next = written[i] == '\\' && i + 1 < written.size() ? written[i + 1] : 0;
    if (next == 'x') {
      text += static_cast<char>(std::stoi(written.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (next == 't' || next == 'r' || next == '\\') {
      text += next == 't' ? '\t' : next == 'r' ? '\r' : '\\';
      ++i;
    } else {
      text += written[i];
    }
  }
  return text;
}

std::vector<Malformed> read_malformed() {
  std::ifstream file(kMalformed);
  std::vector<Malformed> all;
  std::string* text = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("=== ", 0) == 0) {
      all.push_back({line.substr(4), {{line.substr(4) + ".yaml", ""}}, {}, ""});
      text = &all.back().files.back().second;
    } else if (line.rfind("--- file ", 0) == 0) {
      all.back().files.emplace_back(line.substr(9), "");
      text = &all.back().files.back().second;
    } else if (line.rfind("--- points ", 0) == 0) {
      std::istringstream words(line.substr(11));
      for (std::string word; words >> word;) all.back().points.push_back(word);
    } else if (line == "--- says") {
      text = &all.back().expected;
    } else {
      *text += line + "\n";
    }
  }
  return all;
}

Loaded load(const Malformed& one, const TestFolder& folder) {
  std::vector<std::string> paths;
  for (const auto& [name, text] : one.files) {
    folder.write(name, unescaped(text));
    if (!is_part_name(name)) paths.push_back(folder.path + "/" + name);
  }
  Loaded loaded = load_scenarios(paths);
  if (one.points.empty()) return loaded;
  for (const auto* const scenarios : {&loaded.scenarios, &loaded.broken}) {
    for (Diagnostic& more : check_fault_points(*scenarios, one.points)) loaded.diagnostics.push_back(std::move(more));
  }
  return loaded;
}

std::string complaints(const Malformed& one) {
  const TestFolder folder;
  return folder.without_path(diagnostics_to_text(load(one, folder).diagnostics));
}

void write_malformed(const std::vector<Malformed>& all) {
  std::ofstream file(kMalformed);
  for (const Malformed& one : all) {
    file << "=== " << one.name << "\n" << one.files.front().second;
    for (size_t i = 1; i < one.files.size(); ++i) {
      file << "--- file " << one.files[i].first << "\n" << one.files[i].second;
    }
    if (!one.points.empty()) {
      file << "--- points";
      for (const std::string& point : one.points) file << " " << point;
      file << "\n";
    }
    file << "--- says\n" << complaints(one);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_mistake_is_explained_to_the_letter) {
  const std::vector<Malformed> all = read_malformed();
  BOOST_TEST(all.size() >= 200);
  if (std::getenv("CRASHWRIGHT_UPDATE_GOLDEN") != nullptr) write_malformed(all);
  for (const Malformed& one : all) {
    BOOST_TEST_CONTEXT(one.name) { BOOST_TEST(complaints(one) == one.expected); }
  }
}

BOOST_AUTO_TEST_CASE(every_mistake_has_a_place_a_hint_and_a_code_that_is_explained) {
  for (const Malformed& one : read_malformed()) {
    const TestFolder folder;
    const Loaded loaded = load(one, folder);
    BOOST_TEST_CONTEXT(one.name) { BOOST_TEST(!loaded.diagnostics.empty()); }
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      BOOST_TEST_CONTEXT(diagnostic_to_text(diagnostic)) {
        BOOST_TEST(diagnostic.position.line > 0);
        BOOST_TEST(!diagnostic.hint.empty());
        BOOST_TEST(find_explanation(diagnostic.code) != nullptr);
      }
    }
  }
}

}  // namespace crashwright::harness
