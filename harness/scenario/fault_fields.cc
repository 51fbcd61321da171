#include <sys/resource.h>

#include <csignal>

#include "harness/scenario/field_tables.h"

namespace crashwright::harness {
namespace {

using Target = const FieldTarget&;
using Value = const FieldValue&;

std::vector<std::string> scope_words() { return {"process", "thread"}; }
std::vector<std::string> during_words() { return {"recovery"}; }
std::vector<std::string> passage_words() { return {"last"}; }

struct SignalWord {
  const char* word;
  int number;
};
constexpr SignalWord kSignals[] = {{"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},   {"SIGHUP", SIGHUP},
                                   {"SIGQUIT", SIGQUIT}, {"SIGABRT", SIGABRT}, {"SIGSEGV", SIGSEGV},
                                   {"SIGBUS", SIGBUS},   {"SIGFPE", SIGFPE},   {"SIGILL", SIGILL},
                                   {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGPIPE", SIGPIPE}};

std::vector<std::string> signal_words() {
  std::vector<std::string> words;
  for (const SignalWord& signal : kSignals) words.emplace_back(signal.word);
  return words;
}

void set_signal(Target target, Value value) {
  for (const SignalWord& signal : kSignals) {
    if (value.text() == signal.word) target.fault->signal_number = signal.number;
  }
}

void add_limit(Target target, const char* name, int resource, uint64_t value) {
  target.fault->limits.push_back({name, resource, value});
}

void set_at(Target target, Value value) {
  target.fault->at = value.text();
  target.fault->at_position = value.position;
}

void set_file(Target target, Value value) {
  target.fault->file = value.text();
  target.fault->file_position = value.position;
}

void set_by(Target target, Value value) {
  const auto length_ns = static_cast<int64_t>(value.number);
  target.fault->by_ns = value.flag ? -length_ns : length_ns;
}

std::vector<Field> trigger_fields() {
  return {
      {"fault", "at", FieldType::kText, "of the kind, or required", "fault point (mock_engine --list-fault-points)",
       "at: gateway.send_order", set_at},
      {"fault", "hit", FieldType::kCount, "1",
       "fires at the n-th passage of the point; of an engine of your own at the n-th line with `output`, call with "
       "`function`, or, of a storage fault without either, write or sync of `file`",
       "hit: 100", [](Target t, Value v) { t.fault->hit = v.number; }, nullptr, 1},
      {"fault", "scope", FieldType::kWord, "process", "process or thread: what passages are counted in",
       "scope: thread", [](Target t, Value v) { t.fault->per_thread = v.text() == "thread"; }, scope_words},
      {"fault", "thread", FieldType::kText, "any", "only this thread may fire it", "thread: trading",
       [](Target t, Value v) { t.fault->thread = v.text(); }, nullptr, 0, 15},
      {"fault", "probability", FieldType::kFraction, "none", "each passage fires with this probability",
       "probability: 0.01", [](Target t, Value v) { t.fault->probability_ppb = v.number; }, nullptr, 1},
      {"fault", "seed", FieldType::kCount, "from the case's seed", "of the probability", "seed: 7",
       [](Target t, Value v) { t.fault->seed = v.number; }, nullptr, 1},
      {"fault", "after", FieldType::kDuration, "none",
       "fires so long after the engine's start, at the first passage when there is an `at`; without "
       "`session: {feed_rate: N}` a session is soon over",
       "after: 20ms", [](Target t, Value v) { t.fault->after_ns = v.number; }, nullptr, 1},
      {"fault", "feed_sequence", FieldType::kCount, "none", "fires once the feed is applied up to this message",
       "feed_sequence: 2500", [](Target t, Value v) { t.fault->feed_sequence = v.number; }, nullptr, 1},
      {"fault", "passage", FieldType::kWord, "none",
       "last: fires at the last passage of a session that ends in order, which its last checkpoint makes; of "
       "audit.append, "
       "orders.apply and the points of audit.*_write, state.* and checkpoint.*",
       "passage: last", [](Target t, Value) { t.fault->last_passage = true; }, passage_words},
      {"fault", "about", FieldType::kCount, "none",
       "fires at the passage about this one: the order that feed message N caused (gateway.before_append, "
       "gateway.send_order, gateway.after_send), or message N of the exchange (gateway.on_message, orders.execution)",
       "about: 2713", [](Target t, Value v) { t.fault->about = v.number; }, nullptr, 1},
      {"fault", "output", FieldType::kText, "none",
       "fires when a line that an engine of your own prints has this text, for the `hit`-th time",
       "output: order 50 done", [](Target t, Value v) { t.fault->output = v.text(); }},
      {"fault", "function", FieldType::kText, "none",
       "fires at the `hit`-th call of this function in an engine of your own, whatever it was built from",
       "function: Book::apply", [](Target t, Value v) { t.fault->function = v.text(); }},
      {"fault", "incarnation", FieldType::kCount, "after the faults before it",
       "start of the engine in which it fires; 0 is the first", "incarnation: 1",
       [](Target t, Value v) { t.fault->incarnation = static_cast<uint32_t>(v.number); }, nullptr, 0, 15},
      {"fault", "during", FieldType::kWord, "none", "recovery: in the start that follows the faults before this one",
       "during: recovery", [](Target t, Value) { t.fault->during_recovery = true; }, during_words},
  };
}

}  // namespace

std::vector<Field> fault_fields() {
  std::vector<Field> fields = trigger_fields();
  const std::vector<Field> particular = {
      {"fault", "file", FieldType::kText, "audit.log, or any of an engine of your own",
       "base name of the file that it hits; the mock engine has audit.log and state.bin", "file: state.bin", set_file,
       nullptr, 0, 15},
      {"fault", "bytes", FieldType::kSize, "512B", "of the write that still reach the file; of a shorter write, half",
       "bytes: 100B", [](Target t, Value v) { t.fault->bytes = v.number; }, nullptr, 0, 1 << 30},
      {"fault", "lose", FieldType::kCount, "what the seed says", "at most so many unsynced writes and changes are lost",
       "lose: 1", [](Target t, Value v) { t.fault->lost_max = v.number; }, nullptr, 1, 1ULL << 32},
      {"fault", "headroom", FieldType::kSize, "16MiB", "address space left when the limit is set", "headroom: 8MiB",
       [](Target t, Value v) { t.fault->headroom_bytes = v.number; }, nullptr, 0, 1ULL << 40},
      {"fault", "limit", FieldType::kSize, "192MiB", "of the engine's memory cgroup", "limit: 256MiB",
       [](Target t, Value v) { t.fault->limit_bytes = v.number; }, nullptr, 64ULL << 20, 1ULL << 40},
      {"fault", "for", FieldType::kDuration, "for good", "how long the process stands still", "for: 50ms",
       [](Target t, Value v) { t.fault->for_ns = v.number; }, nullptr, 1'000'000, 60'000'000'000},
      {"fault", "by", FieldType::kStep, "required", "how far the clock steps, back with a minus sign", "by: -2s",
       set_by},
      {"fault", "message", FieldType::kCount, "required", "number of the poison message", "message: 2000",
       [](Target t, Value v) { t.fault->message = v.number; }, nullptr, 1},
      {"fault", "times", FieldType::kCount, "1", "starts in a row in which it is armed", "times: 4",
       [](Target t, Value v) { t.fault->times = static_cast<uint32_t>(v.number); }, nullptr, 1, 8},
      {"fault", "stage", FieldType::kCount, "1", "of the crash handler, 1 to 8", "stage: 3",
       [](Target t, Value v) { t.fault->stage = v.number; }, nullptr, 1, 8},
      {"fault", "signal", FieldType::kWord, "SIGTERM", "the signal to send", "signal: SIGTERM", set_signal,
       signal_words},
      {"fault", "descriptors", FieldType::kCount, "no limit", "files that may be open", "descriptors: 16",
       [](Target t, Value v) { add_limit(t, "open descriptors", RLIMIT_NOFILE, v.number); }, nullptr, 3, 1'000'000},
      {"fault", "file_size", FieldType::kSize, "no limit", "of a file that is written: SIGXFSZ, or EFBIG",
       "file_size: 64KiB", [](Target t, Value v) { add_limit(t, "bytes of a file", RLIMIT_FSIZE, v.number); }, nullptr,
       0, 1ULL << 40},
      {"fault", "address_space", FieldType::kSize, "no limit", "of the process: allocations fail",
       "address_space: 256MiB", [](Target t, Value v) { add_limit(t, "bytes of address space", RLIMIT_AS, v.number); },
       nullptr, 1 << 20, 1ULL << 40},
      {"fault", "cpu_time", FieldType::kDuration, "no limit", "in whole seconds: SIGXCPU, and SIGKILL", "cpu_time: 2s",
       [](Target t, Value v) { add_limit(t, "seconds of processor time", RLIMIT_CPU, v.number / 1'000'000'000); },
       nullptr, 1'000'000'000, 3'600'000'000'000},
      {"fault", "threads", FieldType::kCount, "no limit", "processes and threads of the user; nothing holds for root",
       "threads: 4", [](Target t, Value v) { add_limit(t, "threads of the user", RLIMIT_NPROC, v.number); }, nullptr, 1,
       1'000'000},
      {"fault", "offset", FieldType::kPlace, "50%", "where in the file", "offset: -100B",
       [](Target t, Value v) { t.fault->damage = v.place; }},
  };
  fields.insert(fields.end(), particular.begin(), particular.end());
  return fields;
}

}  // namespace crashwright::harness
