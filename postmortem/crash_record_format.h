// The bytes of a crash record, shared by the handler that writes and the reader. Prose: crash_record_format.md.
//
// Little endian, x86-64. Sections are appended one by one, each with a single write; none is ever changed afterwards.
// Threads: types only. Signal context: yes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bounded_string.h"

namespace crashwright::postmortem::crash_format {

inline constexpr uint32_t kSectionMagic = 0x43535743U;  // "CWSC"
inline constexpr uint32_t kVersion = 2;
inline constexpr size_t kAlignment = 8;
inline constexpr size_t kFramesMax = 128;
inline constexpr size_t kFramesInner = 96;  // the rest is kept for the outer end of a very deep stack
inline constexpr size_t kTextMax = 1024;
inline constexpr size_t kRegisters = 23;               // order of uc_mcontext.gregs
inline constexpr size_t kRedZoneBytes = 128;           // below the stack pointer, still in use by leaf functions
inline constexpr size_t kDyingStackBytesMax = 65'536;  // raw stack of the thread that died
inline constexpr size_t kOtherStackBytesMax = 16'384;  // of each other thread
inline constexpr size_t kThreadsMax = 128;             // other threads; more are counted, not recorded

// Stored; append only.
enum class SectionType : uint16_t {
  kInstalled = 1,    // first section, written at install
  kFacts = 2,        // what the kernel said
  kText = 3,         // one text, kinds below
  kModule = 4,       // one loaded module
  kFrames = 5,       // the stack of the crashing thread
  kNestedFault = 6,  // the handler faulted, or was hung
  kOtherDeath = 7,   // another thread died meanwhile
  kStageDone = 8,
  kComplete = 9,  // last section
  // Since version 2.
  kStack = 10,        // raw bytes of one thread's stack
  kThread = 11,       // registers and frames of a thread that did not die
  kThreadsDone = 12,  // how many threads there were, and how they were stopped
  kRecorder = 13,     // how far the flight recorder had come, by thread
};

enum class TextKind : uint32_t {
  kExceptionType = 1,  // mangled
  kExceptionWhat = 2,
  kAbortMessage = 3,
  kCheck = 4,
  kSanitizer = 5,
  kWatchdog = 6,
};
inline constexpr uint32_t kTextKinds = 6;

// Stages of the handler, in order: raw facts first, what can go wrong last. Stored (kStageDone) and an argument of the
// fault crash_in_handler. Version 1 had no kStack and no kThreads, and numbered the others without a gap.
enum class Stage : uint32_t {
  kNone = 0,
  kFacts = 1,
  kTexts = 2,
  kModules = 3,
  kStack = 4,
  kStackWalk = 5,
  kFrames = 6,    // what there is to say about the dying thread is in the record
  kThreads = 7,   // the other threads
  kFinish = 8,    // writes kComplete
  kChain = 9,     // calls a sanitizer's handler, after the record is complete
  kOwnCore = 10,  // the process writes its own core, where it was told to
};
inline constexpr uint32_t kLastRecordedStage = 7;

// How a thread's registers were had.
enum class ThreadState : uint32_t {
  kStopped = 1,   // stopped from outside, where it was
  kAnswered = 2,  // it answered a signal
  kSilent = 3,    // neither worked: no registers, no frames
  kDying = 4,     // it was dying too: the registers are those of its own fatal signal
};

struct SectionHeader {
  uint32_t magic;
  SectionType type;
  uint16_t reserved;      // zero
  uint32_t payload_size;  // bytes, without the padding to kAlignment that follows
  uint32_t payload_crc;   // CRC32C of the payload
  uint32_t pid;
  uint32_t header_crc;  // CRC32C of the 20 bytes before
};
static_assert(sizeof(SectionHeader) == 24);

struct Installed {
  uint32_t version;
  uint32_t pid;
  uint64_t wall_ns;
  uint64_t monotonic_ns;
};

struct Facts {
  uint32_t tid;
  int32_t signal;
  int32_t code;
  uint32_t sender_pid;     // valid for code <= 0
  uint64_t fault_address;  // si_addr, valid for code > 0 and a fault signal
  uint64_t wall_ns;
  uint64_t monotonic_ns;
  uint64_t registers[kRegisters];
  BoundedString<16> thread_name;
  BoundedString<48> last_fault_point;
  uint8_t siginfo[128];  // as the kernel gave it
};

struct Text {
  TextKind kind;
  uint32_t size;
  char bytes[kTextMax];  // only `size` of them are stored
};

struct Module {
  uint64_t base;
  uint64_t begin;
  uint64_t end;
  uint8_t build_id[20];
  uint32_t build_id_size;
  BoundedString<256> path;
};

struct Frames {
  uint32_t count;
  uint32_t truncated;        // 1: frames between kFramesInner and the rest were left out
  uint64_t pcs[kFramesMax];  // only `count` of them are stored
};

struct NestedFault {
  Stage stage;
  int32_t signal;
  int32_t code;
  uint32_t deadline;  // 1: the deadline ended the stage
  uint64_t fault_address;
  uint64_t pc;
};

struct OtherDeath {
  uint32_t tid;
  int32_t signal;
  int32_t code;
  uint32_t reserved;
  uint64_t fault_address;
  uint64_t pc;
  BoundedString<16> thread_name;
};

struct StageDone {
  Stage stage;
  uint32_t reserved;
  uint64_t monotonic_ns;
};

// Only `size` bytes are stored.
struct Stack {
  uint32_t tid;
  uint32_t size;
  uint64_t address;  // of the first byte: kRedZoneBytes below the stack pointer
  uint8_t bytes[kDyingStackBytesMax];
};

struct Thread {
  uint32_t tid;
  ThreadState state;
  BoundedString<16> name;
  uint64_t registers[kRegisters];  // those that the way of stopping does not tell are zero
  Frames frames;                   // only `count` of the program counters are stored
};

struct ThreadsDone {
  uint32_t found;     // other threads that there were
  uint32_t recorded;  // with registers
  uint32_t silent;
  uint32_t reserved;
  uint64_t monotonic_ns;
};

struct RecorderPosition {
  uint32_t tid;
  uint32_t reserved;
  uint64_t committed;  // records whose log call returned
};

struct Recorder {
  uint32_t count;
  uint32_t reserved;
  RecorderPosition positions[16];  // only `count` of them are stored
};

struct Complete {
  uint32_t sections;  // written before this one; a reader finds at least as many
  uint32_t nested_faults;
  uint64_t monotonic_ns;
};

}  // namespace crashwright::postmortem::crash_format
