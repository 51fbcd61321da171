// Goal: what the user writes is what the engine gets, and every mistake is named. Method: whole command lines.
#include "mock_engine/command_line.h"

#include <boost/test/unit_test.hpp>

using namespace crashwright;
using namespace crashwright::mock_engine;

namespace {

Result<CommandLine> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "mock_engine");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse_command_line(static_cast<int>(words.size()), argv.data());
}

std::vector<std::string> run_with(std::vector<std::string> more) {
  std::vector<std::string> words = {
      "run",        "--data",        "/d", "--postmortem", "/p", "--feed-seed", "1", "--feed-messages", "50",
      "--exchange", "127.0.0.1:4000"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string mistake(const std::vector<std::string>& words) {
  const auto line = parse(words);
  return line ? "none" : line.error().message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_run_takes_its_options) {
  const auto line = parse(run_with({"--durability", "power_loss", "--planted-bug", "a", "--checkpoint-every=7",
                                    "--stall-after", "250", "--feed-rate", "900", "--kill-switch-at-feed", "12"}));
  BOOST_REQUIRE(line.has_value());
  const EngineOptions& engine = line->engine;
  BOOST_TEST((line->command == Command::kRun));
  BOOST_TEST(engine.audit_path() == "/d/audit.log");
  BOOST_TEST(engine.exchange.port == 4000);
  BOOST_TEST(engine.feed.messages == 50U);
  BOOST_TEST(engine.feed.symbols == 8U);
  BOOST_TEST((engine.durability == postmortem::Durability::kPowerLoss));
  BOOST_TEST(engine.planted_bugs.size() == 1U);
  BOOST_TEST(engine.checkpoint_every == 7U);
  BOOST_TEST(engine.stall_after.count() == 250);
  BOOST_TEST(engine.feed_rate == 900U);
  BOOST_TEST(engine.kill_switch_at_feed == 12U);
}

BOOST_AUTO_TEST_CASE(recovery_alone_needs_neither_feed_nor_exchange) {
  BOOST_TEST(parse({"run", "--data", "/d", "--postmortem", "/p", "--recover-only"}).has_value());
}

BOOST_AUTO_TEST_CASE(every_mistake_is_named) {
  BOOST_TEST(mistake({}) == "a command is missing");
  BOOST_TEST(mistake({"walk"}) == "unknown command walk");
  BOOST_TEST(mistake({"run", "--postmortem", "/p"}) == "run needs --data");
  BOOST_TEST(mistake({"run", "--data", "/d"}) == "run needs --postmortem");
  BOOST_TEST(mistake(run_with({"--feed", "f"})) == "run needs either --feed or --feed-seed with --feed-messages");
  BOOST_TEST(mistake(run_with({"--exchange", "nowhere"})) == "exchange \"nowhere\" is not HOST:PORT");
  BOOST_TEST(mistake(run_with({"--exchange", "a.b:1"})) == "exchange host \"a.b\" is no IPv4 address");
  BOOST_TEST(mistake(run_with({"--exchange", "127.0.0.1:70000"})) == "exchange \"127.0.0.1:70000\" is not HOST:PORT");
  BOOST_TEST(mistake(run_with({"--durability", "eternal"})) ==
             "--durability: \"eternal\" is neither process_death nor power_loss");
  BOOST_TEST(mistake(run_with({"--feed-rate", "-1"})) == "--feed-rate: \"-1\" is not a number in range");
  BOOST_TEST(mistake(run_with({"--stall-after", "0"})) == "--stall-after: above zero, in milliseconds");
  BOOST_TEST(mistake(run_with({"--symbols", "0"})) == "--symbols: 1 to 8192");
  BOOST_TEST(mistake(run_with({"--speed", "1"})) == "unknown option --speed");
  BOOST_TEST(mistake(run_with({"--feed-rate"})) == "--feed-rate needs a value");
  BOOST_TEST(mistake(run_with({"more"})) == "unexpected argument more");
  BOOST_TEST(mistake({"generate-feed", "--seed", "1", "--messages", "5"}) == "generate-feed needs --out");
  BOOST_TEST(mistake({"generate-feed", "--seed", "1", "--out", "f"}) == "generate-feed needs --messages");
}
