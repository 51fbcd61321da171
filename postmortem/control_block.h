// The control block: one shared mapping between the harness and the engine. The plan goes in, the witness comes out.
//
// The harness makes it (memfd), the engine inherits the descriptor (environment variable CRASHWRIGHT_CONTROL_FD) and
// maps it. It outlives any death of the engine, and is dumped to `control.bin` after each death.
// Layout:  fixed, plain old data, versioned; control_block_format.md. All integers little endian, all times
//          CLOCK_MONOTONIC nanoseconds, all strings zero-padded (base/bounded_string.h).
// Threads: every counter has one writer at a time or is atomic; any process may read at any moment.
// Signal context: reading and writing the mapped block yes; attach_control_block() no.
// Errors:  attach refuses another magic, version or size, and too many fault points; without the environment variable
//          there is no control block, which is no error: points stay dormant, witness stores go to a private page.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bounded_string.h"
#include "base/result.h"

namespace crashwright::postmortem {

inline constexpr uint64_t kControlBlockMagic = 0x31304C5254435743U;  // "CWCTRL01"
inline constexpr uint32_t kControlBlockVersion = 1;
inline constexpr const char* kControlFdVariable = "CRASHWRIGHT_CONTROL_FD";
inline constexpr size_t kArmedFaultsMax = 16;
inline constexpr size_t kFaultPointsMax = 256;
inline constexpr size_t kThreadsMax = 16;
inline constexpr uint32_t kAnyIncarnation = 0xffffffffU;

// What a fault does once its trigger matches. Stored; append only.
enum class FaultAction : uint32_t {
  kNone = 0,
  // Performed by the engine's thread at the fault point (postmortem/injection.h).
  kNullDereference = 1,
  kUseAfterFree = 2,
  kDoubleFree = 3,
  kHeapOverflow = 4,
  kStackExhaustion = 5,
  kSignedOverflow = 6,
  kAbort = 7,
  kAssert = 8,
  kUncaughtException = 9,
  kDivisionByZero = 10,
  kBadAlloc = 11,           // args[0]: headroom in bytes left under RLIMIT_AS before allocating
  kCgroupOom = 12,          // allocates and touches memory until the kernel ends it
  kLockOrderDeadlock = 13,  // two threads of the injection take two mutexes in opposite order; the caller is one
  kStalledThread = 14,      // sleeps for good
  kLivelock = 15,           // spins for good with its partner thread, consuming CPU, without progress
  kCrashInHandler = 16,     // null dereference, and a second one inside crash handler stage args[0]
  kWildRead = 17,
  kWildWrite = 18,
  kWildJump = 19,
  kWriteToReadOnly = 20,
  kInvalidFree = 21,
  kStackOverflow = 22,   // of a local buffer; kStackExhaustion is the other one
  kGlobalOverflow = 23,  // only AddressSanitizer notices
  kSmashedStack = 24,    // the return address is gone, and the frames with it
  kExceptionThroughNoexcept = 25,
  kPureVirtualCall = 26,
  kIllegalInstruction = 27,
  kMisalignedAccess = 28,
  kTruncatedMapping = 29,
  kSelfDeadlock = 30,
  kTwoThreads = 31,  // two threads commit a null dereference at once
  // Performed by the harness: the engine's thread raises `harness_request` and waits where noted.
  kSigkill = 32,             // waits for its death
  kSigstop = 33,             // harness stops the process for args[0] ns (0: for good); the thread waits until resumed
  kExchangeDisconnect = 34,  // harness makes the exchange drop the connection; the thread goes on once it was told
  kSigterm = 35,             // as kSigkill, with the signal that asks
  kSecondPrimary = 36,       // harness starts a second engine on the same data folder; the thread goes on once it ended
  // Performed by the storage layer on the next matching operation of the file named by `file`.
  kTornWrite = 48,         // the first args[0] bytes of the write reach the file, then the harness kills the process
  kShortWrite = 49,        // the first args[0] bytes are written and reported as such
  kEnospc = 50,            // the write fails with ENOSPC
  kEioFsync = 51,          // fsync/fdatasync fails with EIO; the dirty data is dropped and counts as clean afterwards
  kPowerLoss = 52,         // the process is killed and everything the profile does not guarantee is lost
  kLostWrite = 53,         // the write is reported as done and never reaches the file
  kReorderedWrite = 54,    // the write reaches the file only after the next sync of the file was reported as done
  kMisdirectedWrite = 55,  // the write lands args[0] bytes off its place (0: one page)
  kFlippedWrite = 56,      // one bit of the write changes on its way
  kEioWrite = 57,          // the write fails with EIO
  kSlowFsync = 58,         // fsync/fdatasync takes args[0] ns
  kStaleRead = 59,         // as kEioFsync, and from then on reads give what was durable before
  kNoInodes = 60,          // from now on creating anything fails with ENOSPC, as long as this engine lives
  kReadOnly = 61,          // from now on every change fails with EROFS, as long as this engine lives
  // Performed by the engine's thread, which goes on; confirmed by what the kernel answered or by the engine's own code.
  kLostWakeup = 80,            // waits for a signal that was given before it waited: a hang
  kSlowThread = 81,            // sleeps args[0] ns
  kDescriptorExhaustion = 82,  // opens files until the kernel refuses; they stay open
  kThreadExhaustion = 83,      // the kernel refuses a thread
  kFileSizeLimit = 84,         // no file of this process may grow or be written any more
  kWallClockStep = 85,         // the wall clock as the engine sees it steps by args[0] ns
  kFeedGap = 86,               // the message of the feed that is being taken never arrives
  kMalformedMessage = 87,      // it arrives with its type overwritten
  kPoisonMessage = 88,         // message args[0] of the feed or of the exchange kills whoever takes it
};

// Ends in a signal that the process itself raised.
[[nodiscard]] constexpr bool crashes_by_itself(FaultAction action) noexcept {
  return (action > FaultAction::kNone && action < FaultAction::kSigkill && action != FaultAction::kCgroupOom) ||
         action == FaultAction::kLostWakeup;
}

// The thread stands still or runs in circles: only a watchdog or a deadline ends it.
[[nodiscard]] constexpr bool is_hang(FaultAction action) noexcept {
  return action == FaultAction::kLockOrderDeadlock || action == FaultAction::kStalledThread ||
         action == FaultAction::kLivelock || action == FaultAction::kSelfDeadlock || action == FaultAction::kLostWakeup;
}

// The storage layer carries it out.
[[nodiscard]] constexpr bool happens_in_storage(FaultAction action) noexcept {
  return action >= FaultAction::kTornWrite && action < FaultAction::kLostWakeup;
}

enum class FaultTrigger : uint32_t {
  kHit = 0,           // the `hit`-th passage of the point (1 is the first), per process or per thread
  kProbability = 1,   // each passage fires with `probability_ppb` / 1e9, drawn from `seed`
  kFeedSequence = 2,  // the first passage with the feed applied up to `feed_sequence` or beyond
  kElapsed = 3,       // the first passage `elapsed_ns` after the engine attached
  kLast = 4,          // the first passage once the engine is in RecoveryPhase::kEnding
  kSubject = 5,       // the passage about `hit`: CRASHWRIGHT_FAULT_POINT_ABOUT
};

enum class FaultScope : uint32_t { kProcess = 0, kThread = 1 };

// A fault goes armed -> fired -> confirmed; kFired is written by the engine, kConfirmed by whoever observed the effect.
enum class FaultState : uint32_t { kUnused = 0, kArmed = 1, kFired = 2, kConfirmed = 3 };

struct ArmedFault {
  // In: the plan.
  BoundedString<48> point;   // fault point name
  BoundedString<16> thread;  // only this thread may fire it; empty: any
  BoundedString<16> file;    // storage faults: base name of the file, empty: any
  FaultAction action;
  FaultTrigger trigger;
  FaultScope scope;
  uint32_t incarnation;  // only in this start of the engine (0 is the first), or kAnyIncarnation
  uint64_t hit;
  uint64_t probability_ppb;
  uint64_t seed;
  uint64_t feed_sequence;
  uint64_t elapsed_ns;
  int64_t args[4];
  // Out: the witness.
  std::atomic<FaultState> state;
  std::atomic<uint32_t> fired_tid;
  std::atomic<uint64_t> fired_ns;
  std::atomic<uint64_t> fired_hit;            // passages of the point up to and including this one
  std::atomic<uint64_t> fired_feed_sequence;  // feed applied when it fired
  std::atomic<uint64_t> confirmed_ns;
  std::atomic<int64_t> confirmed_detail;  // storage: bytes kept, or the errno returned
};

struct FaultPointCounter {
  BoundedString<48> name;
  std::atomic<uint64_t> hits;
};

// One per thread of the engine that registered with register_thread(); slot 0 is the first.
struct ThreadWitness {
  BoundedString<16> name;
  std::atomic<uint32_t> tid;
  std::atomic<uint32_t> ended;          // 1: the thread is leaving in order, a core need not hold it any more
  std::atomic<uint64_t> log_committed;  // flight recorder: log calls of this thread that have returned
  std::atomic<uint64_t> heartbeats;     // watchdog beats of this thread
  // Taken when tid was there to be read: a reader that looks after this time sees the thread. 0: not yet.
  std::atomic<uint64_t> registered_ns;
  uint64_t padding[2];
};

enum class RecoveryPhase : uint32_t {
  kNotStarted = 0,
  kReadingState = 1,
  kReplayingAudit = 2,
  kLoggingIn = 3,
  kApplyingMissed = 4,
  kReconciling = 5,
  kResumed = 6,
  kRefused = 7,  // damage found: the engine does not trade
  kEnding = 8,   // everything is done and durable; one more checkpoint and its record in the log, and nothing else
};

// What a harness may ask its supervisor for; the engine writes, the harness clears to kNone when done.
enum class HarnessRequest : uint32_t { kNone = 0, kKill = 1, kStop = 2, kDisconnectExchange = 3, kSecondPrimary = 4 };

struct EngineWitness {
  std::atomic<uint64_t> audit_appended;      // last sequence whose append() returned
  std::atomic<uint64_t> audit_durable;       // last sequence acknowledged at the session's durability
  std::atomic<uint64_t> orders_sent;         // messages (enter, replace, cancel) handed to the socket
  std::atomic<uint64_t> last_sent_sequence;  // audit sequence of the last intent handed to the socket
  std::atomic<uint64_t> feed_applied;        // last feed sequence applied (1 is the first message)
  std::atomic<uint64_t> first_send_ns;       // first order of this incarnation handed to the socket
  std::atomic<uint64_t> resumed_ns;          // recovery ended, trading resumed
  std::atomic<uint64_t> kill_switch_ns;      // 0: not thrown
  std::atomic<RecoveryPhase> recovery_phase;
  std::atomic<uint32_t> finished;  // 1: session completed in order
};

// Written by the crash handler and the watchdog, from signal context.
struct HandlerWitness {
  std::atomic<uint64_t> entered_ns;   // first entry
  std::atomic<uint64_t> finished_ns;  // crash record complete
  std::atomic<uint32_t> entries;      // entries over all threads and nested faults
  std::atomic<uint32_t> nested_faults;
  std::atomic<uint32_t> last_stage;
  std::atomic<uint32_t> signal_number;
  std::atomic<uint32_t> watchdog_stalled_tid;  // 0: the watchdog did not act
  uint32_t reserved;
  std::atomic<uint64_t> watchdog_acted_ns;
};

struct ControlBlock {
  // In.
  uint64_t magic;
  uint32_t version;
  uint32_t size_bytes;
  uint64_t seed;
  uint32_t incarnation;  // which start of the engine this is, 0 the first
  uint32_t fault_count;
  ArmedFault faults[kArmedFaultsMax];
  // Out.
  std::atomic<uint32_t> engine_pid;
  std::atomic<uint32_t> fault_point_count;
  std::atomic<uint64_t> attached_ns;
  std::atomic<HarnessRequest> harness_request;
  std::atomic<uint32_t> harness_request_fault;  // index into faults
  FaultPointCounter fault_points[kFaultPointsMax];
  ThreadWitness threads[kThreadsMax];
  EngineWitness engine;
  HandlerWitness handler;
};

static_assert(std::atomic<uint64_t>::is_always_lock_free, "the block is shared between processes");

// Fills a zeroed mapping with magic, version and size (harness side).
void initialise_control_block(ControlBlock& block) noexcept;

// Clears the witness of the previous incarnation and sets `incarnation` (harness side, while no engine runs). Armed
// faults and their states stay: a fault fires once in the life of a case.
void begin_incarnation(ControlBlock& block, uint32_t incarnation) noexcept;

// Refuses a block of another magic, version or size.
[[nodiscard]] Status check_control_block(const ControlBlock& block);

// Engine side: maps the descriptor named by CRASHWRIGHT_CONTROL_FD, publishes the fault point registry, resolves the
// armed faults and switches counting on. Call once, before other threads start. Without the variable: success, and
// control_block() is the private page.
[[nodiscard]] Status attach_control_block();

// The attached block, or a private zeroed one; never null. Signal context: yes.
[[nodiscard]] ControlBlock& control_block() noexcept;

// True once attach_control_block() found a block of the harness.
[[nodiscard]] bool control_block_attached() noexcept;

// Claims the calling thread's witness slot under `name` (15 characters at most) and names the thread for the kernel
// (PR_SET_NAME). Idempotent per thread. More than kThreadsMax threads share a slot that nobody reads.
ThreadWitness& register_thread(const char* name) noexcept;

// Says that the calling thread is about to leave in order. Without a slot of its own: nothing.
void thread_leaves() noexcept;

namespace detail {

// Where the flight recorder counts the calling thread's committed records: null before register_thread().
extern constinit thread_local std::atomic<uint64_t>* t_log_committed __attribute__((tls_model("initial-exec")));

// The calling thread's name as given to register_thread(), null without a slot of its own. Signal context: yes.
[[nodiscard]] const BoundedString<16>* registered_thread_name() noexcept;

}  // namespace detail

}  // namespace crashwright::postmortem
