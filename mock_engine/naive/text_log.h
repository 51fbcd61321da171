// The log of the common tutorial: entries of 256 bytes in a mapped file, filled with strncpy().
//
// What is wrong with it is its purpose here (docs/why.md): the count moves before the text is there, nothing says whose
// entry it is but its text, an entry has neither sequence nor checksum, and what is longer than 255 bytes is cut.
// Threads: any, through one mutex. Errors: without its file it logs nothing. Signal context: no.
// Format:  a count of 8 bytes, padded to 256, then entries of 256 bytes of text, padded with zeros.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crashwright::mock_engine::naive {

class TextLog {
 public:
  explicit TextLog(const std::string& path);
  ~TextLog();
  TextLog(const TextLog&) = delete;
  TextLog& operator=(const TextLog&) = delete;

  __attribute__((format(printf, 2, 3))) void log(const char* format, ...);

 private:
  char* mapping_ = nullptr;
};

// The text of all entries that the count covers.
[[nodiscard]] std::vector<std::string> read_text_log(const std::string& path);

}  // namespace crashwright::mock_engine::naive
