#include "harness/scenario/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "harness/scenario/text_check.h"

namespace crashwright::harness {
namespace {

// Of the source line; with the margin that makes 80 columns.
constexpr size_t kShownColumnsMax = 72;
constexpr std::string_view kCut = "...";
constexpr size_t kShownMax = 100;
constexpr size_t kHintIndent = 8;
constexpr size_t kHintColumnsMax = 80;

// One entry per character to show: a UTF-8 sequence, or a dot for what must not reach a terminal.
std::vector<std::string> shown_characters(std::string_view line) {
  std::vector<std::string> characters;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte == '\t') {
      characters.emplace_back(" ");
    } else if (byte < 0x20 || byte == 0x7f) {
      characters.emplace_back(".");
    } else if (byte < 0x80) {
      characters.emplace_back(1, line[i]);
    } else {
      const size_t length = std::max<size_t>(utf8_sequence_length(line.substr(i)), 1);
      const std::string sequence(line.substr(i, length));
      // U+0080 to U+009F are control characters too.
      const bool control = byte == 0xc2 && length == 2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
      characters.push_back(control || length == 1 ? "." : sequence);
      i += length - 1;
    }
  }
  return characters;
}

// Messages quote the file, so the same holds for them.
std::string shown(std::string_view text) {
  std::string joined;
  for (const std::string& character : shown_characters(text)) joined += character;
  return joined;
}

// The characters of a line that are shown: all of it, or its beginning, or from somewhat before the place on.
struct Excerpt {
  size_t first = 0;
  size_t last = 0;
};

Excerpt excerpt_around(size_t column, size_t width, size_t size) {
  if (size <= kShownColumnsMax) return {.first = 0, .last = size};
  if (column + width <= kShownColumnsMax - kCut.size()) return {.first = 0, .last = kShownColumnsMax - kCut.size()};
  const size_t columns = kShownColumnsMax - 2 * kCut.size();
  const size_t first = std::min(column - std::min(column, columns / 2), size - columns);
  return {.first = first, .last = first + columns};
}

std::string excerpt(const Diagnostic& diagnostic) {
  const std::vector<std::string> characters = shown_characters(diagnostic.source);
  const size_t column = static_cast<size_t>(std::max(diagnostic.position.column, 1)) - 1;
  const size_t width = std::max<size_t>(diagnostic.width, 1);
  const auto [first, last] = excerpt_around(column, width, characters.size());
  std::string line(first > 0 ? kCut : "");
  const size_t prefix = line.size();
  for (size_t i = first; i < last; ++i) line += characters[i];
  if (last < characters.size()) line += kCut;
  const std::string caret(std::min(width, std::max<size_t>(last, column + 1) - column), '^');
  return fmt::format("{:>5} |{}{}\n      | {}{}\n", diagnostic.position.line, line.empty() ? "" : " ", line,
                     std::string(prefix + column - first, ' '), caret);
}

// Behind the blank that ends the word at `begin`, or the end of the hint; what stands in quotes is one word,
// and so are a key with its value and the dash of a list with what follows.
size_t end_of_word(const std::string& hint, size_t begin) {
  char quote = 0;
  for (size_t i = begin; i < hint.size(); ++i) {
    if (quote != 0) {
      if (hint[i] == quote) quote = 0;
    } else if (hint[i] == '`' || hint[i] == '"') {
      quote = hint[i];
    } else if (hint[i] == ' ' && (i == begin || (hint[i - 1] != ':' && hint[i - 1] != '-'))) {
      return i + 1;
    }
  }
  return hint.size();
}

// A hint in the pieces that a line may be broken between: behind a comma or a semicolon, and at blanks too where what
// lies between two of them is more than a line.
std::vector<std::string> pieces_of(const std::string& hint) {
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < hint.size();) {
    size_t end = begin + 1;
    while (end < hint.size() && (hint[end] != ' ' || (hint[end - 1] != ',' && hint[end - 1] != ';'))) ++end;
    if (end < hint.size()) ++end;
    const bool whole = kHintIndent + end - begin <= kHintColumnsMax + 1;
    while (begin < end) {
      const size_t behind = whole ? end : std::min(end, end_of_word(hint, begin));
      pieces.push_back(hint.substr(begin, behind - begin));
      begin = behind;
    }
  }
  return pieces;
}

// Hints longer than a line of 80 columns are folded; a path or a command in quotes stays whole.
std::string folded_hint(const std::string& hint) {
  std::string text;
  size_t column = kHintIndent;
  for (const std::string& piece : pieces_of(hint)) {
    const size_t shown_columns = piece.size() - (piece.back() == ' ' ? 1 : 0);
    if (column + shown_columns > kHintColumnsMax && column > kHintIndent) {
      text.back() = '\n';
      text += std::string(kHintIndent, ' ');
      column = kHintIndent;
    }
    text += piece;
    column += piece.size();
  }
  return text;
}

}  // namespace

std::string source_line(std::string_view text, int line) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  for (int current = 1; current < line; ++current) {
    const size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  std::string found(text.substr(0, text.find('\n')));
  if (!found.empty() && found.back() == '\r') found.pop_back();
  return found;
}

std::string diagnostic_to_text(const Diagnostic& diagnostic) {
  std::string text = shown(diagnostic.file);
  if (diagnostic.position.line > 0) {
    text += fmt::format(":{}:{}", diagnostic.position.line, diagnostic.position.column);
  }
  text += fmt::format(": error {}: {}\n", diagnostic.code, shown(diagnostic.message));
  if (diagnostic.position.line > 0) text += excerpt(diagnostic);
  if (!diagnostic.hint.empty()) text += fmt::format("      = {}\n", folded_hint(shown(diagnostic.hint)));
  return text;
}

std::string diagnostics_to_text(std::vector<Diagnostic> diagnostics) {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.file, d.position.line, d.position.column, d.code, d.message);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.file, a.position.line, a.position.column) < std::tie(b.file, b.position.line, b.position.column);
  });
  // The cells of a matrix share their mistakes, and so do scenarios that include one part.
  std::set<std::tuple<std::string, int, int, std::string, std::string>> seen;
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (seen.insert(key(diagnostic)).second && seen.size() <= kShownMax) text += diagnostic_to_text(diagnostic);
  }
  text += fmt::format("{} {}", seen.size(), seen.size() == 1 ? "error" : "errors");
  if (seen.size() > kShownMax) text += fmt::format(", of which the first {} are shown", kShownMax);
  return text + "\n";
}

}  // namespace crashwright::harness
