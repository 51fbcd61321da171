#include "harness/cli/audit_arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "base/regular_file.h"
#include "harness/cli/audit_hint.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/scenario/suggest.h"
#include "postmortem/audit_record.h"
#include "postmortem/audit_segments.h"

namespace crashwright::harness::cli {
namespace {

struct Action {
  std::string name;
  size_t words;  // with its own
  std::string wants;
  std::vector<std::string> options;
};

const std::vector<Action>& actions() {
  static const std::vector<Action> all = {
      {"print", 2, "one log", {"--format", "--from", "--to", "--since", "--until", "--order", "--symbol", "--type"}},
      {"replay", 2, "one log", {"--to", "--until"}},
      {"verify", 2, "one log", {"--key"}},
      {"diff", 3, "a log and a drop copy", {}},
      {"explain", 2, "one log and an order", {"--order"}},
      {"seal", 2, "one log and --key FILE", {"--key"}},
  };
  return all;
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (const Action& action : actions()) names.push_back(action.name);
  return names;
}

std::vector<std::string> record_types() {
  std::vector<std::string> names;
  for (uint16_t type = 1;; ++type) {
    const std::string name = postmortem::audit_record_type_name(static_cast<postmortem::AuditRecordType>(type));
    if (name == "unknown") return names;
    names.push_back(name);
  }
}

tl::unexpected<Error> wrong_use(const std::string& message,
                                const std::string& remedy = "see: crashwright audit --help") {
  return fail(ErrorKind::kUsage, message, remedy);
}

void declare(Options& options, AuditArguments& audit) {
  options.arguments("ACTION LOG [DROP_COPY|ORDER]", audit.words,
                    "print, replay, verify, diff (with a drop copy), explain (an order) or seal (--key FILE)",
                    action_names());
  options.word("--format", "FORMAT", audit.format, {"human", "json", "csv"}, "of print: human, json or csv");
  options.number("--from", "N", audit.filter.from_sequence, "print: from this sequence on");
  options.number("--to", "N", audit.filter.to_sequence, "print, replay: up to this sequence");
  options.text("--since", "TIME", audit.since,
               "print: from this wall time on: 2026-11-25T03:12:00Z, a beginning of it, or nanoseconds");
  options.text("--until", "TIME", audit.until, "print, replay: up to this wall time; a date alone: with that day");
  options.number("--order", "N", audit.order, "print, explain: this order");
  options.text("--symbol", "NAME", audit.filter.symbol, "print: this symbol");
  options.words("--type", "NAME", audit.filter.types, record_types(),
                "print: these types of record, for example sent,executed");
  options.text("--key", "FILE", audit.key_file, "verify, seal: key of the chain, 16 bytes or more");
  options.note("LOG is the log's first file (all its segments are read), its folder, or one later segment alone.");
  options.note("DROP_COPY is what the exchange wrote (drop_copy.jsonl), its folder, or that of the case.");
  options.note(
      "Ends with 1 for damage, a difference, an altered or a missing record. A torn tail is told and is no fault. "
      "With 4 where print finds no record that the options name, and explain no such order.");
  options.note("replay confirms each state by its record's hash; of a log that has none it says so, and ends with 0.");
  options.note("verify asks the seal and the state store beside the log how far it once reached; alone it cannot say.");
  options.example("crashwright audit print data/audit.log --order 17 --format json");
  options.example("crashwright audit verify data/audit.log --key audit.key");
  options.example("crashwright audit diff data/audit.log exchange/drop_copy.jsonl");
  options.example("crashwright audit replay data/audit.log --to 4000");
  options.example("crashwright audit explain data/audit.log 17");
}

bool given(const std::vector<std::string>& arguments, const std::string& option) {
  return std::ranges::any_of(
      arguments, [&](const std::string& argument) { return argument == option || argument.starts_with(option + "="); });
}

// An option without a use would let its user believe that it had one.
Status check_options(const std::vector<std::string>& arguments, const Action& action) {
  for (const Action& other : actions()) {
    for (const std::string& option : other.options) {
      if (!given(arguments, option) || std::ranges::count(action.options, option) > 0) continue;
      return wrong_use(
          fmt::format("audit {} does not take {}", action.name, option),
          action.options.empty() ? "it takes no option" : fmt::format("it takes {}", fmt::join(action.options, ", ")));
    }
  }
  return {};
}

// What --since and --until name: of a date alone the first or the last moment.
Status take_time(const std::vector<std::string>& arguments, const std::string& option, const std::string& text,
                 uint64_t& target) {
  if (!given(arguments, option)) return {};
  const auto ns = option == "--until" ? postmortem::parse_wall_time_end(text) : postmortem::parse_wall_time(text);
  if (!ns) {
    return wrong_use(fmt::format("{}: \"{}\" is no time", option, text),
                     "2026-11-25T03:12:00Z, a beginning of it, or nanoseconds since 1970;\n  up to the year 2554");
  }
  target = *ns;
  return {};
}

// `audit explain LOG 17` is `audit explain LOG --order 17`.
Status take_order(const std::vector<std::string>& arguments, AuditArguments& audit) {
  bool number = true;
  bool there = given(arguments, "--order");
  if (audit.words.size() == 3 && audit.words[0] == "explain") {
    const std::string& word = audit.words[2];
    if (there) return wrong_use("audit explain wants one order: " + word + " or that of --order");
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), audit.order);
    number = error == std::errc() && end == word.data() + word.size();
    there = true;
    audit.words.pop_back();
  }
  if (!there) return {};
  if (!number || audit.order == 0 || audit.order > ~uint32_t{0}) {
    return wrong_use("an order is a number from 1 to 4294967295");
  }
  audit.filter.order = static_cast<uint32_t>(audit.order);
  return {};
}

