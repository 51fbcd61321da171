#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/terminal_text.h"
#include "harness/scenario/suggest.h"
#include "mock_engine/order_state.h"
#include "mock_engine/order_state_json.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_text.h"
#include "verifiers/audit_diff.h"
#include "verifiers/audit_seal.h"

namespace crashwright::harness::cli {
namespace {

using postmortem::AuditFilter;
using postmortem::AuditReadout;
using postmortem::AuditRecord;

struct AuditArguments {
  std::vector<std::string> words;  // action and what it works on
  std::string format = "human";
  std::string since;
  std::string until;
  std::string key_file;
  uint64_t order = 0;
  AuditFilter filter;
};

constexpr size_t kTextColumn = 10;  // behind the sequence number
const std::vector<std::string> kActions = {"print", "replay", "verify", "diff", "explain", "seal"};

int usage(const std::string& message) {
  return report_error(Error{ErrorKind::kUsage, message, "see: crashwright audit --help"});
}

// What a reader must know before it believes what follows.
void tell_flaws(const AuditReadout& readout) {
  for (const postmortem::AuditDamage& damage : readout.damage) {
    fmt::print(stderr, "damage at offset {}, {} bytes: {}", damage.offset, damage.size, damage.reason);
    if (damage.last_sequence != 0) {
      fmt::print(stderr, "; sequences {} to {} are lost or in doubt", damage.first_sequence, damage.last_sequence);
    }
    fmt::print(stderr, "\n");
  }
  if (readout.torn_tail_bytes > 0) {
    fmt::print(stderr, "torn tail of {} bytes at offset {}: {}\n", readout.torn_tail_bytes, readout.torn_tail_offset,
               readout.torn_tail_reason);
  }
}

int code_of(const AuditReadout& readout) { return readout.damage.empty() ? kExitPassed : kExitBroken; }

std::string shown(const AuditRecord& record, const std::string& format) {
  if (format == "json") return postmortem::audit_record_to_json(record);
  return format == "csv" ? postmortem::audit_record_to_csv(record) : postmortem::audit_record_to_text(record);
}

int print_log(const AuditArguments& audit) {
  if (audit.words.size() != 2) return usage("audit print wants one log");
  const size_t columns = audit.format == "human" ? terminal_columns(stdout) : 0;
  if (audit.format == "csv") fmt::print("{}\n", postmortem::audit_csv_header());
  const auto readout = postmortem::scan_audit_log(audit.words[1], [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      if (!audit.filter.lets_through(record)) continue;
      const std::string text = shown(record, audit.format);
      const size_t heading = std::min(text.size(), kTextColumn);
      fmt::print("{}{}\n", text.substr(0, heading), fold(text.substr(heading), kTextColumn, columns));
    }
  });
  if (!readout) return report_error(readout.error());
  tell_flaws(*readout);
  return code_of(*readout);
}

// Folds the log up to --to or --until; stops at the record whose promised state is not the one reached.
int replay_log(const AuditArguments& audit) {
  if (audit.words.size() != 2) return usage("audit replay wants one log");
  mock_engine::OrderStateMachine orders;
  uint64_t parted = 0;
  bool over = false;
  const auto readout = postmortem::scan_audit_log(audit.words[1], [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      over = over || record.sequence > audit.filter.to_sequence || record.wall_ns > audit.filter.until_ns;
      if (over || parted != 0) return;
      if (!orders.apply(record)) parted = record.sequence;
    }
  });
  if (!readout) return report_error(readout.error());
  tell_flaws(*readout);
  if (parted != 0) {
    fmt::print(stderr, "record {}: the state after it is not the one it promises\n", parted);
    return kExitBroken;
  }
  fmt::print("{}", mock_engine::recovered_state_json(orders.state()));
  return code_of(*readout);
}

// The key and its file's trouble; empty without --key.
Result<std::string> read_key(const AuditArguments& audit) {
  if (audit.key_file.empty()) return std::string();
  auto key = read_file(audit.key_file);
  if (!key) return fail(ErrorKind::kUsage, key.error().message);
  return key;
}

int verify_seal(const AuditArguments& audit) {
  const auto key = read_key(audit);
  if (!key) return report_error(key.error());
  const auto state = verifiers::verify_audit_seal(audit.words[1], *key);
  if (!state) return report_error(state.error());
  if (state->first_altered != 0) {
    fmt::print("seal: record {} is the first that is not what was sealed\n", state->first_altered);
    return kExitBroken;
  }
  fmt::print("seal: {} records are what was sealed, {} came later\n", state->sealed, state->records - state->sealed);
  return kExitPassed;
}

int verify_log(const AuditArguments& audit) {
  if (audit.words.size() != 2) return usage("audit verify wants one log");
  uint64_t records = 0;
  uint64_t gaps = 0;
  uint64_t expected = 0;
  const auto readout = postmortem::scan_audit_log(audit.words[1], [&](std::span<const AuditRecord> some) {
    if (records == 0) expected = some.front().sequence;  // a log whose first segments were archived begins later
    for (const AuditRecord& record : some) gaps += record.sequence == expected++ ? 0 : 1;
    records += some.size();
  });
  if (!readout) return report_error(readout.error());
  if (readout->first_sequence > 1) {
    fmt::print("begins at sequence {} (block {}): what lies before was not judged\n", readout->first_sequence,
               readout->first_block);
  }
  fmt::print("{} records up to sequence {}, {} {}, {} vouched for by later blocks\n", records, readout->last_sequence,
             readout->runs, readout->runs == 1 ? "run" : "runs", readout->known_durable);
  tell_flaws(*readout);
  if (readout->damage.empty() && gaps > 0) fmt::print("{} records are out of sequence\n", gaps);
  const int code = readout->damage.empty() && gaps == 0 ? kExitPassed : kExitBroken;
  return audit.key_file.empty() ? code : std::max(code, verify_seal(audit));
}

