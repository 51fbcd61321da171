#include "harness/cli/terminal_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace crashwright::harness::cli {
namespace {

constexpr size_t kColumnsUnknown = 80;
constexpr size_t kColumnsMin = 20;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

// Bytes of the first `columns` characters.
size_t bytes_of(std::string_view text, size_t columns) {
  size_t at = 0;
  while (at < text.size()) {
    if (begins_character(text[at]) && columns-- == 0) break;
    ++at;
  }
  return at;
}

// Where a word of which `columns` characters fit is best broken.
size_t break_of(std::string_view word, size_t columns) {
  const size_t fits = bytes_of(word, columns);
  const size_t slash = word.substr(0, fits).rfind('/');
  return slash == std::string_view::npos || slash == 0 ? fits : slash + 1;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

size_t terminal_columns(std::FILE* out) {
  const int terminal = ::fileno(out);
  if (::isatty(terminal) != 1) return 0;
  winsize size{};
  const bool known = ::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max<size_t>(known ? size.ws_col : kColumnsUnknown, kColumnsMin);
}

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string fold(std::string_view text, size_t indent, size_t columns) {
  if (columns == 0 || columns_of(text) + indent <= columns) return std::string(text);
  std::string folded;
  size_t column = indent;
  const auto next_line = [&] {
    folded += "\n" + std::string(indent, ' ');
    column = indent;
  };
  bool first = true;
  for (std::string_view word : words_of(text)) {
    const bool room = first || column + 1 + columns_of(word) <= columns;
    if (!first && room) folded += ' ';
    if (!first && room) ++column;
    if (!room) next_line();
    first = false;
    while (column + columns_of(word) > columns) {
      const size_t bytes = break_of(word, columns - column);
      folded += word.substr(0, bytes);
      word.remove_prefix(bytes);
      next_line();
    }
    folded += word;
    column += columns_of(word);
  }
  return folded;
}

std::string fold_command(std::string_view command, size_t indent, size_t columns) {
  if (columns == 0 || columns_of(command) + indent <= columns) return std::string(command);
  std::string folded;
  size_t column = indent;
  for (std::string_view word : words_of(command)) {
    if (column > indent && column + 1 + columns_of(word) + 2 > columns) {
      folded += " \\\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      folded += ' ';
      ++column;
    }
    // Inside a word the next line begins at its first column, or the shell would take a blank for it; and inside quotes
    // it does not take the backslash.
    while (column + columns_of(word) + 2 > columns && word.find('\'') == std::string_view::npos) {
      const size_t bytes = break_of(word, columns - 2 - column);
      folded += word.substr(0, bytes);
      folded += "\\\n";
      word.remove_prefix(bytes);
      column = 0;
    }
    folded += word;
    column += columns_of(word);
  }
  return folded;
}

std::string shorten_middle(std::string_view text, size_t columns) {
  const size_t whole = columns_of(text);
  if (columns == 0 || whole <= columns) return std::string(text);
  if (columns <= 3) return std::string(text.substr(0, bytes_of(text, columns)));
  const size_t front = (columns - 3 + 1) / 2;
  const size_t back = columns - 3 - front;
  return std::string(text.substr(0, bytes_of(text, front))) + "..." +
         std::string(text.substr(bytes_of(text, whole - back)));
}

std::string shown_path(const std::string& path) {
  std::error_code trouble;
  const std::filesystem::path here = std::filesystem::current_path(trouble);
  const std::filesystem::path whole = std::filesystem::path(path).lexically_normal();
  if (trouble || !whole.is_absolute()) return whole.string();
  const std::string relative = whole.lexically_relative(here).string();
  return relative.empty() || relative.rfind("..", 0) == 0 ? whole.string() : relative;
}

}  // namespace crashwright::harness::cli
