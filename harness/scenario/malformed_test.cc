// Goal: every complaint about a scenario says where, what and what to do instead, to the letter.
// Method: testdata/malformed.txt holds scenarios and the text expected for each. With CRASHWRIGHT_UPDATE_GOLDEN in the
// environment the file is written anew with what is said now, to be looked at as a difference.
//
//   === name            the scenario, as name.yaml
//   --- file other.yaml one more file of the same folder; a part, or a scenario that is loaded beside it
//   --- points a.b c.d  the fault points of the engine; without this line they are not checked
//   --- load PATH       what is loaded in place of the files: a path in the folder, which need not be there
//   --- size N          the scenario is filled up to N bytes with #
//   --- programs        the programs of `engine` are looked for
//   --- says            the text

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "harness/cli/engine_programs.h"
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
  std::string load;
  size_t size = 0;
  bool programs = false;
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
      all.push_back({line.substr(4), {{line.substr(4) + ".yaml", ""}}, {}, "", 0, false, ""});
      text = &all.back().files.back().second;
    } else if (line.rfind("--- file ", 0) == 0) {
      all.back().files.emplace_back(line.substr(9), "");
      text = &all.back().files.back().second;
    } else if (line.rfind("--- points ", 0) == 0) {
      std::istringstream words(line.substr(11));
      for (std::string word; words >> word;) all.back().points.push_back(word);
    } else if (line.rfind("--- load ", 0) == 0) {
      all.back().load = line.substr(9);
    } else if (line.rfind("--- size ", 0) == 0) {
      all.back().size = std::stoul(line.substr(9));
    } else if (line == "--- programs") {
      all.back().programs = true;
    } else if (line == "--- says") {
      text = &all.back().expected;
    } else {
      *text += line + "\n";
    }
  }
  return all;
}

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

Loaded load(const Malformed& one, const TestFolder& folder) {
  std::vector<std::string> paths;
  for (const auto& [name, text] : one.files) {
    std::string whole = unescaped(text);
    if (whole.size() < one.size) whole.resize(one.size, '#');
    folder.write(name, whole);
    const bool scenario = std::filesystem::path(name).extension() == ".yaml" && !is_part_name(name);
    if (scenario) paths.push_back(folder.path + "/" + name);
  }
  if (!one.load.empty()) paths = {folder.path + "/" + one.load};
  Loaded loaded = load_scenarios(paths, one.points);
  for (const auto* const scenarios : {&loaded.scenarios, &loaded.broken}) {
    if (!one.points.empty()) append(loaded.diagnostics, check_fault_points(*scenarios, one.points));
    if (one.programs) append(loaded.diagnostics, cli::find_missing_programs(*scenarios));
  }
  return loaded;
}

std::string complaints(const Malformed& one) {
  const TestFolder folder;
  return folder.complaints(load(one, folder).diagnostics);
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
    if (!one.load.empty()) file << "--- load " << one.load << "\n";
    if (one.size > 0) file << "--- size " << one.size << "\n";
    if (one.programs) file << "--- programs\n";
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
        // What cannot be read, or is too large to be, has no place in it.
        const bool whole_file = diagnostic.code == code::kCannotRead || diagnostic.code == code::kTooLarge;
        BOOST_TEST((whole_file || diagnostic.position.line > 0));
        BOOST_TEST(!diagnostic.hint.empty());
        BOOST_TEST(find_explanation(diagnostic.code) != nullptr);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_code_that_is_explained_is_drawn_by_one_of_them) {
  std::set<std::string> drawn;
  for (const Malformed& one : read_malformed()) {
    const TestFolder folder;
    for (const Diagnostic& diagnostic : load(one, folder).diagnostics) drawn.insert(diagnostic.code);
  }
  for (const Explanation& explanation : all_explanations()) {
    BOOST_TEST(drawn.count(explanation.code) == 1,
               explanation.code << " is drawn by no case of testdata/malformed.txt");
  }
}

}  // namespace crashwright::harness
