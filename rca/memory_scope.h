// Whose memory ran out: of a control group, of one above it, or of the whole machine, by what the kernel wrote of it.
//
// Lines of the kernel's log ("oom-kill:constraint=...", and the forms before 5.0), of systemd-oomd, and the event files
// of a control group (version 1: memory.oom_control and memory.failcnt, version 2: memory.events).
// Threads: any. Signal context: no. Errors: nothing where no scope can be told.
// Source:  mm/oom_kill.c and mm/memcontrol.c of Linux, Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crashwright::rca {

// Words of a report, and of the signature of an OOM.
inline constexpr std::string_view kScopeProcess = "process";  // its own limit, or an allocation that was refused
inline constexpr std::string_view kScopeCgroup = "cgroup";
inline constexpr std::string_view kScopeAncestor = "ancestor cgroup";
inline constexpr std::string_view kScopeHost = "host";
inline constexpr std::string_view kScopeNodes = "memory nodes";  // of a cpuset or a memory policy

struct MemoryScope {
  std::string scope;
  std::string where;    // "line 17", or the file
  std::string excerpt;  // one line
};

[[nodiscard]] std::optional<MemoryScope> scope_in_lines(const std::vector<std::string_view>& lines);

// The files of one control group, as text; empty for one that is not there.
struct CgroupFiles {
  std::string folder;
  std::string events;        // version 2: memory.events
  std::string local_events;  // version 2: memory.events.local
  std::string oom_control;   // version 1: memory.oom_control
  std::string failures;      // version 1: memory.failcnt
};

// Nothing when no process of the group was killed for want of memory. A kill without an excess of the group's own is
// the doing of a limit above it, or of the machine.
[[nodiscard]] std::optional<MemoryScope> scope_in_cgroup(const CgroupFiles& files);

}  // namespace crashwright::rca
