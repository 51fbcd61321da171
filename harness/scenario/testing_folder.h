// A folder of scenario files for a test, gone with it. Tests of harness/scenario only.
//
// Threads: one owner. Errors: the test fails.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>

#include "base/file.h"

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

  std::string path;
};

}  // namespace crashwright::harness
