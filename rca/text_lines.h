// The lines of a text, freed of what carried them: terminals' colours, containers' JSON, loggers' prefixes.
//
// A container writes {"log":"free(): invalid pointer\n","stream":"stderr",...}, the journal puts "Feb 11 08:00:01 host
// engine[7]: " in front, a test runner "17: ". Wordings and stacks are looked for in the line as it stands and, where
// it has such a prefix, behind it. A prefix of no known form, such as kubectl's "pod container ", is what the first
// line of a report has in common with the lines below it. What a document or a mail quotes (text_talk.h) is an empty
// line.
// Threads: any; views are valid as long as the object and the text. Signal context: no. Errors: none; any bytes.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace crashwright::rca {

inline constexpr size_t kTextLineMax = 8192;  // bytes of a line that are looked at

class TextLines {
 public:
  explicit TextLines(std::string_view text);

  // As they stand, without colours; of a line of JSON that carries a program's output, that output.
  [[nodiscard]] const std::vector<std::string_view>& whole() const { return whole_; }
  // The same without a logger's prefix; most have none and are the same. A severity is not taken for a prefix.
  [[nodiscard]] const std::vector<std::string_view>& bare() const { return bare_; }

 private:
  void add(std::string_view line);
  void add_plain(std::string_view line);
  void drop_quotations();
  void drop_common_prefixes();

  std::deque<std::string> rewritten_;
  std::vector<std::string_view> whole_;
  std::vector<std::string_view> bare_;
};

// Bytes at the beginning that a logger put there: time, host, program and process id, stream, name of a container.
[[nodiscard]] size_t log_prefix(std::string_view line);

}  // namespace crashwright::rca
