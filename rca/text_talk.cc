#include "rca/text_talk.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace crashwright::rca {
namespace {

// Severities of lines that talk, and of lines that do not.
constexpr std::string_view kHarmlessWords[] = {"INFO", "DEBUG", "TRACE", "VERBOSE"};
constexpr std::string_view kHarmfulWords[] = {"WARN",     "WARNING", "ERROR", "ERR",   "FATAL", "SEVERE",
                                              "CRITICAL", "CRIT",    "ALERT", "EMERG", "PANIC"};

enum class Severity { kNone, kHarmless, kHarmful };

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_part_of_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '/'; }
char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string lowered(std::string_view text) {
  std::string to(text);
  std::ranges::transform(to, to.begin(), lower);
  return to;
}

template <typename Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::ranges::find(words, word) != std::end(words);
}

// The severity that a word is: "INFO", and "info" where a logger marks it as one, as in "[info]" and "level=info".
Severity severity_of_word(std::string_view word, char before, char after) {
  std::string name(word);
  std::ranges::transform(name, name.begin(), upper);
  const bool marked = after == ']' || before == '=';
  if (name != word && !marked) return Severity::kNone;
  if (is_one_of(name, kHarmlessWords)) return Severity::kHarmless;
  return is_one_of(name, kHarmfulWords) ? Severity::kHarmful : Severity::kNone;
}

// The first severity named decides: "ERROR [session INFO-7] ..." is an error.
Severity severity_in(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (!is_letter(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    const char before = at == 0 ? ' ' : text[at - 1];
    const char after = end == text.size() ? ' ' : text[end];
    if (!is_part_of_word(before) && !is_part_of_word(after)) {
      const Severity severity = severity_of_word(text.substr(at, end - at), before, after);
      if (severity != Severity::kNone) return severity;
    }
    at = end;
  }
  return Severity::kNone;
}

// The text ends with a quotation mark that opens: a closing one follows what it closes.
bool ends_with_opening_mark(std::string_view text) {
  if (text.empty() || (text.back() != '"' && text.back() != '\'' && text.back() != '`')) return false;
  const char before = text.size() > 1 ? text[text.size() - 2] : ' ';
  return !is_part_of_word(before) && before != ')' && before != ']' && before != '>';
}

// The quotation marks of a line; one that is escaped belongs to what another pair holds.
ptrdiff_t quotation_marks(std::string_view text) {
  ptrdiff_t marks = 0;
  for (size_t i = 0; i < text.size(); ++i) marks += text[i] == '"' && (i == 0 || text[i - 1] != '\\') ? 1 : 0;
  return marks;
}

// In a line of keys and values what an error says is a value: level=error err="write ...: no space left on device".
bool is_value_of_error(std::string_view line, std::string_view before) {
  const size_t mark = before.rfind('"');
  const bool value = mark != std::string_view::npos && mark > 0 && before[mark - 1] == '=';
  return value && quotation_marks(before) % 2 == 1 && severity_in(line) == Severity::kHarmful;
}

bool names_harmless_severity(std::string_view pattern) {
  return std::ranges::any_of(kHarmlessWords, [&](std::string_view word) { return pattern.find(word) != pattern.npos; });
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }
bool is_indented(std::string_view line) { return line.starts_with("    ") || line.starts_with('\t'); }

// "commit 4a1f0c2d9e", followed by its author.
bool is_commit(const std::vector<std::string_view>& lines, size_t index) {
  constexpr std::string_view kWord = "commit ";
  constexpr size_t kDigitsMin = 7;
  constexpr size_t kAuthorWithin = 3;
  if (!lines[index].starts_with(kWord)) return false;
  const std::string_view rest = lines[index].substr(kWord.size());
  if (std::min(rest.find_first_not_of("0123456789abcdef"), rest.size()) < kDigitsMin) return false;
  for (size_t i = index + 1; i < lines.size() && i <= index + kAuthorWithin; ++i) {
    if (lines[i].starts_with("Author: ")) return true;
  }
  return false;
}

// "4a1f0c2 Mend the book": of a history with a line for each commit.
bool begins_with_hash(std::string_view line) {
  constexpr size_t kDigitsMin = 7;
  const size_t end = std::min(line.find_first_not_of("0123456789abcdef"), line.size());
  return end >= kDigitsMin && end + 1 < line.size() && line[end] == ' ' && is_letter(line[end + 1]);
}

bool is_commit_header(std::string_view line) {
  constexpr std::string_view kHeaders[] = {"commit ", "Author", "Date", "Merge:", "Commit"};
  return std::ranges::any_of(kHeaders, [&](std::string_view header) { return line.starts_with(header); });
}

// The text begins with a heading: "# Troubleshooting", and a blank line below it.
bool is_document(const std::vector<std::string_view>& lines) {
  const auto first = std::ranges::find_if(lines, [](std::string_view line) { return !is_blank(line); });
  if (first == lines.end() || std::next(first) == lines.end()) return false;
  const std::string_view title = first->substr(std::min(first->find_first_not_of('#'), first->size()));
  return first->starts_with('#') && title.size() > 1 && title[0] == ' ' && is_letter(title[1]) &&
         is_blank(*std::next(first));
}

// A sentence that announces an example.
bool announces_example(std::string_view line) {
  constexpr std::string_view kWords[] = {" such as", "or example", "e.g.", " looks like", " look like"};
  return line.starts_with("If ") || line.starts_with("When ") || line.starts_with("Whenever ") ||
         std::ranges::any_of(kWords, [&](std::string_view word) { return line.find(word) != line.npos; });
}

}  // namespace

