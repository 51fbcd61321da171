#include "mock_engine/command_line.h"

#include <getopt.h>

#include <charconv>
#include <cstring>

#include "mock_engine/feed_generator.h"
#include "postmortem/audit_block.h"

namespace crashwright::mock_engine {
namespace {

constexpr uint32_t kSymbolsDefault = 8;

enum Option : int {
  kData = 1,
  kPostmortem,
  kFeed,
  kFeedSeed,
  kFeedMessages,
  kSymbols,
  kExchange,
  kDurability,
  kRecoverOnly,
  kPlantedBug,
  kCheckpointEvery,
  kSegmentBytes,
  kArchiveSegments,
  kOrderLogging,
  kAllowConfigChange,
  kDropCopy,
  kStallAfter,
  kFeedRate,
  kKillSwitchAtFeed,
  kLimits,
  kConfiguration,
  kQuarantineAfter,
  kRestartsMax,
  kSeed,
  kMessages,
  kOut,
};

const option kRunOptions[] = {
    {"data", required_argument, nullptr, kData},
    {"postmortem", required_argument, nullptr, kPostmortem},
    {"feed", required_argument, nullptr, kFeed},
    {"feed-seed", required_argument, nullptr, kFeedSeed},
    {"feed-messages", required_argument, nullptr, kFeedMessages},
    {"symbols", required_argument, nullptr, kSymbols},
    {"exchange", required_argument, nullptr, kExchange},
    {"durability", required_argument, nullptr, kDurability},
    {"recover-only", no_argument, nullptr, kRecoverOnly},
    {"planted-bug", required_argument, nullptr, kPlantedBug},
    {"checkpoint-every", required_argument, nullptr, kCheckpointEvery},
    {"order-logging", required_argument, nullptr, kOrderLogging},
    {"allow-config-change", no_argument, nullptr, kAllowConfigChange},
    {"drop-copy", required_argument, nullptr, kDropCopy},
    {"segment-bytes", required_argument, nullptr, kSegmentBytes},
    {"archive-segments", no_argument, nullptr, kArchiveSegments},
    {"stall-after", required_argument, nullptr, kStallAfter},
    {"feed-rate", required_argument, nullptr, kFeedRate},
    {"kill-switch-at-feed", required_argument, nullptr, kKillSwitchAtFeed},
    {"limits", required_argument, nullptr, kLimits},
    {"configuration", required_argument, nullptr, kConfiguration},
    {"quarantine-after", required_argument, nullptr, kQuarantineAfter},
    {"restarts-max", required_argument, nullptr, kRestartsMax},
    {nullptr, 0, nullptr, 0},
};

const option kGenerateOptions[] = {
    {"seed", required_argument, nullptr, kSeed},
    {"messages", required_argument, nullptr, kMessages},
    {"symbols", required_argument, nullptr, kSymbols},
    {"out", required_argument, nullptr, kOut},
    {nullptr, 0, nullptr, 0},
};

tl::unexpected<Error> usage_error(std::string message) {
  return fail(ErrorKind::kUsage, std::move(message), "see mock_engine --help");
}

template <typename Integer>
Status parse_number(const std::string& name, const char* text, Integer& value) {
  const char* const end = text + std::strlen(text);
  const auto parsed = std::from_chars(text, end, value);
  if (text == end || parsed.ec != std::errc() || parsed.ptr != end) {
    return usage_error("--" + name + ": \"" + text + "\" is not a number in range");
  }
  return {};
}

Status parse_durability(const std::string& text, postmortem::Durability& durability) {
  if (text == "process_death") {
    durability = postmortem::Durability::kProcessDeath;
  } else if (text == "power_loss") {
    durability = postmortem::Durability::kPowerLoss;
  } else {
    return usage_error("--durability: \"" + text + "\" is neither process_death nor power_loss");
  }
  return {};
}

Status parse_order_logging(const std::string& text, OrderLogging& order_logging) {
  if (text != "before_send" && text != "after_send") {
    return usage_error("--order-logging: \"" + text + "\" is neither before_send nor after_send");
  }
  order_logging = text == "after_send" ? OrderLogging::kAfterSend : OrderLogging::kBeforeSend;
  return {};
}

Status parse_exchange(const char* text, Endpoint& endpoint) {
  auto parsed = parse_endpoint(text);
  if (!parsed) return tl::unexpected(parsed.error());
  endpoint = *parsed;
  return {};
}

Status parse_stall(const std::string& name, const char* text, std::chrono::milliseconds& value) {
  uint32_t ms = 0;
  if (auto parsed = parse_number(name, text, ms); !parsed) return parsed;
  if (ms == 0) return usage_error("--stall-after: above zero, in milliseconds");
  value = std::chrono::milliseconds(ms);
  return {};
}

// What keeps an engine from trading when it must not.
Status apply_safeguard(int value, const std::string& name, const char* text, EngineOptions& engine) {
  switch (value) {
    case kLimits:
      engine.limits_file = text;
      return {};
    case kConfiguration:
      engine.configuration = text;
      return {};
    case kQuarantineAfter:
      return parse_number(name, text, engine.quarantine_after);
    case kRestartsMax:
      return parse_number(name, text, engine.restarts_max);
    default:
      return usage_error("--" + name + " cannot be used here");
  }
}

Status apply_option(const option& given, const char* text, CommandLine& line) {
  EngineOptions& engine = line.engine;
  const std::string name = given.name;
  switch (given.val) {
    case kData:
      engine.data_folder = text;
      return {};
    case kPostmortem:
      engine.postmortem_folder = text;
      return {};
    case kFeed:
      engine.feed.file = text;
      return {};
    case kFeedSeed:
    case kSeed:
      return parse_number(name, text, engine.feed.seed);
    case kFeedMessages:
    case kMessages:
      return parse_number(name, text, engine.feed.messages);
    case kSymbols:
      return parse_number(name, text, engine.feed.symbols);
    case kExchange:
      return parse_exchange(text, engine.exchange);
    case kDurability:
      return parse_durability(text, engine.durability);
    case kOrderLogging:
      return parse_order_logging(text, engine.order_logging);
    case kAllowConfigChange:
      engine.allow_config_change = true;
      return {};
    case kDropCopy:
      engine.drop_copy = text;
      return {};
    case kRecoverOnly:
      engine.recover_only = true;
      return {};
    case kPlantedBug:
      engine.planted_bugs.emplace_back(text);
      return {};
    case kCheckpointEvery:
      return parse_number(name, text, engine.checkpoint_every);
    case kArchiveSegments:
      engine.archive_segments = true;
      return {};
    case kSegmentBytes:
      return parse_number(name, text, engine.segment_bytes);
    case kStallAfter:
      return parse_stall(name, text, engine.stall_after);
    case kFeedRate:
      return parse_number(name, text, engine.feed_rate);
    case kKillSwitchAtFeed:
      return parse_number(name, text, engine.kill_switch_at_feed);
    case kOut:
      line.out = text;
      return {};
    default:
      return apply_safeguard(given.val, name, text, engine);
  }
}

Status parse_options(int argc, char** argv, const option* options, CommandLine& line) {
  optind = 2;
  opterr = 0;
  for (int index = -1;; index = -1) {
    const int found = ::getopt_long(argc, argv, ":", options, &index);
    if (found == -1) break;
    if (found == ':') return usage_error(std::string(argv[optind - 1]) + " needs a value");
    if (found == '?' || index < 0) return usage_error("unknown option " + std::string(argv[optind - 1]));
    if (auto applied = apply_option(options[index], optarg, line); !applied) return applied;
  }
  if (optind < argc) return usage_error("unexpected argument " + std::string(argv[optind]));
  return {};
}

Status check_feed(const FeedOptions& feed) {
  if (feed.symbols == 0 || feed.symbols > itch::FeedGenerator::kSymbolsMax) {
    return usage_error("--symbols: 1 to " + std::to_string(itch::FeedGenerator::kSymbolsMax));
  }
  return {};
}

Status check_run(const EngineOptions& engine) {
  if (engine.data_folder.empty()) return usage_error("run needs --data");
  if (engine.postmortem_folder.empty()) return usage_error("run needs --postmortem");
  if (engine.segment_bytes < 2 * postmortem::kAuditBlockBytes) return usage_error("--segment-bytes: at least 8192");
  if (engine.recover_only) return {};
  if (engine.exchange.port == 0) return usage_error("run needs --exchange");
  if (engine.feed.file.empty() == (engine.feed.messages == 0)) {
    return usage_error("run needs either --feed or --feed-seed with --feed-messages");
  }
  return check_feed(engine.feed);
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, char** argv) {
  CommandLine line;
  line.engine.feed.symbols = kSymbolsDefault;
  const std::string command = argc > 1 ? argv[1] : "";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--help" || std::string_view(argv[i]) == "-h") return line;
  }
  if (command == "--list-fault-points" || command == "--list-planted-bugs") {
    line.command = command == "--list-fault-points" ? Command::kListFaultPoints : Command::kListPlantedBugs;
    return line;
  }
  if (command == "run") {
    line.command = Command::kRun;
    if (auto parsed = parse_options(argc, argv, kRunOptions, line); !parsed) return tl::unexpected(parsed.error());
    if (auto good = check_run(line.engine); !good) return tl::unexpected(good.error());
    return line;
  }
  if (command == "generate-feed") {
    line.command = Command::kGenerateFeed;
    if (auto parsed = parse_options(argc, argv, kGenerateOptions, line); !parsed) return tl::unexpected(parsed.error());
    if (line.out.empty()) return usage_error("generate-feed needs --out");
    if (line.engine.feed.messages == 0) return usage_error("generate-feed needs --messages");
    if (auto good = check_feed(line.engine.feed); !good) return tl::unexpected(good.error());
    return line;
  }
  return usage_error(command.empty() ? "a command is missing" : "unknown command " + command);
}

const char* usage() noexcept {
  return R"(mock_engine, the reference trading engine of crashwright

  mock_engine run --data DIR --postmortem DIR --exchange HOST:PORT [options]
                  (--feed FILE | --feed-seed N --feed-messages N [--symbols N])
    --durability process_death|power_loss
                            what a logged intent must survive before it is sent
                            (process_death)
    --order-logging before_send|after_send
                            an intent is durable before it is sent, or sent and
                            then logged: the exchange is the truth then, and
                            tells what the log lost (before_send)
    --drop-copy FILE        compare with the exchange's drop copy before
                            anything is sent, and refuse to trade with a
                            difference
    --allow-config-change   go on although the settings differ from those of the
                            run before
    --checkpoint-every RECORDS
                            audit records between two state snapshots (1000)
    --segment-bytes BYTES   of each file of a new audit log, at least 8192
                            (1048576)
    --archive-segments      move those below the older of the two snapshots to
                            DATA/archive
    --stall-after MS        a thread silent for longer is taken down by the
                            watchdog (500)
    --feed-rate N           messages per second, 0 for as fast as possible (0)
    --kill-switch-at-feed N
                            the risk gate throws the kill switch at this feed
                            message
    --limits FILE           of the risk gate, one NAME VALUE a line; without the
                            file no trading
    --configuration NAME    what this engine is configured with; a data folder
                            belongs to one (A)
    --quarantine-after N    deaths in a row at one input, then it is left out
                            (3)
    --restarts-max N        starts in a row that lead nowhere, then it refuses
                            to start (8)
    --recover-only          recover from DIR, print the state as JSON, do not
                            log in
    --planted-bug NAME      a deliberate defect, in mock_engine_planted only
  mock_engine generate-feed --seed N --messages N [--symbols N] --out FILE
  mock_engine --list-fault-points | --list-planted-bugs | --help

exit codes: 0 finished, 2 wrong use, 3 damage found: refused to trade,
            4 storage failed: stopped sending, 5 exchange lost,
            6 another engine owns the data folder,
            10 this machine lacks something that it needs
)";
}

}  // namespace crashwright::mock_engine
