// The autopsy: artefacts in, one cause out, with every piece of evidence for and against it.
//
// Threads: free functions without shared state. Signal context: no.
// Errors:  a damaged or missing artefact is evidence (of source "autopsy") and never an error; kUsage when there is
//          nothing to look at at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rca/facts.h"

namespace crashwright::rca {

// Strongest first (design: "RCA").
enum class EvidenceTier : uint8_t {
  kHarnessFact,     // wait status, who sent the signal, cgroup events
  kRuntimeVerdict,  // sanitizer report of this pid, kernel oom-kill line, wait-for cycle
  kLibraryMessage,  // glibc, assert, terminate
  kMachineState,    // siginfo, registers, memory map
  kFrames,
  kExitCode,
};

struct Evidence {
  EvidenceTier tier = EvidenceTier::kFrames;
  std::string source;   // "wait status", "asan report", "core", "crash record", "wait-for graph", ...
  std::string cause;    // the cause it argues about: "NULL_DEREF"
  double strength = 0;  // (0, 1] for, [-1, 0) against
  int32_t pid = 0;
  int32_t tid = 0;
  std::string where;    // file and position in the artefact
  std::string excerpt;  // one line
};

struct Frame {
  uint64_t pc = 0;
  std::string function;  // demangled, without arguments where known
  std::string file;
  int line = 0;
  std::string module;
  bool inlined = false;
  std::vector<std::string> variables{};  // "order = 0x0": arguments and locals, where the debug information has them
  // The place in `module` that no ASLR moves: the address as its file counts, which addr2line takes. In a line of the
  // kernel without a file's offset: from the beginning of the mapping. 0: unknown.
  uint64_t offset = 0;
};

struct ThreadStack {
  int32_t tid = 0;
  std::string name;
  bool faulting = false;  // it died, or is the one to look at
  std::vector<Frame> frames;
  bool live = false;  // nothing died: the process goes on
};

struct Candidate {
  std::string cause;
  double confidence = 0;
};

struct RegisterValue {
  std::string name;
  uint64_t value = 0;
};

// How a process that still lives spends its time.
struct LiveObservation {
  struct Thread {
    int32_t tid = 0;
    std::string name;
    uint64_t cpu_ns = 0;                // used within the window
    uint64_t waited_ns = 0;             // was ready to run within the window, and others had the processors
    char state = '?';                   // at its end, as in proc(5): R runs, S sleeps, D waits for a device
    std::optional<uint64_t> records{};  // committed to the flight recorder within the window; nothing: it has no ring
  };
  uint64_t window_ns = 0;
  std::vector<Thread> threads;
  std::vector<std::string> system;  // limits, memory, descriptors, environment (secrets masked)
};

struct AutopsyReport {
  std::string cause = "UNKNOWN";  // names of rca/cause.h
  std::string family;
  std::string detail;     // one sentence
  double confidence = 0;  // [0, 1]; below 0.5 the cause is UNKNOWN and `candidates` says what it may be
  std::vector<Candidate> candidates;
  std::vector<Evidence> evidence;
  std::string function;         // the project's own function to blame: "OrderGateway::send"
  std::string function_reason;  // by which rule the frame was chosen
  int32_t pid = 0;
  int32_t tid = 0;
  std::string thread_name;
  int signal_number = 0;
  int signal_code = 0;
  std::optional<uint64_t> fault_address;
  std::string build_id;
  std::string signature;  // "cw3:MEMORY:..." stable over ASLR and build flavour; empty: nothing tells the bug
  std::vector<ThreadStack> threads;
  std::string core_path;                    // empty without a core
  std::string program_path;                 // as the process knew it, or as it was given
  std::string instruction;                  // that faulted, disassembled
  std::string fault_address_is;             // in words: "16 bytes behind a null pointer"
  std::vector<RegisterValue> registers;     // of the thread that died
  std::vector<std::string> memory;          // around the address, as a hex dump
  std::vector<std::string> story;           // what happened last, on one time axis
  std::vector<std::string> system;          // limits, memory, descriptors, environment (secrets masked)
  std::vector<std::string> wait_for_cycle;  // one line per edge, empty without a deadlock
  std::vector<std::string> waits;           // who waits for what, held by whom: one line per thread that waits
  std::vector<int32_t> involved;            // threads whose stacks belong to the answer: of the circle
  std::string memory_scope;                 // of OOM: "process", "cgroup", "ancestor cgroup", "host", "memory nodes"
  std::string killer;                       // who sent the signal that ended it, in words; empty: it died by itself
  std::vector<std::string> missing;         // what could not be looked at, and why
};

// The incarnation of a case folder that the autopsy is about: the first one that died, unless said.
struct AutopsyOptions {
  std::optional<uint32_t> incarnation{};
  std::string executable{};               // of a core; found by itself where the process had it, or beside the core
  std::optional<LiveObservation> live{};  // the core is of a process that goes on
  bool substring_classifier = false;      // planted bug: the common tutorial classifier, for `crashwright prove`
};

// A case folder (facts.json and what lies beside it), or any folder with a core, a crash record or a sanitizer report.
[[nodiscard]] Result<AutopsyReport> autopsy_folder(const std::string& folder, const AutopsyOptions& options);
// A core by itself.
[[nodiscard]] Result<AutopsyReport> autopsy_core(const std::string& path, const AutopsyOptions& options);
// Any of these, and any text: what it is is told by its content.
[[nodiscard]] Result<AutopsyReport> autopsy_path(const std::string& path, const AutopsyOptions& options);
// A text: sanitizer output, log, gdb output.
[[nodiscard]] AutopsyReport autopsy_text(const std::string& text);

[[nodiscard]] std::string autopsy_to_json(const AutopsyReport& report);
[[nodiscard]] Result<AutopsyReport> autopsy_from_json(const std::string& json);

struct TextOptions {
  bool all = false;   // everything; otherwise the answer, the best evidence and the stack of the death
  size_t width = 80;  // columns
};
[[nodiscard]] std::string autopsy_to_text(const AutopsyReport& report, const TextOptions& options = {});
[[nodiscard]] std::string autopsy_to_html(const AutopsyReport& report);      // one page, no script
[[nodiscard]] std::string autopsy_to_markdown(const AutopsyReport& report);  // a crash report to hand to others

}  // namespace crashwright::rca
