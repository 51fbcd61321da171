// The options of one command: declared once, parsed, and shown by --help in 80 columns with examples.
//
//   Options options("run", "Runs scenarios and judges what is left.");
//   options.number("--seed", "N", seed, "the run's seed");
//   if (const auto code = options.parse(arguments)) return *code;
//
// Threads: one owner. Errors: parse() prints what is wrong with the nearest valid word and gives exit code 2.
// CLI11 stays inside options.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crashwright::harness::cli {

class Options {
 public:
  Options(std::string command, std::string summary);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  void text(const char* name, const char* value, std::string& target, const char* doc);
  void texts(const char* name, const char* value, std::vector<std::string>& target, const char* doc);  // repeatable
  void number(const char* name, const char* value, uint64_t& target, const char* doc);
  void flag(const char* name, bool& target, const char* doc);
  // One of `words`.
  void word(const char* name, const char* value, std::string& target, std::vector<std::string> words, const char* doc);
  void arguments(const char* value, std::vector<std::string>& target, const char* doc);
  void example(const char* line);
  // A paragraph below the options.
  void note(const char* text);

  // Empty: go on. Otherwise the exit code to end with (help was shown, or the use was wrong).
  [[nodiscard]] std::optional<int> parse(const std::vector<std::string>& arguments);
  [[nodiscard]] std::string help() const;

 private:
  struct Parser;
  struct Line {
    std::string left;
    std::string doc;
  };

  std::string command_;
  std::string summary_;
  std::unique_ptr<Parser> parser_;
  std::string argument_value_;
  std::vector<Line> argument_lines_;
  std::vector<Line> option_lines_;
  std::vector<std::string> names_;
  std::vector<std::string> examples_;
  std::vector<std::string> notes_;
};

// Broken at spaces so that no line is longer than `width`; every line after the first begins with `indent` spaces.
[[nodiscard]] std::string wrap(const std::string& text, size_t indent, size_t width = 80);

}  // namespace crashwright::harness::cli
