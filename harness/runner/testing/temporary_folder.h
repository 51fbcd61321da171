// A folder under /tmp that is gone with its object, for tests.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace crashwright::harness {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char pattern[] = "/tmp/crashwright-test-XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace crashwright::harness
