// Who holds the data folder, as its holder wrote it into the lock file; what has become of that process.
//
// The process is named by its id and the time at which it began, so that another one with the same id is not taken for
// it, and by its namespace of ids: of a holder in another one nothing can be said.
// Threads: pure functions over a descriptor and /proc. Signal context: no.
// Errors:  none: what cannot be read is unknown. A note that cannot be written leaves the holder unknown to the next.
// Format:  "PID BEGAN NAMESPACE\n": id, clock ticks from the boot to the start, inode of /proc/self/ns/pid.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace crashwright::mock_engine {

struct LockHolder {
  pid_t pid = 0;
  uint64_t began_ticks = 0;
  uint64_t pid_namespace = 0;
};

enum class HolderLife : uint8_t {
  kUnknown,  // lives in another namespace of process ids, or cannot be looked up
  kLiving,
  kDying,  // killed and not yet ended, ending, waiting to be reaped, or gone
};

// The process `pid` as the note names it; none when there is no such process.
[[nodiscard]] std::optional<LockHolder> holder_of(pid_t pid);

[[nodiscard]] std::optional<LockHolder> read_lock_holder(int fd);
void write_lock_holder(int fd, const LockHolder& holder);

[[nodiscard]] HolderLife life_of(const LockHolder& holder);

}  // namespace crashwright::mock_engine
