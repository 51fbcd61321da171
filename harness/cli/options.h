// The options of one command: declared once, parsed, and shown by --help in 80 columns with examples, as a manual page
// and to the completion of shells.
//
//   Options options("run", "Runs scenarios and judges what is left.");
//   options.number("--seed", "N", seed, "the run's seed");
//   if (const auto code = options.parse(arguments)) return *code;
//
// Threads: one owner. Errors: parse() prints what is wrong with the nearest valid word and gives exit code 2.
// CLI11 stays inside options.cc. Two options that no help names: --help-man prints the manual page (man_command.cc),
// --help-complete what a completion script needs (completion_command.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  // One or several of `words`: with commas between, or the option given several times.
  void words(const char* name, const char* value, std::vector<std::string>& target, std::vector<std::string> words,
             const char* doc);
  void arguments(const char* value, std::vector<std::string>& target, const char* doc,
                 std::vector<std::string> words = {});  // that shells offer; others are taken too
  // What follows on the line without being an argument of this program: "-- COMMAND [ARGS]".
  void tail(const char* usage);
  void example(const char* line);
  // A paragraph below the options; `line`: to be copied, kept as it is below it.
  void note(const char* text, const char* line = "");

  // Empty: go on. Otherwise the exit code to end with (help was shown, or the use was wrong).
  [[nodiscard]] std::optional<int> parse(const std::vector<std::string>& arguments);
  [[nodiscard]] std::string help() const;
  // A manual page of section 1 in the language of man(7).
  [[nodiscard]] std::string man_page() const;
  // One line for each option: name, what completes its value, what it does, with tabs between. What completes: "-"
  // nothing, "=" it takes no value, "@file", "@folder", or the words themselves with spaces between. The name "."
  // stands for the arguments of a command that takes certain words.
  [[nodiscard]] std::string completions() const;

 private:
  struct Parser;
  struct Entry {
    std::string name;   // "--seed"; of an argument what stands for it
    std::string value;  // "N"; empty: takes none
    std::string doc;
    std::vector<std::string> words;  // that the value may be; empty: any

    [[nodiscard]] std::string left() const { return value.empty() ? name : name + " " + value; }
  };

  // Prints what --help and its kin ask for; false when they do not.
  [[nodiscard]] bool print_help(const std::vector<std::string>& arguments) const;
  void remember(const char* name, const char* value, const char* doc, std::vector<std::string> words = {});

  std::string command_;
  std::string summary_;
  std::unique_ptr<Parser> parser_;
  std::vector<Entry> arguments_;
  std::vector<Entry> options_;
  std::vector<std::string> examples_;
  std::vector<std::pair<std::string, std::string>> notes_;  // text, line
  std::string tail_;
};

// Text for man(7): what would be taken for a request or an escape is not.
[[nodiscard]] std::string man_text(const std::string& text);

// Broken at spaces so that no line is longer than `width`; every line after the first begins with `indent` spaces.
[[nodiscard]] std::string wrap(const std::string& text, size_t indent, size_t width = 80);

}  // namespace crashwright::harness::cli