int seal_log(const AuditArguments& audit) {
  if (audit.words.size() != 2 || audit.key_file.empty()) return usage("audit seal wants one log and --key FILE");
  const auto key = read_key(audit);
  if (!key) return report_error(key.error());
  const auto state = verifiers::seal_audit_log(audit.words[1], *key);
  if (!state) {
    report_error(state.error());
    return state.error().kind == ErrorKind::kCorrupt ? kExitBroken : exit_code(state.error().kind);
  }
  fmt::print("{} records sealed in {}.seal\n", state->sealed, audit.words[1]);
  return kExitPassed;
}

int diff_log(const AuditArguments& audit) {
  if (audit.words.size() != 3) return usage("audit diff wants a log and a drop copy");
  const auto log = postmortem::read_audit_log(audit.words[1]);
  if (!log) return report_error(log.error());
  const auto events = verifiers::read_drop_copy(audit.words[2]);
  if (!events) return report_error(events.error());
  tell_flaws(*log);
  const auto differences = verifiers::compare_with_drop_copy(log->records, *events);
  for (const std::string& line : differences.lines) fmt::print("{}\n", line);
  fmt::print("{} orders and {} messages compared, {} differences, {} messages behind the end of the log\n",
             differences.orders_compared, differences.messages_compared, differences.lines.size(),
             differences.messages_behind);
  return differences.lines.empty() ? code_of(*log) : kExitBroken;
}

int explain_in_log(const AuditArguments& audit) {
  if (audit.words.size() != 2 || audit.order == 0) return usage("audit explain wants one log and an order");
  const auto log = postmortem::read_audit_log(audit.words[1]);
  if (!log) return report_error(log.error());
  tell_flaws(*log);
  const std::string life = verifiers::explain_order(log->records, static_cast<uint32_t>(audit.order));
  if (life.empty()) {
    fmt::print(stderr, "order {} is not in {}\n", audit.order, audit.words[1]);
    return kExitNothing;
  }
  fmt::print("{}", life);
  return code_of(*log);
}

void declare(Options& options, AuditArguments& audit) {
  options.arguments("ACTION LOG [DROP_COPY|ORDER]", audit.words,
                    "print, replay, verify, diff (with a drop copy), explain (an order) or seal (--key FILE)",
                    kActions);
  options.word("--format", "FORMAT", audit.format, {"human", "json", "csv"}, "of print: human, json or csv");
  options.number("--from", "N", audit.filter.from_sequence, "print: from this sequence on");
  options.number("--to", "N", audit.filter.to_sequence, "print, replay: up to this sequence");
  options.text("--since", "TIME", audit.since, "print: from this wall time on, 2026-11-25T03:12:00Z or nanoseconds");
  options.text("--until", "TIME", audit.until, "print, replay: up to this wall time");
  options.number("--order", "N", audit.order, "print, explain: this order");
  options.text("--symbol", "NAME", audit.filter.symbol, "print: this symbol");
  options.text("--type", "NAME", audit.filter.type, "print: this type of record, for example executed");
  options.text("--key", "FILE", audit.key_file, "verify, seal: key of the chain, 16 bytes or more");
  options.note("LOG is the log's first file (all its segments are read), its folder, or one later segment alone.");
  options.note("Ends with 1 for damage, a difference or an altered record. A torn tail is told and is no fault.");
  options.example("crashwright audit print data/audit.log --order 17 --format json");
  options.example("crashwright audit verify data/audit.log --key audit.key");
  options.example("crashwright audit diff data/audit.log exchange/drop_copy.jsonl");
  options.example("crashwright audit replay data/audit.log --to 4000");
  options.example("crashwright audit explain data/audit.log 17");
}

// False when a time makes no sense.
bool take_times(AuditArguments& audit) {
  const auto take = [](const std::string& text, uint64_t& target) {
    if (text.empty()) return true;
    const auto ns = postmortem::parse_wall_time(text);
    if (ns) target = *ns;
    return ns.has_value();
  };
  return take(audit.since, audit.filter.since_ns) && take(audit.until, audit.filter.until_ns);
}

// `audit explain LOG 17` is `audit explain LOG --order 17`. False when the word is no number of an order.
bool take_order(AuditArguments& audit) {
  if (audit.words.size() == 3 && audit.words[0] == "explain") {
    const std::string& word = audit.words[2];
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), audit.order);
    if (error != std::errc() || end != word.data() + word.size()) return false;
    audit.words.pop_back();
  }
  if (audit.order > ~uint32_t{0}) return false;
  if (audit.order != 0) audit.filter.order = static_cast<uint32_t>(audit.order);
  return true;
}

}  // namespace

int audit_command(const std::vector<std::string>& arguments) {
  AuditArguments audit;
  Options options("audit", "Reads, judges and explains an order audit log.");
  declare(options, audit);
  if (const auto code = options.parse(arguments)) return *code;
  if (!take_times(audit)) return usage("a time is 2026-11-25T03:12:00Z, a beginning of it, or nanoseconds");
  if (!take_order(audit)) return usage("an order is a number of 32 bits");
  const std::string action = audit.words.empty() ? "" : audit.words.front();
  if (action == "print") return print_log(audit);
  if (action == "replay") return replay_log(audit);
  if (action == "verify") return verify_log(audit);
  if (action == "diff") return diff_log(audit);
  if (action == "explain") return explain_in_log(audit);
  if (action == "seal") return seal_log(audit);
  if (action.empty()) return usage("audit wants an action");
  return report_error({ErrorKind::kUsage, "audit: unknown action \"" + action + "\"", suggestion(action, kActions)});
}

}  // namespace crashwright::harness::cli
