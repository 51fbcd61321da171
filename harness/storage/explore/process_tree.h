// The processes that descend from another one: found in /proc, and killed.
//
// Threads: any. Signal context: yes. Only system calls and the stack are used, so that a process that was forked from
// one with other threads may call this, too: there the heap can be locked by a thread that is gone.
// Errors: none; what is gone already has no children. A process that keeps forking is stopped before its children are
// looked for.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

namespace crashwright::harness {

// Children of `parent`, as many as there is room for, and how many these are; those that come behind `after` in the
// kernel's list, or the first ones where that is 0 or no child any more.
[[nodiscard]] size_t children_of(pid_t parent, pid_t after, std::span<pid_t> room) noexcept;

// Kills `root` and all that descends from it now. Whoever was their parent still has to wait for them.
void kill_tree(pid_t root) noexcept;
// The same without `root` itself.
void kill_below(pid_t root) noexcept;

}  // namespace crashwright::harness
