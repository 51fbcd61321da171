#include "harness/runner/proc_info.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"

namespace crashwright::harness {
namespace {

// The n-th blank-separated field of `text`, counting from 0.
std::string_view field(std::string_view text, size_t n) {
  size_t begin = 0;
  for (; n > 0 && begin != std::string_view::npos; --n) {
    begin = text.find(' ', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find(' ', begin) - begin);
}

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

bool has_entry(const std::string& environment, std::string_view mark) {
  size_t at = 0;
  while (at < environment.size()) {
    const size_t end = std::min(environment.find('\0', at), environment.size());
    if (std::string_view(environment).substr(at, end - at) == mark) return true;
    at = end + 1;
  }
  return false;
}

// mountinfo writes blank, tab, newline and backslash as \ooo.
std::string unescape_octal(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open || close + 2 >= text.size()) {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(close + 2);
  const auto pid = to_number<int32_t>(text);
  // Field 22 of the file, the 20th after the name (proc(5)).
  const auto start_time = to_number<uint64_t>(field(rest, 19));
  if (!pid || !start_time || rest.empty()) return std::nullopt;
  return ProcessStat{*pid, std::string(text.substr(open + 1, close - open - 1)), rest[0], *start_time};
}

std::optional<ProcessStat> read_process_stat(int32_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat");
  return text ? parse_process_stat(*text) : std::nullopt;
}

std::vector<ProcessStat> find_marked_processes(std::string_view mark) {
  std::vector<ProcessStat> found;
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* const entry = ::readdir(folder)) {
    const auto pid = to_number<int32_t>(std::string_view(entry->d_name));
    if (!pid) continue;
    const auto environment = read_file("/proc/" + std::to_string(*pid) + "/environ");
    if (!environment || !has_entry(*environment, mark)) continue;
    const auto stat = read_process_stat(*pid);
    if (stat && stat->state != 'Z' && stat->state != 'X') found.push_back(*stat);
  }
  ::closedir(folder);
  return found;
}

std::vector<std::string> mounts_below(const std::string& folder) {
  std::vector<std::string> mounts;
  const auto text = read_file("/proc/self/mountinfo");
  if (!text) return mounts;
  size_t at = 0;
  while (at < text->size()) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string point = unescape_octal(field(std::string_view(*text).substr(at, end - at), 4));
    if (point == folder || point.starts_with(folder + "/")) mounts.push_back(point);
    at = end + 1;
  }
  std::reverse(mounts.begin(), mounts.end());
  return mounts;
}

std::string boot_id() {
  auto text = read_file("/proc/sys/kernel/random/boot_id");
  if (!text) return {};
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

}  // namespace crashwright::harness
