#include "harness/cli/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "harness/cli/exit_code.h"
#include "harness/scenario/suggest.h"
#include "harness/scenario/value.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kDocColumn = 26;

std::string two_columns(const std::string& left, const std::string& doc) {
  const std::string start = "  " + left;
  if (start.size() + 2 > kDocColumn) {
    return start + "\n" + std::string(kDocColumn, ' ') + wrap(doc, kDocColumn) + "\n";
  }
  return start + std::string(kDocColumn - start.size(), ' ') + wrap(doc, kDocColumn) + "\n";
}

}  // namespace

struct Options::Parser {
  CLI::App app;
};

std::string wrap(const std::string& text, size_t indent, size_t width) {
  std::istringstream words(text);
  std::string wrapped;
  size_t column = indent;
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > width) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += word.size();
  }
  return wrapped;
}

Options::Options(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)), parser_(std::make_unique<Parser>()) {
  parser_->app.set_help_flag();
  parser_->app.allow_extras();
  names_.emplace_back("--help");
}

Options::~Options() = default;

void Options::text(const char* name, const char* value, std::string& target, const char* doc) {
  parser_->app.add_option(name, target);
  names_.emplace_back(name);
  option_lines_.push_back({fmt::format("{} {}", name, value), doc});
}

void Options::texts(const char* name, const char* value, std::vector<std::string>& target, const char* doc) {
  parser_->app.add_option(name, target)->expected(1)->take_all()->allow_extra_args(false);
  names_.emplace_back(name);
  option_lines_.push_back({fmt::format("{} {}", name, value), fmt::format("{} (may be given several times)", doc)});
}

void Options::number(const char* name, const char* value, uint64_t& target, const char* doc) {
  const std::string option = name;
  parser_->app.add_option_function<std::string>(name, [&target, option](const std::string& text) {
    const auto parsed = parse_count(text);
    if (!parsed) throw CLI::ValidationError(option, parsed.error().message);
    target = *parsed;
  });
  names_.emplace_back(name);
  option_lines_.push_back({fmt::format("{} {}", name, value), doc});
}

void Options::flag(const char* name, bool& target, const char* doc) {
  parser_->app.add_flag(name, target);
  names_.emplace_back(name);
  option_lines_.push_back({name, doc});
}

void Options::word(const char* name, const char* value, std::string& target, std::vector<std::string> words,
                   const char* doc) {
  option_lines_.push_back({fmt::format("{} {}", name, value), doc});
  names_.emplace_back(name);
  const std::string option = name;
  parser_->app.add_option_function<std::string>(name, [&target, option, words](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) == words.end()) {
      const std::string hint = suggestion(text, words);
      throw CLI::ValidationError(option, fmt::format("cannot be \"{}\"{}", text, hint.empty() ? "" : "; " + hint));
    }
    target = text;
  });
}

void Options::arguments(const char* value, std::vector<std::string>& target, const char* doc) {
  parser_->app.add_option("arguments", target);
  argument_value_ = value;
  argument_lines_.push_back({value, doc});
}

void Options::example(const char* line) { examples_.emplace_back(line); }
void Options::note(const char* text) { notes_.emplace_back(text); }

std::optional<int> Options::parse(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument != "--help" && argument != "-h") continue;
    fmt::print("{}", help());
    return kExitPassed;
  }
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    fmt::print(stderr, "crashwright {}: {}\n", command_, what);
    if (!hint.empty()) fmt::print(stderr, "  {}\n", hint);
    fmt::print(stderr, "  see: crashwright {} --help\n", command_);
    return kExitUsage;
  };
  try {
    // CLI11 takes its vector from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    parser_->app.parse(reversed);
  } catch (const CLI::Error& error) {
    return refuse(error.what(), "");
  }
  const std::vector<std::string> rest = parser_->app.remaining();
  if (rest.empty()) return std::nullopt;
  const std::string name = rest.front().substr(0, rest.front().find('='));
  if (name.rfind('-', 0) != 0) return refuse(fmt::format("does not take \"{}\"", name), "");
  return refuse(fmt::format("no option {}", name), suggestion(name, names_));
}

std::string Options::help() const {
  std::string text = fmt::format("Usage: crashwright {} [options]{}{}\n\n{}\n", command_,
                                 argument_value_.empty() ? "" : " ", argument_value_, wrap(summary_, 0));
  if (!argument_lines_.empty()) text += "\n";
  for (const Line& line : argument_lines_) text += two_columns(line.left, line.doc);
  text += "\nOptions:\n";
  for (const Line& line : option_lines_) text += two_columns(line.left, line.doc);
  text += two_columns("--help", "this text");
  for (const std::string& note : notes_) text += "\n" + wrap(note, 0) + "\n";
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const std::string& example : examples_) text += "  " + example + "\n";
  return text;
}

}  // namespace crashwright::harness::cli
