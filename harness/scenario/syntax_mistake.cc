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

struct KnownMessage {
  std::string_view part;  // of what the parser says
  const char* hint;
};
constexpr std::array<KnownMessage, 5> kKnownMessages = {{
    {"illegal map value", "put quotes around a text that contains `: `"},
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
    if (open) return {open->line, open->column, "the bracket is not closed", "close it with the other one"};
  }
  for (const KnownMessage& known : kKnownMessages) {
    if (message.find(known.part) != std::string::npos) mistake.hint = known.hint;
  }
  return mistake;
}

}  // namespace crashwright::harness
