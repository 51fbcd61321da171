#include "harness/scenario/syntax_mistake.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace crashwright::harness {
namespace {

struct Place {
  int line = 0;
  int column = 0;
};

// The last tab in the indentation of a line, up to the one where the parser gave up.
std::optional<Place> indenting_tab(std::string_view text, int line_max) {
  std::optional<Place> found;
  for (int line = 0; line <= line_max && !text.empty(); ++line) {
    const std::string_view content = text.substr(0, text.find('\n'));
    const size_t indent = content.find_first_not_of(" \t");
    const size_t tab = content.find('\t');
    if (indent != std::string_view::npos && tab < indent) found = Place{line, static_cast<int>(tab)};
    text.remove_prefix(std::min(content.size() + 1, text.size()));
  }
  return found;
}

// Reads over text as far as brackets are concerned: what stands in quotes and comments opens none.
class BracketScan {
 public:
  // The innermost bracket that is open where the parser gave up.
  static std::optional<Place> open_before(std::string_view text, Place end) {
    BracketScan scan;
    for (size_t i = 0; i < text.size() && !scan.is_behind(end); ++i) scan.take(text[i], i > 0 ? text[i - 1] : '\n');
    return scan.open_.empty() ? std::nullopt : std::optional(scan.open_.back());
  }

 private:
  bool is_behind(Place end) const {
    return here_.line > end.line || (here_.line == end.line && here_.column >= end.column);
  }

  void take(char c, char before) {
    const bool starts_word = before == ' ' || before == '\n' || before == '[' || before == '{' || before == ',';
    if (c == '\n') {
      comment_ = false;
      here_ = {here_.line + 1, 0};
      return;
    }
    if (comment_) {
    } else if (quote_ != 0) {
      if (c == quote_ && !(quote_ == '"' && before == '\\')) quote_ = 0;
    } else if (c == '#' && starts_word) {
      comment_ = true;
    } else if ((c == '"' || c == '\'') && starts_word) {
      quote_ = c;
    } else if (c == '[' || c == '{') {
      open_.push_back(here_);
    } else if ((c == ']' || c == '}') && !open_.empty()) {
      open_.pop_back();
    }
    ++here_.column;
  }

  Place here_;
  std::vector<Place> open_;
  char quote_ = 0;
  bool comment_ = false;
};

// Where the second `key: ` of one entry begins in the map that is opened there and closed in the same line.
std::optional<Place> missing_comma(std::string_view text, Place open) {
  for (int line = 0; line < open.line; ++line) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  const std::string_view content = text.substr(0, text.find('\n'));
  size_t depth = 0;
  size_t keys = 0;
  for (size_t i = static_cast<size_t>(open.column); i < content.size(); ++i) {
    const char c = content[i];
    if (c == '"' || c == '\'') i = std::min(content.find(c, i + 1), content.size());
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return std::nullopt;
    if (depth != 1) continue;
    if (c == ',') keys = 0;
    if (c != ':' || i + 1 == content.size() || content[i + 1] != ' ' || ++keys < 2) continue;
    const size_t blank = content.find_last_of(" {", i);
    return Place{open.line, static_cast<int>(blank + 1)};
  }
  return std::nullopt;
}

struct KnownMessage {
  std::string_view part;  // of what the parser says
  const char* hint;
};
constexpr std::array<KnownMessage, 5> kKnownMessages = {{
    {"illegal map value", "put quotes around a text that contains `: `, or braces around a map: {key: value}"},
    {"end of map not found", "keys of one map begin in the same column"},
    {"end of sequence not found", "the entries of one list begin with `- ` in the same column"},
    {"unknown escape", "a backslash begins an escape in double quotes: write two, or use single quotes"},
    {"bad character", "put quotes around a text that begins with it"},
}};

}  // namespace

SyntaxMistake explain_syntax(const std::string& text, int line, int column, const std::string& message) {
  SyntaxMistake mistake{line, column, message, "look at indentation, quotes and brackets here and in the line above"};
  if (const auto tab = indenting_tab(text, line)) {
    return {tab->line, tab->column, "a tab in the indentation", "indent with spaces: YAML does not take tabs"};
  }
  if (message.find("flow not found") != std::string::npos) {
    mistake.hint = "a bracket is not closed";
    const auto open = BracketScan::open_before(text, {line, column});
    const auto comma = open ? missing_comma(text, *open) : std::nullopt;
    if (comma) return {comma->line, comma->column, "a comma is missing before it", "write {key: value, key: value}"};
    if (open) return {open->line, open->column, "the bracket is not closed", "close it with the other one"};
  }
  for (const KnownMessage& known : kKnownMessages) {
    if (message.find(known.part) != std::string::npos) mistake.hint = known.hint;
  }
  return mistake;
}

}  // namespace crashwright::harness
