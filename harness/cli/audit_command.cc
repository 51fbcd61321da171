#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "base/file.h"
#include "base/regular_file.h"
#include "harness/cli/audit_arguments.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/terminal_text.h"
#include "mock_engine/order_state_json.h"
#include "mock_engine/order_state_machine.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_mark.h"
#include "postmortem/audit_segment_reader.h"
#include "postmortem/audit_text.h"
#include "verifiers/audit_diff.h"
#include "verifiers/audit_seal.h"
#include "verifiers/audit_witnesses.h"

namespace crashwright::harness::cli {
namespace {

using postmortem::AuditReadout;
using postmortem::AuditRecord;

constexpr size_t kTextColumn = 10;  // behind the sequence number
constexpr uint64_t kKeyBytesMax = uint64_t{1} << 20;
constexpr size_t kEventColumn = 12;  // behind the time since the first event of an order

// A line, folded where a terminal is too narrow for it; what follows the first `indent` characters stands behind them.
void tell(std::FILE* out, const std::string& line, size_t indent = 0) {
  const size_t heading = std::min(line.size(), indent);
  fmt::print(out, "{}{}\n", line.substr(0, heading), fold(line.substr(heading), indent, terminal_columns(out)));
}

std::string counted(uint64_t count, const char* thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

// What a reader must know before it believes what follows.
void tell_flaws(const AuditReadout& readout) {
  for (const postmortem::AuditDamage& damage : readout.damage) {
    std::string text = fmt::format("damage at offset {}, {} bytes: {}", damage.offset, damage.size, damage.reason);
    if (damage.last_sequence != 0) {
      text += fmt::format("; sequences {} to {} are lost or in doubt", damage.first_sequence, damage.last_sequence);
    }
    tell(stderr, text);
  }
  if (readout.torn_tail_bytes > 0) {
    tell(stderr, fmt::format("torn tail of {} bytes at offset {}: {}", readout.torn_tail_bytes,
                             readout.torn_tail_offset, readout.torn_tail_reason));
  }
}

void tell_missing_beginning(const AuditReadout& readout) {
  if (readout.first_sequence == 1) return;
  tell(stderr, fmt::format("the beginning is missing: what is read starts at sequence {}", readout.first_sequence));
}

int code_of(const AuditReadout& readout) { return readout.damage.empty() ? kExitPassed : kExitBroken; }

std::string shown(const AuditRecord& record, const std::string& format) {
  if (format == "json") return postmortem::audit_record_to_json(record);
  return format == "csv" ? postmortem::audit_record_to_csv(record) : postmortem::audit_record_to_text(record);
}

int print_log(const AuditArguments& audit) {
  const bool human = audit.format == "human";
  uint64_t printed = 0;
  if (audit.format == "csv") fmt::print("{}\n", postmortem::audit_csv_header());
  const auto readout = postmortem::scan_audit_log(audit.words[1], [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      if (!audit.filter.lets_through(record)) continue;
      ++printed;
      const std::string text = shown(record, audit.format);
      if (human) {
        tell(stdout, text, kTextColumn);
      } else {
        fmt::print("{}\n", text);
      }
    }
  });
  if (!readout) return report_error(readout.error());
  tell_missing_beginning(*readout);
  tell_flaws(*readout);
  if (printed > 0 || audit.filter == postmortem::AuditFilter()) return code_of(*readout);
  tell(stderr, fmt::format("no record matches; the log ends at sequence {}", readout->last_sequence));
  return readout->damage.empty() ? kExitNothing : kExitBroken;
}

// The fold of a log, up to the first record that parts from what it promises. A log of which no record promises a state
// is another engine's, and gives a state that nothing confirms; one record without among others with one was changed.
class Replay {
 public:
  void take(const AuditRecord& record) {
    promise_ = orders_.replay(record);
    if (record.state_hash == 0 && confirmed_ == 0) {
      if (unconfirmed_++ == 0) first_unconfirmed_ = record.sequence;
    } else if (unconfirmed_ != 0) {
      parted_ = first_unconfirmed_;
      promise_ = mock_engine::Promise::kMissing;
    } else if (promise_ != mock_engine::Promise::kKept) {
      parted_ = record.sequence;
    } else {
      ++confirmed_;
    }
  }
  // Of the first record that parted; 0: none did.
  [[nodiscard]] uint64_t parted() const { return parted_; }
  [[nodiscard]] std::string trouble() const { return mock_engine::promise_text(promise_); }
  // Records without any hash in the log.
  [[nodiscard]] uint64_t unconfirmed() const { return unconfirmed_; }
  [[nodiscard]] const mock_engine::OrderState& state() const { return orders_.state(); }

