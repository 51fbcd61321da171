#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> storage_fault_kinds() {
  FaultKind torn_write;
  torn_write.name = "torn_write";
  torn_write.family = "storage";
  torn_write.action = FaultAction::kTornWrite;
  torn_write.doc = "only the first bytes of the next write reach the file, then the process is killed";
  torn_write.example = "torn_write: {file: audit.log, hit: 20, bytes: 512B}";
  torn_write.parameters = {"file", "bytes"};
  torn_write.default_at = "audit.before_write";
  torn_write.default_file = "audit.log";
  torn_write.causes_release = {"TORN_WRITE"};
  torn_write.causes_asan = {"TORN_WRITE"};
  torn_write.needs = {"fuse"};

  FaultKind short_write;
  short_write.name = "short_write";
  short_write.family = "storage";
  short_write.action = FaultAction::kShortWrite;
  short_write.doc = "the next write takes only its first bytes and says so";
  short_write.example = "short_write: {file: audit.log, hit: 20, bytes: 512B}";
  short_write.parameters = {"file", "bytes"};
  short_write.default_at = "audit.before_write";
  short_write.default_file = "audit.log";
  short_write.ends_process = false;
  short_write.causes_release = {"NO_FAULT"};
  short_write.causes_asan = {"NO_FAULT"};
  short_write.needs = {"fuse"};

  FaultKind enospc;
  enospc.name = "enospc";
  enospc.family = "storage";
  enospc.action = FaultAction::kEnospc;
  enospc.doc = "the next write fails: no space left on device";
  enospc.example = "enospc: {file: audit.log, hit: 20}";
  enospc.parameters = {"file"};
  enospc.default_at = "audit.before_write";
  enospc.default_file = "audit.log";
  enospc.causes_release = {"DISK_FULL"};
  enospc.causes_asan = {"DISK_FULL"};
  enospc.needs = {"fuse"};

  FaultKind eio_fsync;
  eio_fsync.name = "eio_fsync";
  eio_fsync.family = "storage";
  eio_fsync.action = FaultAction::kEioFsync;
  eio_fsync.doc = "the next fsync fails with EIO, the data is gone and the fsync after that succeeds";
  eio_fsync.example = "eio_fsync: {file: audit.log, hit: 20}";
  eio_fsync.parameters = {"file"};
  eio_fsync.default_at = "audit.before_write";
  eio_fsync.default_file = "audit.log";
  eio_fsync.causes_release = {"IO_ERROR"};
  eio_fsync.causes_asan = {"IO_ERROR"};
  eio_fsync.needs = {"fuse"};

  FaultKind power_loss;
  power_loss.name = "power_loss";
  power_loss.family = "storage";
  power_loss.action = FaultAction::kPowerLoss;
  power_loss.doc = "the machine loses power: what the storage profile does not guarantee is gone";
  power_loss.example = "power_loss: {at: gateway.after_send, hit: 30}";
  power_loss.causes_release = {"KILLED_BY_HARNESS"};
  power_loss.causes_asan = {"KILLED_BY_HARNESS"};
  power_loss.needs = {"fuse"};

  FaultKind bit_flip;
  bit_flip.name = "bit_flip";
  bit_flip.family = "storage";
  bit_flip.doc = "flips one bit of a file after the faults before it ended the process, before the restart";
  bit_flip.example = "bit_flip: {file: audit.log, offset: 50%}";
  bit_flip.parameters = {"file", "offset"};
  bit_flip.default_file = "audit.log";
  bit_flip.ends_process = false;
  bit_flip.causes_release = {"NO_FAULT"};
  bit_flip.causes_asan = {"NO_FAULT"};

  return {torn_write, short_write, enospc, eio_fsync, power_loss, bit_flip};
}

}  // namespace crashwright::harness
