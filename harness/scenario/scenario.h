// The scenario as its author wrote it, checked and with defaults filled in, before the matrix and the seed are
// resolved.
//
// Made by harness/scenario/loader.h, turned into cases by harness/scenario/plan.h. The fields and their words are those
// of the YAML language; the table that drives loader, reference and `crashwright validate` is
// harness/scenario/fields.h. Threads: values. Units: in the names (_ms, _bytes); a duration or size left out is an
// empty optional.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace crashwright::harness {

// Where something stands in a scenario file; line and column count from 1, 0 is unknown.
struct SourcePosition {
  int line = 0;
  int column = 0;
  uint32_t source = 0;  // of source_set.h: 0 is the scenario's own file, others are parts that it includes
};

enum class Build {
  kRelease,
  kAsan,
  kPlanted,
  kForeign,  // no build of the mock engine: a program of the scenario's own
};
enum class Durability { kProcessDeath, kPowerLoss };
enum class Profile { kK, kE, kS };
// What the engine's risk gate is given: `limits:`.
enum class Limits { kDefault, kTight, kMissing };

// How a core of a dying engine is had, best first.
enum class CoreWay {
  kKernel,   // the kernel writes it into the process's own working folder
  kOutside,  // the harness traces the engine and writes the core before the deadly signal is delivered
  kSelf,     // the dying engine writes it, from its crash handler
  kNone,     // crash record and flight recorder only
};

[[nodiscard]] const char* build_name(Build build) noexcept;            // "release" "asan" "planted" "foreign"
[[nodiscard]] const char* durability_name(Durability level) noexcept;  // "process_death" "power_loss"
[[nodiscard]] const char* profile_name(Profile profile) noexcept;      // "K" "E" "S"
[[nodiscard]] const char* limits_name(Limits limits) noexcept;         // "default" "tight" "missing"
[[nodiscard]] const char* core_way_name(CoreWay way) noexcept;         // "kernel" "outside" "self" "none"

// The engine's input and how it works through it: `session:`.
struct Session {
  uint64_t messages = 10'000;
  uint64_t seed = 0;  // 0: drawn from the run's seed, the same for all cases of a run
  uint64_t symbols = 8;
  Durability durability = Durability::kProcessDeath;
  uint64_t feed_rate = 0;          // messages per second, 0: as fast as the engine takes them
  uint64_t checkpoint_every = 0;   // audit records between two state checkpoints, 0: the engine's default
  uint64_t stall_after_ms = 0;     // the watchdog's patience, 0: the engine's default
  uint64_t kill_switch_at = 0;     // feed message at which the engine throws its kill switch, 0: never
  bool second_engine = false;      // another one is started on the same data while the first one trades
  uint64_t segment_bytes = 0;      // of the audit log's files, 0: the engine's default
  bool archive_segments = false;   // of the audit log, below the older snapshot
  bool log_after_send = false;     // order_logging: after_send
  bool compare_drop_copy = false;  // before anything is sent after a login
  Limits limits = Limits::kDefault;
  std::string configuration = "A";  // name of what the engine is configured with
  std::string configuration_later;  // of every start after the first; empty: the same
  uint64_t restarts_max = 0;        // futile starts in a row that the engine allows, 0: the engine's default
};

// How the mock exchange behaves: `exchange:`. 0: never.
struct ExchangeBehaviour {
  bool cancel_on_disconnect = false;
  uint64_t drop_after = 0;         // drops the connection after that many messages
  uint64_t delay_us = 0;           // before each answer
  uint64_t reject_every = 0;       // every n-th order
  uint64_t duplicate_fill = 0;     // every n-th fill is sent twice
  uint64_t break_trade = 0;        // every n-th trade is broken afterwards
  uint64_t drop_every = 0;         // drops the connection after every n messages
  uint64_t lose_cancel = 0;        // every n-th cancel is swallowed without an answer
  uint64_t refuse_logins = 0;      // so many logins after the first are turned away
  uint64_t new_session_after = 0;  // begins a new session, once, after that many messages
};

