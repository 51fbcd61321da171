#include "harness/runner/memory_map.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/file.h"

namespace crashwright::harness {
namespace {

bool parse_head(const std::string& line, Mapping& mapping) {
  unsigned long long begin = 0;
  unsigned long long end = 0;
  unsigned long long offset = 0;
  unsigned long long inode = 0;
  char permissions[5] = {};
  int path_at = 0;
  if (std::sscanf(line.c_str(), "%llx-%llx %4s %llx %*s %llu %n", &begin, &end, permissions, &offset, &inode,
                  &path_at) != 5) {
    return false;
  }
  mapping.begin = begin;
  mapping.end = end;
  mapping.file_offset = offset;
  mapping.inode = inode;
  mapping.readable = permissions[0] == 'r';
  mapping.writable = permissions[1] == 'w';
  mapping.executable = permissions[2] == 'x';
  mapping.shared = permissions[3] == 's';
  if (path_at > 0 && static_cast<size_t>(path_at) < line.size()) mapping.path = line.substr(path_at);
  return true;
}

void parse_detail(const std::string& line, Mapping& mapping) {
  const size_t colon = line.find(':');
  if (colon == std::string::npos) return;
  const std::string key = line.substr(0, colon);
  const std::string value = line.substr(colon + 1);
  const auto bytes = [&value] { return std::strtoull(value.c_str(), nullptr, 10) * 1024; };
  if (key == "Rss") mapping.resident_bytes = bytes();
  if (key == "Anonymous") mapping.anonymous_bytes += bytes();
  if (key == "Private_Hugetlb") mapping.anonymous_bytes += bytes();
  if (key == "Swap") mapping.swap_bytes = bytes();
  if (key != "VmFlags") return;
  const std::string flags = " " + value + " ";
  mapping.do_not_dump = flags.find(" dd ") != std::string::npos || flags.find(" io ") != std::string::npos;
}

}  // namespace

Result<std::vector<Mapping>> read_memory_map(int32_t pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/smaps");
  if (!text) return tl::unexpected(text.error());
  return parse_memory_map(*text);
}

std::vector<Mapping> parse_memory_map(std::string_view smaps) {
  std::vector<Mapping> mappings;
  while (!smaps.empty()) {
    const size_t end = std::min(smaps.find('\n'), smaps.size());
    const std::string line(smaps.substr(0, end));
    smaps.remove_prefix(std::min(end + 1, smaps.size()));
    Mapping mapping;
    if (parse_head(line, mapping)) {
      mappings.push_back(mapping);
    } else if (!mappings.empty()) {
      parse_detail(line, mappings.back());
    }
  }
  return mappings;
}

bool Mapping::nameless() const { return inode == 0 || path.ends_with(" (deleted)"); }

bool belongs_in_core(const Mapping& mapping) {
  if (!mapping.readable || mapping.do_not_dump) return false;
  if (mapping.path == "[vvar]" || mapping.path == "[vvar_vclock]" || mapping.path == "[vsyscall]") return false;
  if (mapping.path == "[vdso]") return true;
  if (mapping.shared) return mapping.nameless();
  return mapping.anonymous_bytes > 0 || mapping.swap_bytes > 0;
}

}  // namespace crashwright::harness
