// The way to the storage layer on this machine: as we are, or in a user namespace of our own where the kernel lets an
// unprivileged process make one. The storage canary decides; without its word no verdict about storage is given.
//
// Threads: the main thread, before any other is started. Once a user namespace was entered the whole process stays in
// it: same user, but mounts that nobody else sees. Errors: kEnvironment with the remedy when there is no way, kInternal
// when the layer takes a canary for its opposite.
#pragma once

#include <string>

#include "base/result.h"

namespace crashwright::harness {

// `scratch`: an existing empty folder.
[[nodiscard]] Status gain_storage_layer(const std::string& scratch);

// So that the programs that this process starts may have mounts of their own. Only while no other thread runs: it may
// enter a user namespace. kEnvironment when there is no way.
[[nodiscard]] Status gain_private_mounts();

// A process that executes another program keeps the right to mount that a user namespace gave it. Async-signal-safe;
// without such a right it does nothing.
void keep_right_to_mount() noexcept;

}  // namespace crashwright::harness
