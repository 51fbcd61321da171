#include <iterator>

#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

namespace {

const FaultKind kKinds[] = {
    {.name = "bad_alloc",
     .family = "resources",
     .action = FaultAction::kBadAlloc,
     .doc = "allocates until an address-space limit refuses and std::bad_alloc ends the process",
     .example = "bad_alloc: {at: book.apply, hit: 500, headroom: 16MiB}",
     .stands_for = "a leak, or a message that asks for too much",
     .evidence = "std::bad_alloc in the crash record, the limit in the facts; asan: allocation-size-too-big",
     .reveals = "none: every bug it could reveal shows with uncaught_exception",
     .parameters = {"headroom"},
     .causes_release = {"OOM"},
     .causes_asan = {"OOM"}},
    {.name = "cgroup_oom",
     .family = "resources",
     .action = FaultAction::kCgroupOom,
     .doc = "allocates until the kernel kills the process at the limit of its memory cgroup",
     .example = "cgroup_oom: {at: book.apply, hit: 500, limit: 192MiB}",
     .stands_for = "a container that is too small",
     .evidence = "SIGKILL, and the oom_kill count of the cgroup",
     .reveals = "none: nothing of the engine runs at such a death; the autopsy of the tutorial says OOM of "
                "every SIGKILL and is right here only",
     .parameters = {"limit"},
     .causes_release = {"OOM"},
     .needs = {"cgroup_memory"}},
    {.name = "descriptor_exhaustion",
     .family = "resources",
     .action = FaultAction::kDescriptorExhaustion,
     .doc = "opens files until the kernel refuses another; they stay open",
     .example = "descriptor_exhaustion: {at: orders.apply, hit: 10}",
     .stands_for = "a leak of sockets",
     .evidence = "EMFILE, seen by the thread",
     .reveals = "handler_opens_its_record_late",
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
    {.name = "thread_exhaustion",
     .family = "resources",
     .action = FaultAction::kThreadExhaustion,
     .doc = "asks for a thread that the kernel refuses",
     .example = "thread_exhaustion: {at: orders.apply, hit: 10}",
     .stands_for = "a pool that grows without limit",
     .evidence = "EAGAIN, seen by the thread",
     .reveals = "none: the engine makes no thread once it trades, so there is no code for a bug to sit in",
     .ends_process = false,
     .causes_release = {"NO_FAULT"}},
    {.name = "file_size_limit",
     .family = "resources",
     .action = FaultAction::kFileSizeLimit,
     .doc = "sets the limit of file sizes to zero: every write to a file fails with EFBIG",
     .example = "file_size_limit: {at: gateway.send_order, hit: 20}",
     .stands_for = "ulimit -f, a log that reached two gigabytes",
     .evidence = "EFBIG, seen by the thread; the engine stops by itself with exit status 4",
     .reveals = "none alone: audit_write_error_ignored shows with enospc too",
     .causes_release = {"IO_ERROR", "DISK_FULL", "UNEXPECTED_EXIT"}},
};

}  // namespace

std::vector<FaultKind> resource_fault_kinds() { return {std::begin(kKinds), std::end(kKinds)}; }

}  // namespace crashwright::harness