// What the harness does to a running program that links nothing of the kit.
enum class OutsideAction {
  kNothing,
  kSignal,
  kNullCall,     // a thread that calls a function goes on at address 0 instead
  kLimit,        // setrlimit(2), from outside
  kMemoryLimit,  // it lives in a memory cgroup
};

// A limit as prlimit(2) takes it.
struct ResourceLimit {
  std::string name;  // for people: "open descriptors"
  int resource = 0;  // RLIMIT_*
  uint64_t value = 0;
};

// Which part of a file a bit_flip damages, between a death and the restart.
struct DamagePlace {
  enum class From { kStart, kEnd, kFraction } from = From::kFraction;
  uint64_t offset_bytes = 0;        // kStart, kEnd (1 is the last byte)
  uint64_t fraction_ppm = 500'000;  // kFraction: millionths of the file's length
};

// One entry of `faults:`.
struct ScenarioFault {
  std::string kind;  // harness/faults/registry.h
  std::string at;    // fault point; empty: where the trigger's clock is looked at (book.apply)
  std::optional<uint64_t> hit;
  std::optional<uint64_t> probability_ppb;
  std::optional<uint64_t> seed;
  std::optional<uint64_t> after_ns;
  std::optional<uint64_t> feed_sequence;
  std::optional<uint64_t> about;           // the passage about this order's feed message, or message of the exchange
  bool last_passage = false;               // passage: last
  bool per_thread = false;                 // scope: thread
  std::string thread;                      // only this thread may fire it; empty: any
  std::optional<uint32_t> incarnation;     // start of the engine, 0 the first
  bool during_recovery = false;            // the start that follows the faults before this one
  std::string file;                        // storage faults: audit.log or state.bin
  std::optional<uint64_t> bytes;           // torn_write, short_write: what still lands
  std::optional<uint64_t> lost_max;        // power_loss: tear units and changes that are lost at most
  std::optional<uint64_t> headroom_bytes;  // bad_alloc: left under the limit
  std::optional<uint64_t> limit_bytes;     // cgroup_oom: of the memory cgroup
  std::optional<uint64_t> for_ns;          // sigstop: how long; absent: for good
  std::optional<uint64_t> stage;           // crash_in_handler
  std::optional<int64_t> by_ns;            // wall_clock_step
  std::optional<uint64_t> message;         // poison_message: its number
  uint32_t times = 1;                      // poison_message: starts in a row in which it is armed
  DamagePlace damage;                      // bit_flip
  std::string output;                      // trigger: text in a line that the engine prints
  std::string function;                    // trigger: a function of the engine's that is called
  int signal_number = 0;                   // signal
  std::vector<ResourceLimit> limits;       // limit: those given, one is right
  SourcePosition position;                 // of the entry
  SourcePosition at_position;              // of the value of `at`
  SourcePosition file_position;            // of the value of `file`
};

// A program that nobody here prepared, and who judges what it leaves: `engine:`. Programs as written; where they are
// looked for: harness/runner/program_search.h.
struct ForeignEngine {
  std::vector<std::string> command;     // the program and its arguments; empty: the mock engine
  std::vector<std::string> check;       // a checker program and its arguments
  std::vector<std::string> recover;     // puts in order what a death left; empty: nothing does
  std::vector<std::string> dump_state;  // prints the state as text; empty: nothing does
  std::vector<std::string> needs;       // programs without which the case is SKIPPED
  bool acknowledges = true;             // false: it promises nobody anything, `check` asks for consistency alone
  std::string dir;                      // the working folder begins as a copy of this one; empty: it begins empty
};

// A storage profile of one's own; what is left out is as in `like`.
struct CustomProfile {
  std::string name;
  Profile like = Profile::kE;
  std::optional<bool> metadata_in_order;
  std::optional<bool> fsync_saves_all_metadata;
  std::optional<bool> folder_fsync_saves_all_metadata;
  std::optional<uint64_t> tear_unit_bytes;
};

