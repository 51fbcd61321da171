// Goal: `crashwright log` shows what was asked for and nothing else, in each of its formats, and says what is wrong.
// Method: the artefacts of a child that really died; the command writes into a file, which is compared or parsed.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/log_filter.h"
#include "harness/report/timeline_report.h"
#include "rca/testing/dead_engine.h"

namespace crashwright::harness::cli {
namespace {

using rca::testing::DeadEngine;

// What the command wrote; fails the test when it did not end well.
std::string shown(const DeadEngine& dead, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"log", dead.folder(), "--quiet", "--out", dead.file("shown")});
  BOOST_TEST_REQUIRE(run_command(arguments) == 0);
  return *read_file(dead.file("shown"));
}

size_t lines(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(text_has_time_severity_thread_and_what_was_said) {
  const DeadEngine dead;
  const std::string text = shown(dead, {"--source", "engine", "--source", "crash"});
  BOOST_TEST(lines(text) == 6U);  // the day, four records, the death
  BOOST_TEST(contains(text, " UTC\n"));
  BOOST_TEST(contains(text, " I trading    order 1 decided\n"));
  BOOST_TEST(contains(text, " D trading    order 1 handed to the socket\n"));
  BOOST_TEST(contains(text, " W feed       feed message 15 cannot be decoded\n"));
  BOOST_TEST(contains(text, " E trading    position limit of ACME reached\n"));
  BOOST_TEST(contains(text, " X trading    died of signal 11"));
  BOOST_TEST(!contains(text, "\033"));
}

BOOST_AUTO_TEST_CASE(filters_choose_by_thread_severity_source_and_text) {
  const DeadEngine dead;
  BOOST_TEST(lines(shown(dead, {"--source", "engine", "--thread", "feed"})) == 2U);
  BOOST_TEST(lines(shown(dead, {"--source", "engine", "--severity", "warn"})) == 3U);
  BOOST_TEST(lines(shown(dead, {"--grep", "POSITION LIMIT"})) == 2U);
  BOOST_TEST(lines(shown(dead, {"--source", "exchange", "--severity", "warn"})) == 2U);
  BOOST_TEST(shown(dead, {"--grep", "nobody said this"}).empty());
}

BOOST_AUTO_TEST_CASE(windows_are_counted_from_the_crash) {
  const DeadEngine dead;
  const std::string all = shown(dead, {});
  BOOST_TEST(lines(shown(dead, {"--around", "1h"})) == lines(all));
  BOOST_TEST(lines(shown(dead, {"--around", "1ns"})) == 2U);
  BOOST_TEST(lines(shown(dead, {"--since=-1h"})) == lines(all));
  BOOST_TEST(lines(shown(dead, {"--since=+0ns"})) == 2U);
  BOOST_TEST(shown(dead, {"--since=+1s"}).empty());
  BOOST_TEST(shown(dead, {"--until", "2001-01-01T00:00:00Z"}).empty());
  const std::string relative = shown(dead, {"--relative", "--source", "crash"});
  BOOST_TEST(relative.starts_with("      +0.000000 X trading "), relative);
}

BOOST_AUTO_TEST_CASE(json_is_one_object_a_line_with_fields_as_such) {
  const DeadEngine dead;
  std::istringstream text(shown(dead, {"--format", "json"}));
  size_t sources = 0;
  size_t deaths = 0;
  for (std::string line; std::getline(text, line);) {
    const auto json = nlohmann::json::parse(line);
    sources += json["record"] == "source" ? 1 : 0;
    deaths += json.value("death", false) ? 1 : 0;
    if (json["record"] == "event" && json["source"] == "audit") {
      BOOST_TEST(json["fields"]["symbol"] == "ACME");
      BOOST_TEST(json["fields"]["price_ticks"] == 1'234'500);
    }
  }
  BOOST_TEST(sources == 5U);
  BOOST_TEST(deaths == 1U);
}

BOOST_AUTO_TEST_CASE(a_perfetto_trace_has_named_tracks_and_times_in_order) {
  const DeadEngine dead;
  const auto trace = nlohmann::json::parse(shown(dead, {"--format", "perfetto"}));
  double previous = 0;
  std::vector<std::string> threads;
  size_t global = 0;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "M") {
      if (event["name"] == "thread_name") threads.push_back(event["args"]["name"]);
      continue;
    }
    BOOST_TEST((event["ph"] == "i"));
    BOOST_TEST(event["ts"].get<double>() >= previous);
    previous = event["ts"];
    global += event["s"] == "g" ? 1 : 0;
    BOOST_TEST((event["pid"].is_number() && event["tid"].is_number()));
  }
  BOOST_TEST(global == 1U);
  for (const char* const name : {"trading", "feed", "exchange", "audit"}) {
    BOOST_TEST((std::find(threads.begin(), threads.end(), name) != threads.end()), name);
  }
}

BOOST_AUTO_TEST_CASE(text_is_wrapped_below_itself_and_coloured_on_a_terminal_only) {
  rca::TimelineBuilder builder;
  rca::TimelineEvent event;
  event.source = builder.add_source(rca::TimelineKind::kEngineLog, "a", 1);
  event.wall_ns = 3'723'000'001'000;
  event.thread = "trading";
  event.severity = postmortem::Severity::kError;
  event.text = "a text that is longer\nthan forty columns have room for";
  builder.add(event);
  const rca::Timeline timeline = builder.finish();
  TimelineTextStyle style;
  BOOST_TEST(timeline_text(timeline, style) ==
             "1970-01-01 UTC\n01:02:03.000001 E trading    a text that is longer than forty columns have room for\n");
  style.width = 60;
  style.colour = true;
  const std::string indent(29, ' ');
  BOOST_TEST(timeline_text(timeline, style) ==
             "1970-01-01 UTC\n\033[31m01:02:03.000001 E trading    a text that is "
             "longer than\n" +
                 indent + "forty columns have room for\033[0m\n");
}

BOOST_AUTO_TEST_CASE(times_of_day_and_dates_are_understood) {
  rca::TimelineBuilder builder;
  rca::TimelineEvent event;
  event.source = builder.add_source(rca::TimelineKind::kEngineLog, "a", 1);
  event.wall_ns = 86'400'000'000'000 + 5;
  builder.add(event);
  const rca::Timeline timeline = builder.finish();
  BOOST_TEST(*time_on_axis("01:02:03.5", timeline) == 86'400'000'000'000 + 3'723'500'000'000);
  BOOST_TEST(*time_on_axis("1970-01-03T00:00:00Z", timeline) == 2 * 86'400'000'000'000);
  for (const char* const wrong : {"yesterday", "25:00:00", "11:02", "1970-13-01T00:00:00Z", ""}) {
    BOOST_TEST(!time_on_axis(wrong, timeline), wrong);
  }
  BOOST_TEST(time_on_axis("-5ms", timeline).error().message == "no crash record here to count from");
}

BOOST_AUTO_TEST_CASE(wrong_use_ends_with_2) {
  const DeadEngine dead;
  BOOST_TEST(run_command({"log"}) == 2);
  BOOST_TEST(run_command({"log", dead.file("none")}) == 2);
  BOOST_TEST(run_command({"log", dead.folder(), "--format", "yaml"}) == 2);
  BOOST_TEST(run_command({"log", dead.folder(), "--source", "moon"}) == 2);
  BOOST_TEST(run_command({"log", dead.folder(), "--around", "50"}) == 2);
  BOOST_TEST(run_command({"log", dead.file("audit.log"), "--around", "50ms"}) == 2);
}

}  // namespace crashwright::harness::cli
