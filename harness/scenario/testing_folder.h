// A folder of scenario files for a test, gone with it. Tests of harness/scenario only.
//
// Threads: one owner. Errors: the test fails.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "harness/scenario/diagnostic.h"

namespace crashwright::harness {

struct TestFolder {
  TestFolder() {
    char name[] = "/tmp/crashwright-scenario-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TestFolder() {
    std::error_code none;
    std::filesystem::remove_all(path, none);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path + "/" + file).parent_path());
    BOOST_REQUIRE(write_file(path + "/" + file, text).has_value());
  }
  // `text` without the folder's name in it, which differs from run to run.
  [[nodiscard]] std::string without_path(std::string text) const {
    for (size_t at = text.find(path + "/"); at != std::string::npos; at = text.find(path + "/")) {
      text.erase(at, path.size() + 1);
    }
    return text;
  }
  // What is said of them, without the folder's name: neither in the text nor in where its hints are folded.
  [[nodiscard]] std::string complaints(std::vector<Diagnostic> diagnostics) const {
    for (Diagnostic& diagnostic : diagnostics) diagnostic.hint = without_path(diagnostic.hint);
    return without_path(diagnostics_to_text(std::move(diagnostics)));
  }

  std::string path;
};

}  // namespace crashwright::harness
