#include "rca/memory_scope.h"

#include <algorithm>
#include <charconv>

namespace crashwright::rca {
namespace {

// The word behind `key`, up to one of the characters in `ends`.
std::string_view word_after(std::string_view line, std::string_view key, std::string_view ends) {
  const size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(ends));
}

std::string_view scope_of_groups(std::string_view limit, std::string_view task) {
  return limit == task ? kScopeCgroup : kScopeAncestor;
}

struct Match {
  std::string_view scope;
  int rank = 0;  // how much the line knows
};

Match scope_in_line(std::string_view line) {
  if (line.find('"') != std::string_view::npos) return {};  // someone quotes
  if (const std::string_view constraint = word_after(line, "oom-kill:constraint=", ", \r"); !constraint.empty()) {
    if (constraint == "CONSTRAINT_NONE") return {kScopeHost, 3};
    if (constraint != "CONSTRAINT_MEMCG") return {kScopeNodes, 3};
    return {scope_of_groups(word_after(line, "oom_memcg=", ",\r"), word_after(line, "task_memcg=", ",\r")), 3};
  }
  if (const std::string_view limit = word_after(line, " killed as a result of limit of ", " \r"); !limit.empty()) {
    return {scope_of_groups(limit, word_after(line, "Task in ", " ")), 3};
  }
  if (const std::string_view limit = word_after(line, " due to memory pressure for ", " \r"); !limit.empty()) {
    return {scope_of_groups(limit, word_after(line, "Killed ", " ")), 2};
  }
  if (line.find("Memory cgroup out of memory: Kill") != std::string_view::npos) return {kScopeCgroup, 1};
  if (line.find("Out of memory: Kill") != std::string_view::npos) return {kScopeHost, 1};
  return {};
}

// The number behind a key at the beginning of a line, 0 for none.
uint64_t counter(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ') {
      uint64_t value = 0;
      std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value);
      return value;
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return 0;
}

}  // namespace

std::optional<MemoryScope> scope_in_lines(const std::vector<std::string_view>& lines) {
  std::optional<MemoryScope> found;
  int rank = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const Match match = scope_in_line(lines[i]);
    if (match.rank <= rank) continue;
    rank = match.rank;
    found = MemoryScope{std::string(match.scope), "line " + std::to_string(i + 1), std::string(lines[i])};
  }
  return found;
}

std::optional<MemoryScope> scope_in_cgroup(const CgroupFiles& files) {
  MemoryScope scope;
  uint64_t kills = 0;
  uint64_t excesses = 0;
  if (!files.events.empty() || !files.local_events.empty()) {
    const std::string& text = files.local_events.empty() ? files.events : files.local_events;
    scope.where = files.folder + (files.local_events.empty() ? "/memory.events" : "/memory.events.local");
    kills = counter(text, "oom_kill");
    excesses = counter(text, "oom");
  } else {
    scope.where = files.folder + "/memory.oom_control";
    kills = counter(files.oom_control, "oom_kill");
    std::from_chars(files.failures.data(), files.failures.data() + files.failures.size(), excesses);
  }
  if (kills == 0) return std::nullopt;
  scope.scope = excesses > 0 ? kScopeCgroup : kScopeAncestor;
  scope.excerpt = "oom_kill counts " + std::to_string(kills) + ", the group's own limit was exceeded " +
                  std::to_string(excesses) + " times";
  return scope;
}

}  // namespace crashwright::rca
