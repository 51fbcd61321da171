// The options of a command as people and shells read them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>
#include <string_view>

#include "harness/cli/options.h"
#include "harness/cli/version.h"

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

// What a shell may offer for a value that is described by this word.
std::string completed_by(const std::string& value, const std::vector<std::string>& words) {
  if (!words.empty()) return fmt::format("{}", fmt::join(words, " "));
  if (value.empty()) return "=";
  if (value == "DIR" || value == "RUN" || value == "FOLDER") return "@folder";
  return value.find("FILE") != std::string::npos || value == "PATH" ? "@file" : "-";
}

// An entry of a list with a hanging text.
std::string man_entry(const std::string& name, const std::string& value, const std::string& doc) {
  std::string text = ".TP\n.B " + man_text(name);
  if (!value.empty()) text = ".TP\n.BI \"" + man_text(name) + " \" \"" + man_text(value) + "\"";
  return text + "\n" + man_text(doc) + "\n";
}

}  // namespace

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

std::string man_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool line_start = escaped.empty() || escaped.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if (c == '"') {
      escaped += "\\(dq";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

bool Options::print_help(const std::vector<std::string>& arguments) const {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}", help());
    } else if (argument == "--help-man") {
      fmt::print("{}", man_page());
    } else if (argument == "--help-complete") {
      fmt::print("{}", completions());
    } else {
      continue;
    }
    return true;
  }
  return false;
}

std::string Options::help() const {
  std::string usage = fmt::format("Usage: crashwright {} [options]", command_);
  for (const Entry& argument : arguments_) usage += " " + argument.name;
  if (!tail_.empty()) usage += " " + tail_;
  std::string text = fmt::format("{}\n\n{}\n", usage, wrap(summary_, 0));
  if (!arguments_.empty()) text += "\n";
  for (const Entry& argument : arguments_) text += two_columns(argument.name, argument.doc);
  text += "\nOptions:\n";
  for (const Entry& option : options_) text += two_columns(option.left(), option.doc);
  text += two_columns("--help", "this text");
  for (const auto& [note, line] : notes_) {
    text += "\n" + wrap(note, 0) + "\n";
    if (!line.empty()) text += "\n  " + line + "\n";
  }
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const std::string& example : examples_) text += "  " + example + "\n";
  return text;
}

std::string Options::man_page() const {
  std::string name = "crashwright-" + command_;
  for (char& c : name) c = c == ' ' ? '-' : c;
  std::string text = fmt::format(".TH {} 1 \"\" \"{}\" \"Crashwright\"\n", man_text(name), man_text(kVersion));
  text += fmt::format(".SH NAME\n{} \\- {}\n", man_text(name), man_text(summary_.substr(0, summary_.find(". "))));
  text += fmt::format(".SH SYNOPSIS\n.B crashwright {}\n[options]", man_text(command_));
  for (const Entry& argument : arguments_) text += " " + man_text(argument.name);
  text += "\n.SH DESCRIPTION\n" + man_text(summary_) + "\n";
  for (const Entry& argument : arguments_) text += man_entry(argument.name, "", argument.doc);
  text += ".SH OPTIONS\n";
  for (const Entry& option : options_) text += man_entry(option.name, option.value, option.doc);
  text += man_entry("--help", "", "the options, for a terminal");
  if (!notes_.empty()) text += ".SH NOTES\n";
  for (const auto& [note, line] : notes_) {
    text += ".PP\n" + man_text(note) + "\n";
    if (!line.empty()) text += ".PP\n.EX\n" + man_text(line) + "\n.EE\n";
  }
  if (!examples_.empty()) text += ".SH EXAMPLES\n.EX\n";
  for (const std::string& example : examples_) text += man_text(example) + "\n";
  if (!examples_.empty()) text += ".EE\n";
  return text + ".SH SEE ALSO\n.BR crashwright (1)\n";
}

std::string Options::completions() const {
  std::string text;
  for (const Entry& argument : arguments_) {
    if (!argument.words.empty()) text += fmt::format(".\t{}\t{}\n", fmt::join(argument.words, " "), argument.doc);
  }
  for (const Entry& option : options_) {
    text += fmt::format("{}\t{}\t{}\n", option.name, completed_by(option.value, option.words), option.doc);
  }
  return text + "--help\t=\tthe options of this command\n";
}

}  // namespace crashwright::harness::cli