// A log that is not there is an empty one for the engine, and a mistyped path for who asks about it.
Status check_log(const std::string& path) {
  const auto segments = postmortem::find_audit_segments(path, postmortem::AuditArchive::kJoined);
  if (!segments) return tl::unexpected(segments.error());
  if (!segments->files.empty()) return {};
  const std::string hint = hint_at_audit_logs(path);
  return wrong_use("no audit log: " + segments->log + " is not there",
                   hint.empty() ? "name the log's first file (audit.log), its folder, or one later segment" : hint);
}

// A folder stands for the drop copy in it, a case's for that of its exchange.
Status take_drop_copy(std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    const bool of_case = std::filesystem::is_directory(path + "/exchange", unknown);
    path += of_case ? "/exchange/drop_copy.jsonl" : "/drop_copy.jsonl";
  }
  if (std::filesystem::exists(path, unknown)) return expect_regular_file(path);
  return wrong_use("no drop copy: " + path + " is not there",
                   "name the exchange's drop_copy.jsonl, its folder, or that of the case");
}

Status check(const std::vector<std::string>& arguments, AuditArguments& audit) {
  if (audit.words.empty()) return wrong_use("audit wants an action", suggestion("", action_names()));
  const std::string& name = audit.words.front();
  const auto action = std::ranges::find(actions(), name, &Action::name);
  if (action == actions().end()) {
    return wrong_use("audit: unknown action \"" + name + "\"", suggestion(name, action_names()));
  }
  if (auto good = check_options(arguments, *action); !good) return good;
  if (auto good = take_time(arguments, "--since", audit.since, audit.filter.since_ns); !good) return good;
  if (auto good = take_time(arguments, "--until", audit.until, audit.filter.until_ns); !good) return good;
  if (given(arguments, "--symbol") && audit.filter.symbol.empty()) return wrong_use("--symbol: a symbol has a name");
  if (given(arguments, "--key") && audit.key_file.empty()) return wrong_use("--key: a file has a name");
  if (auto good = take_order(arguments, audit); !good) return good;
  const bool complete = (name != "seal" || !audit.key_file.empty()) && (name != "explain" || audit.order != 0);
  if (audit.words.size() != action->words || !complete) return wrong_use("audit " + name + " wants " + action->wants);
  if (auto good = check_log(audit.words[1]); !good) return good;
  return name == "diff" ? take_drop_copy(audit.words[2]) : Status();
}

}  // namespace

std::optional<int> parse_audit_arguments(const std::vector<std::string>& arguments, AuditArguments& audit) {
  Options options("audit", "Reads, judges and explains an order audit log.");
  declare(options, audit);
  if (const auto code = options.parse(arguments)) return code;
  if (const auto good = check(arguments, audit); !good) return report_error(good.error());
  return std::nullopt;
}

}  // namespace crashwright::harness::cli
