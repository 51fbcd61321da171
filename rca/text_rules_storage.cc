// What programs and file systems print when memory, descriptors or space are refused, or a device is.
//
// Also the reason behind an assertion or an exception: these rules are tried on such a line, too.
#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMessage = EvidenceTier::kLibraryMessage;
constexpr TextDetail kErrno = TextDetail::kErrno;

// clang-format off
constexpr TextRule kRules[] = {
    // The numbers of errno, as Python, Node, Rust, Java and servers print them.
    {"[Errno ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"Os { code: ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"rrno=", "UNKNOWN", kMessage, 0.3, kErrno},
    {"rrno: ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"rrno ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"rrno = ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"rrcode: ", "UNKNOWN", kMessage, 0.3, kErrno},  // MySQL
    {"error number ", "UNKNOWN", kMessage, 0.3, kErrno},
    {"ENOSPC: ", "DISK_FULL", kMessage, 0.9},
    {"EDQUOT: ", "DISK_FULL", kMessage, 0.9},
    {"EIO: ", "IO_ERROR", kMessage, 0.9},
    {"EROFS: ", "IO_ERROR", kMessage, 0.8},
    {"EMFILE: ", "RESOURCE_LIMIT", kMessage, 0.9},
    {"ENFILE: ", "RESOURCE_LIMIT", kMessage, 0.9},
    {"ENOMEM: ", "OOM", kMessage, 0.9},
    // Space.
    {"o space left on device", "DISK_FULL", kMessage, 0.7},
    {"o space left on disk", "DISK_FULL", kMessage, 0.7},
    {"isk quota exceeded", "DISK_FULL", kMessage, 0.8},
    {"ut of disk space", "DISK_FULL", kMessage, 0.8},
    {"ENOSPC (", "DISK_FULL", kMessage, 0.9},  // strace
    {"EIO (", "IO_ERROR", kMessage, 0.9},
    {"ould not allocate space for object ", "DISK_FULL", kMessage, 0.9},  // SQL Server
    {"he transaction log for database * is full", "DISK_FULL", kMessage, 0.85},
    {"database or disk is full", "DISK_FULL", kMessage, 0.9},
    {"not enough space on the disk", "DISK_FULL", kMessage, 0.8},
    {"Disk is full writing ", "DISK_FULL", kMessage, 0.9},  // MySQL
    {": disk full", "DISK_FULL", kMessage, 0.8},
    {": Disk full", "DISK_FULL", kMessage, 0.8},
    {"^Disk full", "DISK_FULL", kMessage, 0.8},
    // Devices and file systems.
    {"metadata I/O error in ", "IO_ERROR", kVerdict, 0.9},  // XFS
    {"log I/O error", "IO_ERROR", kVerdict, 0.9},
    {"I/O Error Detected. Shutting down filesystem", "IO_ERROR", kVerdict, 0.95},
    {"Corruption of in-memory data * Shutting down filesystem", "IO_ERROR", kVerdict, 0.8},
    {"EXT4-fs error (device ", "IO_ERROR", kVerdict, 0.9},
    {"EXT4-fs (*): Remounting filesystem read-only", "IO_ERROR", kVerdict, 0.9},
    {"Aborting journal on device", "IO_ERROR", kVerdict, 0.9},
    {"BTRFS error (device ", "IO_ERROR", kVerdict, 0.8},
    {"BTRFS: error (device ", "IO_ERROR", kVerdict, 0.9},
    {"Sense Key : Medium Error", "IO_ERROR", kVerdict, 0.9},
    {"Unrecovered read error", "IO_ERROR", kVerdict, 0.9},
    {"critical target error, dev ", "IO_ERROR", kVerdict, 0.9},
    {"nvme *: I/O * timeout, ", "IO_ERROR", kVerdict, 0.7},
    {"ata~*: failed command: ", "IO_ERROR", kVerdict, 0.7},
    {"ncorrectable I/O failure", "IO_ERROR", kVerdict, 0.95},
    {"pool I/O is currently suspended", "IO_ERROR", kVerdict, 0.9},  // ZFS
    {"detected a controller error on ", "IO_ERROR", kVerdict, 0.9},  // Windows
    {", has a bad block", "IO_ERROR", kVerdict, 0.9},
    {"error was detected on device ", "IO_ERROR", kVerdict, 0.8},
    {"yclic redundancy check", "IO_ERROR", kMessage, 0.85},
    {"disk I/O error", "IO_ERROR", kMessage, 0.8},  // SQLite
    {"nput/output error", "IO_ERROR", kMessage, 0.7},
    {": I/O error", "IO_ERROR", kMessage, 0.6},
    {"ead-only file system", "IO_ERROR", kMessage, 0.7},
    {": File too large", "IO_ERROR", kMessage, 0.7},
    {"tructure needs cleaning", "IO_ERROR", kMessage, 0.8},
    {"tale file handle", "IO_ERROR", kMessage, 0.7},
    // Limits.
    {"oo many open files", "RESOURCE_LIMIT", kMessage, 0.8},
    {"ile size limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"ilesize limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"pu time limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"PU time limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"putime limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"zsh: cpu limit exceeded", "RESOURCE_LIMIT", kVerdict, 0.9},
    {"fork*: Resource temporarily unavailable", "RESOURCE_LIMIT", kMessage, 0.9},
    {"pthread_create*: Resource temporarily unavailable", "RESOURCE_LIMIT", kMessage, 0.9},
    {"pthread_create*EAGAIN", "RESOURCE_LIMIT", kMessage, 0.9},
    {"an't start new thread", "RESOURCE_LIMIT", kMessage, 0.9},  // Python
    {"cgroup: fork rejected by pids controller", "RESOURCE_LIMIT", kVerdict, 1},
    {"o many processes", "RESOURCE_LIMIT", kMessage, 0.7},
    // Memory.
    {"Killed process ~*total-vm:", "OOM", kVerdict, 1},
    {"invoked oom-killer:", "OOM", kVerdict, 1},
    {"ut of memory and no killable processes", "OOM", kVerdict, 1},
    {": page allocation failure", "OOM", kVerdict, 0.8},
    {"annot allocate memory", "OOM", kMessage, 0.8},
    {"annot allocate ~*bytes", "OOM", kMessage, 0.95},  // Erlang
    {"annot allocate vector of size ", "OOM", kMessage, 0.95},  // R
    {"ailed to allocate ~*byte", "OOM", kMessage, 0.85},
    {"ailed to allocate memory", "OOM", kMessage, 0.85},
    {"nable to allocate ~*for an array", "OOM", kMessage, 0.9},  // NumPy
    {"ould not allocate ~*byte", "OOM", kMessage, 0.85},
    {"memory exhausted", "OOM", kMessage, 0.75},
    {"ot enough memory", "OOM", kMessage, 0.75},
    {"nsufficient memory", "OOM", kMessage, 0.7},
    {": heap overflow (use ", "OOM", kMessage, 0.9},  // Haskell
    {"Array buffer allocation failed", "OOM", kMessage, 0.9},
    {"OutOfMemory", "OOM", kMessage, 0.9},
    {"OUT_OF_MEMORY", "OOM", kMessage, 0.9},
    {"^Out of memory", "OOM", kMessage, 0.85},
    {"^out of memory", "OOM", kMessage, 0.85},
    {": Out of memory", "OOM", kMessage, 0.85},
    {": out of memory", "OOM", kMessage, 0.85},
    {": Out Of Memory", "OOM", kMessage, 0.85},
    {"rror: *ut of memory", "OOM", kMessage, 0.75},
    {"RROR*ut of memory", "OOM", kMessage, 0.75},
    {"ATAL*ut of memory", "OOM", kMessage, 0.75},
    {"(Out of memory", "OOM", kMessage, 0.75},
    {"ut of memory!", "OOM", kMessage, 0.75},
    {"ut of Memory!", "OOM", kMessage, 0.75},
    {": Out of Memory", "OOM", kMessage, 0.85},
    {"ailed to expand heap by ", "OOM", kMessage, 0.85},
    {"over memory limit of ", "OOM", kVerdict, 0.9},
    {"emory limit *xceeded", "OOM", kVerdict, 0.8},
    {"xceeded *memory limit", "OOM", kVerdict, 0.85},
    {"xceeding *memory limit", "OOM", kVerdict, 0.85},
    {"xceeds *memory limit", "OOM", kVerdict, 0.85},
    // Time.
    {"xceeded *time limit", "TIMEOUT", kVerdict, 0.8},
    {"ime limit exceeded", "TIMEOUT", kVerdict, 0.8},
    {"no progress for ~", "TIMEOUT", kMessage, 0.85},
    {"appears to be hung", "TIMEOUT", kMessage, 0.85},
    {"timed out*illing", "TIMEOUT", kMessage, 0.8},
    {"imeout*illing", "TIMEOUT", kMessage, 0.8},
    {"unresponsive*illing", "TIMEOUT", kMessage, 0.8},
    {"emaphore wait has lasted > ", "TIMEOUT", kMessage, 0.9},  // InnoDB
};
// clang-format on

}  // namespace

std::span<const TextRule> storage_text_rules() noexcept { return kRules; }

}  // namespace crashwright::rca