// `storage: {explore}`: every state that a power loss may leave of one run is judged, within these limits.
struct StorageExploration {
  uint64_t states = 2'000;              // distinct ones, per profile
  uint64_t seed = 0;                    // of the states that are drawn; 0: the case's
  uint64_t time_max_ms = 0;             // per profile; 0: the deadline of the case
  uint64_t jobs = 1;                    // states judged at a time
  uint64_t check_deadline_ms = 30'000;  // a checker that takes longer errs
};

// `expect: {storage}`. Violated: at least one finding, and each of them is of this reason.
struct ExpectedStorage {
  bool violated = false;
  std::string profile;  // the weakest that must show it; empty: any
  std::string lost;     // part of an operation that one finding loses, in words; empty: anything
  std::string reason;   // part of what the checker says first; empty: anything
};

enum class ScenarioOutcome { kCrash, kFinish, kRefuse };

// `expect:`; what is left out keeps the default of the fault's kind.
struct ScenarioExpect {
  std::optional<ScenarioOutcome> outcome;
  std::vector<std::string> causes;
  std::string function;
  std::string thread;
  double confidence_min = 0.5;
  std::optional<uint64_t> recovery_time_ms;
  std::optional<uint64_t> handler_time_ms;
  std::string refusal;                // what an engine that is to refuse must say; empty: its account of the damage
  std::vector<std::string> excluded;  // `skip:` promises that are not judged
  std::optional<ExpectedStorage> storage;
  std::vector<std::string> broken;  // promises that must be broken here
};

// `matrix:`, every combination of what is listed is a case; a list left empty is no dimension.
struct ScenarioMatrix {
  std::vector<std::string> builds;
  std::vector<std::string> profiles;
  std::vector<std::string> seeds;
  std::vector<std::string> points;
  std::vector<ScenarioFault> faults;
};

// `sweep:`, the places and passages that are counted in the engine before they are swept.
struct ScenarioSweep {
  std::vector<std::string> points = {"*"};  // names, or patterns with *
  std::vector<std::string> passages = {"first", "middle", "last"};
};

// A fault point named in a scenario, and where, so that its name can be checked once the engine is known.
struct PointUse {
  std::string name;
  SourcePosition position;
  size_t width = 1;    // characters to underline
  std::string path;    // of the text that it stands in
  std::string source;  // that line
};

struct Scenario {
  std::string name;
  std::string why;
  std::vector<std::string> tags;
  std::vector<Build> builds = {Build::kRelease};
  Session session;
  std::vector<ScenarioFault> faults;
  ExchangeBehaviour exchange;
  ForeignEngine engine;
  std::vector<Profile>
      profiles;  // `storage: {profile}`; not empty: the data folder lives on the power-loss file system
  std::optional<CustomProfile> custom_profile;
  std::optional<uint64_t> tear_unit_bytes;  // of every profile
  std::optional<StorageExploration> exploration;
  ScenarioExpect expect;
  uint64_t deadline_ms = 20'000;
  std::optional<CoreWay> core;           // the only way to a core that is left to the engine; absent: the best one
  std::vector<std::string> needs;        // beyond those of the faults: "core" "fuse" "cgroup_memory"
  uint64_t seed = 0;                     // in place of the run's, 0: the run's
  std::optional<ScenarioMatrix> matrix;  // as written; the cases that it gives have none
  std::optional<ScenarioSweep> sweep;    // set: not to be planned before harness/scenario/sweep.h has unfolded it
  std::vector<PointUse> points;          // named in it
  std::string path;                      // of the file it came from
  std::string text;                      // the file, byte for byte; with parts, a matrix or a sweep: what they came to
  bool resolved = false;                 // one of several that its file gives: its text alone repeats it
};

}  // namespace crashwright::harness