bool is_talk(std::string_view line, size_t begin) {
  std::string_view before = line.substr(0, begin);
  while (!before.empty() && (before.back() == '=' || is_digit(before.back()))) before.remove_suffix(1);
  if (!is_value_of_error(line, before)) {
    if (ends_with_opening_mark(before)) return true;
    if (quotation_marks(before) % 2 == 1) return true;
  }
  return severity_in(before) == Severity::kHarmless;
}

bool is_talk(std::string_view line, const TextMatch& match, std::string_view pattern) {
  if (is_talk(line, match.begin)) return true;
  const std::string_view upto = line.substr(0, match.end);
  const bool quotes = pattern.find('"') == std::string_view::npos && quotation_marks(upto) % 2 == 1;
  if (quotes && !is_value_of_error(line, upto)) return true;
  return !names_harmless_severity(pattern) && severity_in(upto) == Severity::kHarmless;
}

bool is_denied(std::string_view line, size_t begin) {
  constexpr std::string_view kBefore[] = {"no ", "not ", "0 ", "without ", "never ", "any ", "if ", "for "};
  constexpr std::string_view kAnywhere[] = {
      "handler for", "handler install", "handlers",  " means ",  "such as ",   " expect",    "previous ",
      "last run",    "yesterday",       " passed",   "passed ",  "       ok ", "... ok",     "[ run ",
      "building ",   "compiling ",      "installed", "would ",   "recovered",  "recovering", "ignored",
      "caught: ",    "no longer",       "=warn",     "no crash", " [-w",       "warning: ",  "started ",
      "starting ",   "listening on ",   "enabled"};
  const std::string_view trimmed = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  if (trimmed.starts_with('|') || trimmed.starts_with('-') || trimmed.starts_with("SIG"))
    return true;                                            // a table, a list of options or signals
  if (begin > 0 && line[begin - 1] == '=') return true;     // a setting
  while (begin > 0 && is_letter(line[begin - 1])) --begin;  // a wording may leave out a first letter
  const std::string text = lowered(line);
  const std::string_view before = std::string_view(text).substr(0, std::min(begin, text.size()));
  for (const std::string_view word : kBefore) {
    if (before == word) return true;
    if (before.size() > word.size() && before.ends_with(word) &&
        !is_part_of_word(before[before.size() - word.size() - 1])) {
      return true;
    }
  }
  return std::ranges::any_of(kAnywhere, [&](std::string_view word) { return text.find(word) != text.npos; });
}

bool is_mended(std::string_view line) {
  constexpr std::string_view kWords[] = {"retried, ok", "retry succeeded", "retried successfully",
                                         "will retry",  "retrying",        "reconnecting",
                                         "recovered",   "ignoring",        "ignored"};
  const std::string text = lowered(line);
  return std::ranges::any_of(kWords, [&](std::string_view word) { return text.find(word) != text.npos; });
}

std::vector<bool> quoted_lines(const std::vector<std::string_view>& lines) {
  std::vector<bool> quoted(lines.size());
  const bool document = is_document(lines);
  bool commit = false;
  bool example = false;
  std::string_view sentence;  // the last line that stands at the margin
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    commit = is_commit(lines, i) || (commit && (is_blank(line) || is_indented(line) || is_commit_header(line)));
    const bool after_blank = i > 0 && is_blank(lines[i - 1]);
    example = is_indented(line) && (example || (after_blank && (document || announces_example(sentence))));
    const bool history = begins_with_hash(line) && ((i > 0 && begins_with_hash(lines[i - 1])) ||
                                                    (i + 1 < lines.size() && begins_with_hash(lines[i + 1])));
    quoted[i] = history || line.starts_with("> ") || example || (commit && is_indented(line));
    if (!is_blank(line) && !is_indented(line)) sentence = line;
  }
  return quoted;
}

std::optional<size_t> orderly_end(const std::vector<std::string_view>& lines) {
  constexpr std::string_view kWords[] = {"clean shutdown",
                                         "shutdown complete",
                                         "shut down cleanly",
                                         "shutting down cleanly",
                                         "exit status 0",
                                         "exiting with status 0",
                                         "exited with status 0",
                                         "exit code 0",
                                         "exited with code 0",
                                         "exiting with code 0",
                                         "stopped cleanly",
                                         "exited normally",
                                         "exited cleanly",
                                         "completed successfully",
                                         "finished successfully",
                                         "shut down in order",
                                         "graceful shutdown complete",
                                         "status=0/success"};
  for (size_t i = lines.size(); i > 0; --i) {
    const std::string text = lowered(lines[i - 1]);
    for (const std::string_view word : kWords) {
      const size_t at = text.find(word);
      if (at == std::string::npos || quotation_marks(text.substr(0, at)) % 2 == 1) continue;
      const bool whole =
          at + word.size() == text.size() || !is_part_of_word(text[at + word.size()]) || text[at + word.size()] == '.';
      const std::string_view before = std::string_view(text).substr(0, at);
      if (whole && !before.ends_with("no ") && !before.ends_with("not ") && !before.ends_with("without ")) return i - 1;
    }
  }
  return std::nullopt;
}

}  // namespace crashwright::rca
