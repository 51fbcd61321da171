#include "rca/text_lines.h"

#include <algorithm>
#include <optional>
#include <string>

#include "rca/text_talk.h"

namespace crashwright::rca {
namespace {

constexpr char kEscape = '\x1b';
constexpr size_t kTagMax = 64;  // bytes of a host's, a program's or a container's name

// Words of a logger that are no host and no program.
constexpr std::string_view kSeverities[] = {"TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL",
                                            "trace", "debug", "info", "notice", "warn", "warning", "error", "fatal"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string without_colours(std::string_view line) {
  std::string plain;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] != kEscape) {
      plain += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '[') {
      for (i += 2; i < line.size() && !is_letter(line[i]);) ++i;
    }
  }
  return plain;
}

// The text of a JSON string that begins at `at`, up to its closing quotation mark.
std::string unescaped(std::string_view json, size_t at) {
  std::string text;
  for (; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] != '\\' || at + 1 == json.size()) {
      text += json[at];
      continue;
    }
    const char c = json[++at];
    text += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'u' ? '?' : c;
    if (c == 'u') at = std::min(at + 4, json.size() - 1);
  }
  return text;
}

std::optional<std::string> value_of(std::string_view json, std::string_view key) {
  for (const std::string_view colon : {"\":\"", "\": \"", "\" : \""}) {
    const std::string start = "\"" + std::string(key) + std::string(colon);
    if (const size_t at = json.find(start); at != std::string_view::npos) return unescaped(json, at + start.size());
  }
  return std::nullopt;
}

// A message of a logger that says it is an error, by a word or as pino does by a number.
bool is_json_of_error(std::string_view line) {
  constexpr std::string_view kErrors[] = {"fatal",    "FATAL",    "error",    "ERROR", "panic",
                                          "critical", "CRITICAL", "dpanic",   "alert", "EMERGENCY",
                                          "SEVERE",   "crit",     "Critical", "Fatal", "Error"};
  for (const std::string_view key : {"level", "severity", "levelname", "log.level", "@l", "lvl"}) {
    if (const auto level = value_of(line, key); level) return std::ranges::find(kErrors, *level) != std::end(kErrors);
  }
  if (const auto letter = value_of(line, "s"); letter) return *letter == "F" || *letter == "E";  // MongoDB
  return line.find("\"level\":50") != std::string_view::npos || line.find("\"level\":60") != std::string_view::npos;
}

// Output of a program that a container or the journal wrapped; a message of a logger only when it says it is fatal.
std::optional<std::string> output_in_json(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] != '{') return std::nullopt;
  for (const std::string_view key : {"log", "MESSAGE"}) {
    if (auto output = value_of(line, key); output) return output;
  }
  if (!is_json_of_error(line)) return std::nullopt;
  std::string said;
  for (const std::string_view key : {"msg", "message", "error", "err", "exception", "reason", "stack", "stacktrace"}) {
    if (const auto output = value_of(line, key); output && !output->empty()) said += *output + "\n";
  }
  return said.empty() ? std::nullopt : std::optional(said);
}

// Takes pieces off the front of a line.
class Prefix {
 public:
  explicit Prefix(std::string_view line) : line_(line) {}

  [[nodiscard]] size_t taken() const { return at_; }

  // '9' stands for a digit, 'a' for a letter, anything else for itself. Nothing is taken when it does not fit.
  bool take(std::string_view form) {
    if (line_.size() - at_ < form.size()) return false;
    for (size_t i = 0; i < form.size(); ++i) {
      const char c = line_[at_ + i];
      const bool fits = form[i] == '9' ? is_digit(c) : form[i] == 'a' ? is_letter(c) : c == form[i];
      if (!fits) return false;
    }
    at_ += form.size();
    return true;
  }
  void skip(std::string_view characters) {
    while (at_ < line_.size() && characters.find(line_[at_]) != std::string_view::npos) ++at_;
  }

  // "2026-02-11T08:00:01.100Z ", "[Wed Feb 11 08:00:01 2026] ", "Feb 11 08:00:01 ", "08:00:01.1 ", "[ 8812.401233] "
  bool take_time() {
    const size_t start = at_;
    const bool bracket = take("[");
    if (bracket) skip(" ");
    if (take("aaa aaa ")) {
      skip(" 0123456789:");
    } else if (take("9999-99-99") || take("9999/99/99") || take("aaa 99 ") || take("aaa  9 ")) {
      skip("T ");
      if (!take("99:99:99")) return give_back(start);
    } else if (!take("99:99:99") && !(bracket && take_seconds())) {
      return give_back(start);
    }
    skip(".,0123456789");
    if (!take("Z") && (take("+") || take("-"))) skip("0123456789:");
    if (bracket && !take("]")) return give_back(start);
    return take(" ") || give_back(start);
  }

  // "host engine[7]: ", "kernel: ", "engine: " behind a time; "stderr F " of a container.
  void take_origin() {
    if (take("stderr F ") || take("stdout F ") || take("stderr P ") || take("stdout P ")) return;
    for (int words = 0; words < 2; ++words) {
      size_t end = at_;
      while (end < line_.size() && end - at_ < kTagMax && is_of_tag(line_[end])) ++end;
      if (is_severity(line_.substr(at_, end - at_))) return;
      const bool tag = end > at_ && line_.substr(end).starts_with(": ");
      const bool host = words == 0 && end > at_ && line_.substr(end).starts_with(" ") && is_tag(line_.substr(end + 1));
      if (tag) at_ = end + 2;
      if (!host) return;
      at_ = end + 1;
    }
  }

