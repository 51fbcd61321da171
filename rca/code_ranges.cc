#include "rca/code_ranges.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace crashwright::rca {
namespace {

constexpr size_t kCallBytesMax = 7;

std::string_view take_word(std::string_view& line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const size_t end = std::min(line.find(' ', begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

bool parse_hex(std::string_view text, uint64_t& value) {
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return trouble == std::errc() && end == text.data() + text.size();
}

// "7f00-7f10 r-xp 00001000 fe:00 123   /usr/lib/x.so"
bool parse_line(std::string_view line, FileMapping& mapping) {
  const std::string_view range = take_word(line);
  const std::string_view permissions = take_word(line);
  const std::string_view offset = take_word(line);
  take_word(line);  // device
  take_word(line);  // inode
  const size_t path = line.find_first_not_of(' ');
  const size_t dash = range.find('-');
  if (path == std::string_view::npos || line[path] != '/' || dash == std::string_view::npos) return false;
  mapping.path = line.substr(path);
  mapping.executable = permissions.find('x') != std::string_view::npos;
  return parse_hex(range.substr(0, dash), mapping.begin) && parse_hex(range.substr(dash + 1), mapping.end) &&
         parse_hex(offset, mapping.offset);
}

}  // namespace

std::vector<FileMapping> parse_file_mappings(std::string_view text) {
  std::vector<FileMapping> mappings;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    FileMapping mapping;
    if (parse_line(text.substr(0, end), mapping)) mappings.push_back(std::move(mapping));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return mappings;
}

bool CodeRanges::follows_call(uint64_t address) const {
  for (const FileMapping& mapping : mappings_) {
    if (!mapping.executable || address < mapping.begin + kCallBytesMax || address > mapping.end) continue;
    UniqueFd& file = files_[mapping.path];
    if (!file) file.reset(::open(mapping.path.c_str(), O_RDONLY | O_CLOEXEC));
    uint8_t bytes[kCallBytesMax];
    const uint64_t at = address - mapping.begin + mapping.offset - kCallBytesMax;
    if (!file || ::pread(file.get(), bytes, sizeof bytes, static_cast<off_t>(at)) != sizeof bytes) return false;
    if (bytes[kCallBytesMax - 5] == 0xe8) return true;
    for (size_t length = 2; length <= kCallBytesMax; ++length) {
      const uint8_t* const call = bytes + kCallBytesMax - length;
      if (call[0] == 0xff && (call[1] & 0x38) == 0x10) return true;
    }
    return false;
  }
  return false;
}

}  // namespace crashwright::rca
