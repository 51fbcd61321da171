// Can the storage layer tell a safe program from an unsafe one on this machine? Tiny writers answer, through write,
// mmap, io_uring, rename and directory entries: what a safe one finished is in every image that a power loss may leave,
// what an unsafe one did is missing from some.
//
// Threads: any, each on folders of its own. Errors: kEnvironment when the layer cannot be had here, kInternal naming
// the writer that was taken for the other kind; then no verdict about storage may be given.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "harness/storage/operation_list.h"

namespace crashwright::harness {

struct CanaryWriter {
  std::string name;  // also of its folder; the file in it that counts is "file"
  bool safe = false;
  Status (*run)(const std::string& folder) = nullptr;
};

[[nodiscard]] const std::vector<CanaryWriter>& canary_writers();

// What a power loss under strict POSIX would leave of `writer` after the recorded `operations`.
struct CanaryFinding {
  bool kept_always = true;
  bool kept_ever = false;
};
[[nodiscard]] CanaryFinding judge_canary(const CanaryWriter& writer, const OperationList& operations);

// Mounts in the empty folder `scratch`, runs all writers and judges them; takes some 50 ms.
[[nodiscard]] Status run_storage_canary(const std::string& scratch);

}  // namespace crashwright::harness
