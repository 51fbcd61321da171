// Takes a mount away, busy or not, with the right to or without it.
//
// With privilege the kernel is asked. Without it fusermount3 may do it, for FUSE mounts that its user made, even when
// the program that served them is dead.
// Threads: any. Errors: kEnvironment with the remedy when neither may.
#pragma once

#include <string>

#include "base/result.h"

namespace crashwright::harness {

[[nodiscard]] Status detach_mount(const std::string& mount_point);

}  // namespace crashwright::harness
