// A folder of a test's own, in which commands run as a shell would run them: exit code, standard output, standard
// error.
//
// Redirects the descriptors themselves: what the commands print goes through stdio.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "harness/cli/command.h"

namespace crashwright::harness::cli::testing {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

class Captured {
 public:
  Captured(int fd, std::string path) : fd_(fd), saved_(::dup(fd)), path_(std::move(path)) {
    std::fflush(nullptr);
    std::FILE* const file = std::fopen(path_.c_str(), "w");
    BOOST_REQUIRE(file != nullptr);
    ::dup2(::fileno(file), fd_);
    std::fclose(file);
  }
  std::string finish() {
    std::fflush(nullptr);
    ::dup2(saved_, fd_);
    ::close(saved_);
    return *read_file(path_);
  }

 private:
  int fd_;
  int saved_;
  std::string path_;
};

struct CommandFolder {
  CommandFolder() {
    char name[] = "/tmp/crashwright-command-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~CommandFolder() { std::filesystem::remove_all(path); }
  CommandFolder(const CommandFolder&) = delete;
  CommandFolder& operator=(const CommandFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(write_file(path + "/" + name, text));
    return path + "/" + name;
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto content = read_file(path + "/" + name);
    return content ? *content : std::string();
  }
  [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(path + "/" + name); }
  [[nodiscard]] Answer run(const std::vector<std::string>& arguments) const {
    Captured out(STDOUT_FILENO, path + "/.out");
    Captured err(STDERR_FILENO, path + "/.err");
    Answer answer;
    answer.code = run_command(arguments);
    answer.err = err.finish();
    answer.out = out.finish();
    return answer;
  }

  std::string path;
};

// On one line: long lines of a command are folded with a backslash, those of a text without one.
[[nodiscard]] inline std::string unfolded(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\\';
    if (!blank || (!line.empty() && line.back() != ' ')) line += blank ? ' ' : c;
  }
  return line;
}

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace crashwright::harness::cli::testing
