#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

namespace {

// A fault that the storage layer applies to an operation on the audit log, unless the scenario names another file.
FaultKind on_file(const char* name, FaultAction action, const char* doc, const char* example, const char* cause) {
  FaultKind kind;
  kind.name = name;
  kind.family = "storage";
  kind.action = action;
  kind.doc = doc;
  kind.example = example;
  kind.parameters = {"file"};
  kind.default_at = "audit.before_write";
  kind.default_file = "audit.log";
  kind.causes_release = {cause};
  kind.causes_asan = {cause};
  kind.needs = {"fuse"};
  return kind;
}

FaultKind power_loss_kind() {
  FaultKind kind;
  kind.name = "power_loss";
  kind.family = "storage";
  kind.action = FaultAction::kPowerLoss;
  kind.doc =
      "the machine loses power: what the storage profile does not guarantee is gone; wants "
      "`session: {durability: power_loss}`";
  kind.example = "power_loss: {at: gateway.after_send, hit: 30}";
  kind.parameters = {"lose"};
  kind.causes_release = {"KILLED_BY_HARNESS"};
  kind.causes_asan = {"KILLED_BY_HARNESS"};
  kind.needs = {"fuse"};
  return kind;
}

FaultKind bit_flip_kind() {
  FaultKind kind;
  kind.name = "bit_flip";
  kind.family = "storage";
  kind.doc = "flips one bit of a file after the faults before it ended the process, before the restart";
  kind.example = "bit_flip: {file: audit.log, offset: 50%}";
  kind.parameters = {"file", "offset"};
  kind.default_file = "audit.log";
  kind.ends_process = false;
  kind.causes_release = {"NO_FAULT"};
  kind.causes_asan = {"NO_FAULT"};
  return kind;
}

}  // namespace

std::vector<FaultKind> storage_fault_kinds() {
  FaultKind torn_write = on_file("torn_write", FaultAction::kTornWrite,
                                 "only the first bytes of the next write reach the file, then the process is killed",
                                 "torn_write: {file: audit.log, hit: 20, bytes: 512B}", "TORN_WRITE");
  torn_write.parameters = {"file", "bytes"};
  FaultKind short_write =
      on_file("short_write", FaultAction::kShortWrite, "the next write takes only its first bytes and says so",
              "short_write: {file: audit.log, hit: 20, bytes: 512B}", "NO_FAULT");
  short_write.parameters = {"file", "bytes"};
  short_write.ends_process = false;
  const FaultKind enospc = on_file("enospc", FaultAction::kEnospc, "the next write fails: no space left on device",
                                   "enospc: {file: audit.log, hit: 20}", "DISK_FULL");
  const FaultKind eio_fsync =
      on_file("eio_fsync", FaultAction::kEioFsync,
              "the next fsync fails with EIO, the data is gone, the fsync after that succeeds; wants "
              "`session: {durability: power_loss}`",
              "eio_fsync: {file: audit.log, hit: 20}", "IO_ERROR");
  return {torn_write, short_write, enospc, eio_fsync, power_loss_kind(), bit_flip_kind()};
}

}  // namespace crashwright::harness