  // "quoter-1  | ": of a container among several; "17: ": of a test runner.
  bool take_runner() {
    const size_t start = at_;
    skip("0123456789");
    if (at_ > start && take(": ")) return true;
    at_ = start;
    while (at_ < line_.size() && at_ - start < kTagMax && is_of_tag(line_[at_])) ++at_;
    const bool named = at_ > start;
    skip(" ");
    return (named && take("| ")) || give_back(start);
  }

 private:
  bool give_back(size_t to) {
    at_ = to;
    return false;
  }
  bool take_seconds() {
    const size_t start = at_;
    skip("0123456789");
    return at_ > start && at_ < line_.size() && line_[at_] == '.';
  }
  static bool is_of_tag(char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_./@[]()").find(c) != std::string_view::npos;
  }
  static bool is_severity(std::string_view word) {
    if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
    return std::ranges::find(kSeverities, word) != std::end(kSeverities);
  }
  // "engine[7]: ..." or "kernel: ..."
  static bool is_tag(std::string_view rest) {
    size_t end = 0;
    while (end < rest.size() && end < kTagMax && is_of_tag(rest[end])) ++end;
    return end > 0 && rest.substr(end).starts_with(": ");
  }

  std::string_view line_;
  size_t at_ = 0;
};

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

// Where the first line of a report begins, behind whatever carried it: at "==4411==ERROR: ", "panic: " and the like.
std::optional<size_t> begin_of_report(std::string_view line) {
  constexpr std::string_view kPids[] = {"==ERROR: ", "==WARNING: ", "==AddressSanitizer", "==LeakSanitizer"};
  for (const std::string_view header : kPids) {
    const size_t at = line.find(header);
    if (at == std::string_view::npos) continue;
    size_t begin = at;
    while (begin > 0 && is_digit(line[begin - 1])) --begin;
    if (begin >= 2 && begin < at && line.substr(begin - 2, 2) == "==") return begin - 2;
  }
  constexpr std::string_view kFirst[] = {"panic: ",
                                         "fatal error: ",
                                         "terminate called ",
                                         "Traceback (most recent call last):",
                                         "Exception in thread ",
                                         "thread '",
                                         "SUMMARY: ",
                                         "WARNING: ThreadSanitizer: ",
                                         "WARNING: MemorySanitizer: ",
                                         "Unhandled exception"};
  for (const std::string_view first : kFirst) {
    if (const size_t at = line.find(first); at != std::string_view::npos) return at;
  }
  const size_t message = line.find(": runtime error: ");
  const size_t blank = message == std::string_view::npos ? message : line.rfind(' ', message);
  return blank == std::string_view::npos ? std::nullopt : std::optional(blank + 1);
}

// The line begins like `prefix`, but for the digits of a time or of a number.
bool begins_like(std::string_view line, std::string_view prefix) {
  if (line.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (line[i] != prefix[i] && !(is_digit(line[i]) && is_digit(prefix[i]))) return false;
  }
  return true;
}

}  // namespace

size_t log_prefix(std::string_view line) {
  Prefix prefix(line);
  if (prefix.take("<9>") || prefix.take("<99>")) prefix.take("9 ");
  if (prefix.take_time()) {
    prefix.take_origin();
    prefix.take_time();  // the kernel's own, behind the journal's
  } else {
    prefix.take_runner();
  }
  return prefix.taken();
}

TextLines::TextLines(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    add(text.substr(0, std::min(end, kTextLineMax)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  drop_quotations();
  drop_common_prefixes();
}

void TextLines::drop_quotations() {
  const std::vector<bool> quoted = quoted_lines(whole_);
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i]) whole_[i] = bare_[i] = {};
  }
}

void TextLines::drop_common_prefixes() {
  for (size_t i = 0; i + 1 < bare_.size(); ++i) {
    const size_t end = begin_of_report(bare_[i]).value_or(0);
    const std::string_view prefix = bare_[i].substr(0, end);
    const bool carried = !is_blank(prefix) && (prefix.back() == ' ' || prefix.back() == '\t');
    if (!carried || is_talk(bare_[i], end) || !begins_like(bare_[i + 1], prefix)) continue;
    for (size_t k = i; k < bare_.size() && begins_like(bare_[k], prefix); ++k) bare_[k].remove_prefix(end);
  }
}

void TextLines::add(std::string_view line) {
  if (line.find(kEscape) != std::string_view::npos) line = rewritten_.emplace_back(without_colours(line));
  auto output = output_in_json(line);
  if (!output) return add_plain(line);
  std::string_view rest = rewritten_.emplace_back(std::move(*output));
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    add_plain(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  add_plain(rest);
}

void TextLines::add_plain(std::string_view line) {
  whole_.push_back(line);
  bare_.push_back(line.substr(log_prefix(line)));
}

}  // namespace crashwright::rca