 private:
  mock_engine::OrderStateMachine orders_;
  mock_engine::Promise promise_ = mock_engine::Promise::kKept;
  uint64_t parted_ = 0;
  uint64_t confirmed_ = 0;
  uint64_t unconfirmed_ = 0;
  uint64_t first_unconfirmed_ = 0;
};

// Folds the log up to --to or --until.
int replay_log(const AuditArguments& audit) {
  Replay replay;
  bool over = false;
  const auto readout = postmortem::scan_audit_log(audit.words[1], [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      over = over || record.sequence > audit.filter.to_sequence || record.wall_ns > audit.filter.until_ns;
      if (over || replay.parted() != 0) return;
      replay.take(record);
    }
  });
  if (!readout) return report_error(readout.error());
  tell_flaws(*readout);
  if (readout->first_sequence > 1) {
    tell(stderr, fmt::format("the beginning is missing: the log starts at sequence {}, and no state follows from what "
                             "stands there alone; bring the archived segments back",
                             readout->first_sequence));
    return kExitBroken;
  }
  if (replay.parted() != 0) {
    const bool behind = !readout->damage.empty() && replay.parted() >= readout->damage.front().first_sequence;
    tell(stderr, behind ? "no state follows from what stands behind the damage; up to it: --to with a sequence before"
                        : fmt::format("record {}: {}", replay.parted(), replay.trouble()));
    return kExitBroken;
  }
  if (const uint64_t records = replay.unconfirmed(); records != 0) {
    tell(stderr,
         fmt::format("no state hashes in this log; {} {} unverified", records, records == 1 ? "record" : "records"));
  }
  if (const uint64_t to = audit.filter.to_sequence; to != ~uint64_t{0} && to > readout->last_sequence) {
    tell(stderr, fmt::format("the log ends at sequence {}, before --to {}", readout->last_sequence, to));
  }
  fmt::print("{}", mock_engine::recovered_state_json(replay.state()));
  return code_of(*readout);
}

// The key and its file's trouble; empty without --key.
Result<std::string> read_key(const AuditArguments& audit) {
  if (audit.key_file.empty()) return std::string();
  // What the shell hands over, as with <(gpg -d key), is a pipe that has its writer.
  const bool handed_over = audit.key_file.starts_with("/dev/fd/") || audit.key_file == "/dev/stdin";
  if (auto regular = expect_regular_file(audit.key_file); !handed_over && !regular) {
    return fail(ErrorKind::kUsage, "--key: " + regular.error().message);
  }
  auto key = read_at_most(audit.key_file, kKeyBytesMax);
  if (!key) return fail(ErrorKind::kUsage, "--key: " + key.error().message);
  return key;
}

// With --key: that the key can be read, and that there is a seal to hold against it.
Result<std::string> key_of_seal(const AuditArguments& audit) {
  auto key = read_key(audit);
  if (!key || audit.key_file.empty()) return key;
  const auto path = verifiers::audit_seal_path(audit.words[1]);
  if (!path) return tl::unexpected(path.error());
  std::error_code unknown;
  if (std::filesystem::exists(*path, unknown)) return key;
  return fail(ErrorKind::kUsage, "this log has no seal: " + *path + " is not there",
              "`crashwright audit seal LOG --key FILE` makes one");
}

int verify_seal(const AuditArguments& audit, const std::string& key) {
  const auto state = verifiers::verify_audit_seal(audit.words[1], key);
  if (!state) return report_error(state.error());
  if (state->first_altered != 0) {
    // With another key not even the first tag fits.
    tell(stdout, fmt::format("seal: record {} is the first that is not what was sealed{}", state->first_altered,
                             state->first_altered == 1 ? ", or the key is another one" : ""));
    return kExitBroken;
  }
  tell(stdout, fmt::format("seal: {} records are what was sealed, {} came later", state->sealed,
                           state->records - state->sealed));
  return kExitPassed;
}

// A later segment that was named itself is judged alone.
bool is_lone_segment(const postmortem::AuditSegments& segments) {
  return segments.files.size() == 1 && segments.files.front().path == segments.log && segments.files.front().number > 1;
}

// Archived segments may lie anywhere, but only when a snapshot holds what is in them.
int tell_beginning(const postmortem::AuditSegments& segments, const AuditReadout& readout, uint64_t snapshot) {
  if (readout.first_sequence == 1 && readout.first_block == 0) return kExitPassed;
  tell(stdout, fmt::format("the beginning is missing: the log starts at sequence {} (block {}), and what lies before "
                           "was not judged",
                           readout.first_sequence, readout.first_block));
  if (is_lone_segment(segments)) return kExitPassed;
  const bool held = snapshot + 1 >= readout.first_sequence;
  tell(stdout, held ? fmt::format("the snapshot beside it, of sequence {}, holds what lies before", snapshot)
                    : "no snapshot beside it holds what lies before: bring the archived segments back");
  return held ? kExitPassed : kExitBroken;
}

// Takes the snapshots that are of another log, or parted from this one, out of `witnesses`, and tells of them.
// `marked` are the records at the places that the snapshots name, as far as the log has them.
int tell_foreign_snapshots(const postmortem::AuditSegments& segments, const AuditReadout& readout,
                           std::vector<AuditRecord> marked, std::vector<verifiers::AuditWitness>& witnesses) {
  AuditReadout places;
  places.log_id = readout.log_id;
  places.records = std::move(marked);
  std::sort(places.records.begin(), places.records.end(),
            [](const AuditRecord& a, const AuditRecord& b) { return a.sequence < b.sequence; });
  const auto foreign = std::erase_if(witnesses, [&](const verifiers::AuditWitness& witness) {
    if (!witness.trouble.empty()) return false;
    const auto own = postmortem::check_audit_mark(places, witness.mark, segments.log);
    if (own) return false;
    tell(stdout, fmt::format("end: {} {} is not this log's: {}; {}", witness.what, witness.path, own.error().message,
                             own.error().remedy));
    return true;
  });
  return foreign == 0 ? kExitPassed : kExitBroken;
}

// How far the log once reached, as what stands beside it knows.
int tell_end(const postmortem::AuditSegments& segments, const postmortem::AuditScan& scan,
             const std::vector<verifiers::AuditWitness>& witnesses) {
  const uint64_t last = scan.readout.last_sequence;
  int code = kExitPassed;
  bool known = false;
  for (const verifiers::AuditWitness& witness : witnesses) {
    for (const std::string& remark : witness.remarks) {
      tell(stdout, fmt::format("end: {} {}: {}", witness.what, witness.path, remark));
    }
    if (!witness.trouble.empty()) {
      tell(stdout, fmt::format("end: {} {} says nothing: {}", witness.what, witness.path, witness.trouble));
      continue;
    }
    known = true;
    if (witness.sequence > last) code = kExitBroken;
    tell(stdout, witness.sequence > last
                     ? fmt::format("end: {} {} knows of sequence {}: {} to {} are missing", witness.what, witness.path,
                                   witness.sequence, last + 1, witness.sequence)
                     : fmt::format("end: {} {} knows of sequence {}, which the log has", witness.what, witness.path,
                                   witness.sequence));
  }
  const bool full = scan.position.at_head() && !scan.closed && scan.position.next_block > 0 &&
                    scan.readout.torn_tail_bytes == 0 && scan.readout.damage.empty();
  if (full && !is_lone_segment(segments)) {
    tell(stdout,
         "end: its last segment is full and there is none behind it: the writer died right there, or the next "
         "one is missing");
  }
  if (!known) tell(stdout, "end: nothing beside the log says whether it reached further once");
  return code;
}

Result<std::vector<verifiers::AuditWitness>> ask_witnesses(const std::string& path) {
  const auto segments = postmortem::find_audit_segments(path);
  if (!segments) return tl::unexpected(segments.error());
  return verifiers::find_audit_witnesses(*segments);
}

// The witnesses are asked before the log is read, and its files are looked up after that: of a log that is being
// written what they know of is there by then.
int verify_log(const AuditArguments& audit) {
  uint64_t records = 0;
  uint64_t gaps = 0;
  uint64_t expected = 0;
  const auto key = key_of_seal(audit);
  if (!key) return report_error(key.error());
  auto witnesses = ask_witnesses(audit.words[1]);
  if (!witnesses) return report_error(witnesses.error());
  std::vector<AuditRecord> marked;
  postmortem::AuditScanner scanner([&](std::span<const AuditRecord> some) {
    if (records == 0) expected = some.front().sequence;  // a log whose first segments were archived begins later
    for (const AuditRecord& record : some) gaps += record.sequence == expected++ ? 0 : 1;
    for (const verifiers::AuditWitness& witness : *witnesses) {
      const uint64_t place = witness.mark.sequence - some.front().sequence;
      if (place < some.size()) marked.push_back(some[place]);
    }
    records += some.size();
  });
  const auto segments = postmortem::find_audit_segments(audit.words[1], postmortem::AuditArchive::kJoined);
  if (!segments) return report_error(segments.error());
  const auto scan = postmortem::scan_audit_segments(*segments, 0, scanner);
  if (!scan) return report_error(scan.error());
  const AuditReadout& readout = scan->readout;
  tell(stdout,
       fmt::format("{} records up to sequence {}, {} {}, {} vouched for by later blocks", records,
                   readout.last_sequence, readout.runs, readout.runs == 1 ? "run" : "runs", readout.known_durable));
  for (const std::string& remark : segments->remarks) tell(stdout, remark);
  const bool lone = is_lone_segment(*segments);
  int code = lone ? kExitPassed : tell_foreign_snapshots(*segments, readout, std::move(marked), *witnesses);
  code = std::max(code, tell_beginning(*segments, readout, verifiers::snapshot_beside(*witnesses)));
  tell(stdout, scan->closed ? "closed in order" : "not closed in order: its writer died, or still writes");
  if (!lone) code = std::max(code, tell_end(*segments, *scan, *witnesses));
  tell_flaws(readout);
  if (readout.damage.empty() && gaps > 0) tell(stdout, fmt::format("{} records are out of sequence", gaps));
  if (!readout.damage.empty() || gaps > 0) code = kExitBroken;
  return audit.key_file.empty() ? code : std::max(code, verify_seal(audit, *key));
}

int seal_log(const AuditArguments& audit) {
  const auto key = read_key(audit);
  if (!key) return report_error(key.error());
  const auto path = verifiers::audit_seal_path(audit.words[1]);
  if (!path) return report_error(path.error());
  const auto readout = postmortem::scan_audit_log(audit.words[1], [](std::span<const AuditRecord>) {});
  if (!readout) return report_error(readout.error());
  tell_flaws(*readout);
  const auto state = verifiers::seal_audit_log(audit.words[1], *key);
  if (!state) {
    report_error(state.error());
    return state.error().kind == ErrorKind::kCorrupt ? kExitBroken : exit_code(state.error().kind);
  }
  tell(stdout, fmt::format("{} records sealed in {}", state->sealed, *path));
  return kExitPassed;
}

int diff_log(const AuditArguments& audit) {
  const auto log = postmortem::read_audit_log(audit.words[1]);
  if (!log) return report_error(log.error());
  const auto events = verifiers::read_drop_copy(audit.words[2]);
  if (!events) return report_error(events.error());
  tell_missing_beginning(*log);
  tell_flaws(*log);
  const auto differences = verifiers::compare_with_drop_copy(log->records, *events);
  for (const std::string& line : differences.lines) tell(stdout, line);
  if (differences.terms_unknown > 0) {
    tell(stdout,
         fmt::format("of {} orders the log does not know all terms: no drop copy was given when they were taken "
                     "over from the exchange's answer",
                     differences.terms_unknown));
  }
  tell(stdout,
       fmt::format("{} and {} compared, {}, {} behind the end of the log",
                   counted(differences.orders_compared, "order"), counted(differences.messages_compared, "message"),
                   counted(differences.lines.size(), "difference"), counted(differences.messages_behind, "message")));
  return differences.lines.empty() ? code_of(*log) : kExitBroken;
}

int explain_in_log(const AuditArguments& audit) {
  const auto log = postmortem::read_audit_log(audit.words[1]);
  if (!log) return report_error(log.error());
  tell_missing_beginning(*log);
  tell_flaws(*log);
  const std::string life = verifiers::explain_order(log->records, static_cast<uint32_t>(audit.order));
  if (life.empty()) {
    fmt::print(stderr, "order {} is not in {}\n", audit.order, audit.words[1]);
    return kExitNothing;
  }
  std::istringstream lines(life);
  for (std::string line; std::getline(lines, line);) tell(stdout, line, line.front() == ' ' ? kEventColumn : 0);
  return code_of(*log);
}

}  // namespace

int audit_command(const std::vector<std::string>& arguments) {
  AuditArguments audit;
  if (const auto code = parse_audit_arguments(arguments, audit)) return *code;
  const std::string& action = audit.words.front();
  if (action == "print") return print_log(audit);
  if (action == "replay") return replay_log(audit);
  if (action == "verify") return verify_log(audit);
  if (action == "diff") return diff_log(audit);
  if (action == "explain") return explain_in_log(audit);
  return seal_log(audit);
}

}  // namespace crashwright::harness::cli
