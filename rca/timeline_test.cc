// Goal: whatever a death left stands on one axis, in the order in which it happened, and what is damaged is said.
// Method: the artefacts of a child that really died beside a drop copy and a feed; hand-made events for the axis's
// rules.
#include "rca/timeline.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "rca/testing/dead_engine.h"

namespace crashwright::rca {
namespace {

size_t index_of(const Timeline& timeline, const std::string& part) {
  for (size_t i = 0; i < timeline.events.size(); ++i) {
    if (timeline.events[i].text.find(part) != std::string::npos) return i;
  }
  BOOST_ERROR("no event says \"" << part << "\"");
  return timeline.events.size();
}

const TimelineSource& source_of(const Timeline& timeline, TimelineKind kind) {
  for (const TimelineSource& source : timeline.sources) {
    if (source.kind == kind) return source;
  }
  throw std::runtime_error("no such source");
}

TimelineEvent event_at(size_t source, uint64_t monotonic_ns, uint64_t wall_ns, const std::string& text) {
  TimelineEvent event;
  event.source = source;
  event.monotonic_ns = monotonic_ns;
  event.wall_ns = wall_ns;
  event.text = text;
  return event;
}

}  // namespace

BOOST_AUTO_TEST_CASE(five_sources_of_one_death_stand_in_the_order_in_which_it_happened) {
  const testing::DeadEngine dead;
  const auto timeline = read_timeline({dead.folder()});
  BOOST_REQUIRE(timeline);
  BOOST_TEST(timeline->sources.size() == 5U);
  size_t previous = 0;
  for (const char* const text :
       {"order 1 decided", "feed 10 add order 1010 S 500 ACME at 1234500 ticks", "intent_enter order 1",
        "order 1 handed to the socket", "in enter", "out rejected", "feed message 15 cannot be decoded",
        "feed 20 add order", "intent_enter order 2", "position limit of ACME reached", "died of signal 11"}) {
    const size_t found = index_of(*timeline, text);
    BOOST_TEST(found >= previous, text << " stands at " << found << ", behind " << previous);
    previous = found;
  }
  for (size_t i = 1; i < timeline->events.size(); ++i) {
    BOOST_TEST(timeline->events[i].at_ns >= timeline->events[i - 1].at_ns);
  }
  BOOST_REQUIRE(timeline->crashes.size() == 1U);
  BOOST_TEST(timeline->crashes[0].event == timeline->events.size() - 1);
  BOOST_TEST(timeline->events.back().thread == "trading");
}

BOOST_AUTO_TEST_CASE(a_feed_is_placed_between_the_records_that_it_caused) {
  const testing::DeadEngine dead;
  const auto timeline = read_timeline({dead.folder()});
  BOOST_REQUIRE(timeline);
  const TimelineSource& feed = source_of(*timeline, TimelineKind::kFeed);
  BOOST_TEST(feed.events == 11U);  // 10 to 20
  BOOST_TEST(feed.notes == std::vector<std::string>{"19 of 30 messages lie outside what the audit log can place"});
  const TimelineEvent& between = timeline->events[index_of(*timeline, "feed 15 ")];
  const TimelineEvent& first = timeline->events[index_of(*timeline, "feed 10 ")];
  const TimelineEvent& last = timeline->events[index_of(*timeline, "feed 20 ")];
  BOOST_TEST(between.at_ns > first.at_ns);
  BOOST_TEST(between.at_ns < last.at_ns);
  BOOST_TEST(between.error_ns >= last.at_ns - first.at_ns);
}

BOOST_AUTO_TEST_CASE(a_torn_line_of_a_drop_copy_is_dropped_and_said) {
  const testing::DeadEngine dead;
  const auto timeline = read_timeline({dead.file("drop_copy.jsonl")});
  BOOST_REQUIRE(timeline);
  BOOST_TEST(timeline->events.size() == 2U);
  BOOST_TEST(timeline->sources.at(0).notes == std::vector<std::string>{"line 3 has no end and was dropped"});
  BOOST_TEST((timeline->events[1].severity == postmortem::Severity::kWarn));
}

BOOST_AUTO_TEST_CASE(a_step_of_the_wall_clock_does_not_reorder_sources_of_one_boot) {
  TimelineBuilder builder;
  const size_t log = builder.add_source(TimelineKind::kEngineLog, "a", 1);
  const size_t audit = builder.add_source(TimelineKind::kAuditLog, "b", 0);
  const size_t exchange = builder.add_source(TimelineKind::kExchange, "c", 0);
  builder.add(event_at(exchange, 300, 0, "third"));
  builder.add(event_at(audit, 200, 500, "second, the wall clock was set back"));
  builder.add(event_at(log, 100, 1100, "first"));
  const Timeline timeline = builder.finish();
  BOOST_REQUIRE(timeline.events.size() == 3U);
  BOOST_TEST(timeline.events[0].text == "first");
  BOOST_TEST(timeline.events[2].text == "third");
  BOOST_TEST(timeline.events[2].at_ns - timeline.events[0].at_ns == 200U);
}

BOOST_AUTO_TEST_CASE(equal_times_keep_the_order_of_their_source) {
  TimelineBuilder builder;
  const size_t source = builder.add_source(TimelineKind::kExchange, "a", 0);
  for (const char* const text : {"one", "two", "three"}) builder.add(event_at(source, 100, 0, text));
  const Timeline timeline = builder.finish();
  BOOST_TEST(timeline.events[0].text == "one");
  BOOST_TEST(timeline.events[1].text == "two");
  BOOST_TEST(timeline.events[2].text == "three");
}

BOOST_AUTO_TEST_CASE(golden_and_recovered_sessions_of_a_case_are_not_mixed_in) {
  const testing::DeadEngine dead;
  std::filesystem::create_directories(dead.file("golden"));
  std::filesystem::copy(dead.file("drop_copy.jsonl"), dead.file("golden/drop_copy.jsonl"));
  BOOST_REQUIRE(write_file(dead.file("facts.json"), "{}"));
  BOOST_TEST(read_timeline({dead.folder()})->sources.size() == 5U);
  BOOST_TEST(read_timeline({dead.folder(), dead.file("golden")})->sources.size() == 6U);
}

BOOST_AUTO_TEST_CASE(a_file_named_twice_is_read_once) {
  const testing::DeadEngine dead;
  const auto timeline = read_timeline({dead.file("audit.log"), dead.file("audit.log")});
  BOOST_REQUIRE(timeline);
  BOOST_TEST(timeline->sources.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_damaged_source_among_others_is_a_note_alone_it_is_an_error) {
  const testing::DeadEngine dead;
  const std::string damaged = dead.file("flight-2.rec");
  BOOST_REQUIRE(write_file(damaged, "CWFLFT01" + std::string(5000, 'x')));
  const auto timeline = read_timeline({dead.folder()});
  BOOST_REQUIRE(timeline);
  size_t notes = 0;
  for (const TimelineSource& source : timeline->sources) {
    if (source.path == damaged) notes += source.notes.size();
  }
  BOOST_TEST(notes == 1U);
  BOOST_TEST(!read_timeline({damaged}));
}

BOOST_AUTO_TEST_CASE(what_two_copies_of_a_log_tell_is_shown_once) {
  TimelineBuilder builder;
  const size_t first = builder.add_source(TimelineKind::kAuditLog, "inc0/audit.log", 0);
  const size_t second = builder.add_source(TimelineKind::kAuditLog, "inc1/audit.log", 0);
  const size_t engine = builder.add_source(TimelineKind::kEngineLog, "flight-1.rec", 0);
  builder.add(event_at(first, 100, 1100, "order 1"));
  builder.add(event_at(first, 100, 1100, "order 1"));  // said twice by one log is said twice
  builder.add(event_at(second, 100, 1100, "order 1"));
  builder.add(event_at(second, 200, 1200, "order 2"));
  builder.add(event_at(engine, 100, 1100, "order 1"));  // another witness
  const Timeline timeline = builder.finish();
  BOOST_TEST(timeline.events.size() == 4U);
  BOOST_TEST(timeline.sources[second].events == 1U);
  BOOST_REQUIRE(timeline.sources[second].notes.size() == 1U);
  BOOST_TEST(timeline.sources[second].notes[0] == "1 events stand in another copy too and are shown once");
}

BOOST_AUTO_TEST_CASE(wrong_paths_are_wrong_use) {
  const testing::DeadEngine dead;
  const auto missing = read_timeline({dead.file("none")});
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().message == dead.file("none") + ": no such file or folder");
  BOOST_REQUIRE(write_file(dead.file("text"), "hello"));
  const auto other = read_timeline({dead.file("text")});
  BOOST_REQUIRE(!other);
  BOOST_TEST(other.error().message == dead.file("text") + ": no file that has a place on a time axis");
}

}  // namespace crashwright::rca
