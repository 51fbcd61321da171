// Goal: the events are enough to render every report, whatever text a dying program put into them, and however the run
// ended.

#include "harness/report/report.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "harness/report/event_json.h"
#include "harness/report/github.h"
#include "harness/report/testing/sample_run.h"

namespace crashwright::harness {
namespace {

using verifiers::Outcome;

constexpr const char* kHostile = "</pre><script>alert(1)</script>&\"'\x1b[31m\x01\xff\xc3(\xed\xa0\x80\xef\xbf\xbe";

CaseFinished finished(const std::string& id, Outcome outcome) {
  CaseFinished done = testing::sample_case(id, outcome);
  done.passages = {{"audit.append", 0}, {"feed.message", 12}};
  return done;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-report-XXXXXX";
    path = ::mkdtemp(name);
    log = std::move(*EventLog::open(path + "/events.jsonl"));
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void emit(const Event& event) const { log->on_event(event); }
  [[nodiscard]] std::string text(const std::string& file) const { return *read_file(path + "/" + file); }
  std::string path;
  std::unique_ptr<EventLog> log;
};

RunStarted started() {
  return {1'700'000'000'000'000'000U, 7, 3, 2, "crashwright 0.1.0", "mock_engine", "out", {"run"}};
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(markup_and_bad_bytes_are_escaped) {
  BOOST_TEST(escape_markup("<a href=\"x\">'&'</a>\n\t") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\n\t");
  BOOST_TEST(escape_markup("gr\xc3\xb6\xc3\x9f"
                           "e \xe2\x82\xac \xf0\x9f\x98\x80") ==
             "gr\xc3\xb6\xc3\x9f"
             "e \xe2\x82\xac \xf0\x9f\x98\x80");
  const std::string bad = "\xef\xbf\xbd";
  BOOST_TEST(escape_markup("\x01") == bad);
  BOOST_TEST(escape_markup("\xff") == bad);
  BOOST_TEST(escape_markup("\xc0\xaf") == bad + bad);
  BOOST_TEST(escape_markup("\xed\xa0\x80") == bad + bad + bad);
  BOOST_TEST(escape_markup("\xef\xbf\xbe") == bad);
  BOOST_TEST(escape_markup("\xc2\x9b") == bad);
  BOOST_TEST(escape_markup("\xe2\x82") == bad + bad);
}

BOOST_AUTO_TEST_CASE(every_event_survives_a_round_trip) {
  CaseFinished lacking = finished("b", Outcome::kError);
  lacking.machine_lacks = true;
  const Event events[] = {started(),
                          RunNote{"note"},
                          CaseStarted{"a", "name", "asan", 9, 11, {"ASAN_OPTIONS=x=1", "TOKEN=***", "UBSAN_OPTIONS"}},
                          CaseNote{"a", "died", 12},
                          finished("a", Outcome::kInconclusive),
                          lacking,
                          RunFinished{13, 14, true, 130}};
  for (const Event& event : events) {
    const std::string line = event_to_json(event);
    BOOST_TEST(line.find('\n') == std::string::npos);
    const auto back = event_from_json(line);
    BOOST_REQUIRE(back);
    BOOST_TEST(event_to_json(*back) == line);
  }
  const auto started_case = event_from_json(event_to_json(events[2]));
  BOOST_TEST(std::get<CaseStarted>(*started_case).environment == std::get<CaseStarted>(events[2]).environment);
  BOOST_TEST(std::get<CaseFinished>(*event_from_json(event_to_json(lacking))).machine_lacks);
  BOOST_TEST(!event_from_json("{\"event\":\"unheard of\"}"));
  BOOST_TEST(!event_from_json("{\"event\":\"run_note\"}"));
  BOOST_TEST(!event_from_json("{\"ev"));
}

BOOST_AUTO_TEST_CASE(hostile_text_stays_text_in_every_report) {
  const Folder folder;
  CaseFinished done = finished("a", Outcome::kFail);
  done.name = done.summary = done.why = done.repro = kHostile;
  done.verdicts[0].summary = kHostile;
  done.verdicts[0].details = {kHostile, std::string(1 << 20, '<')};
  folder.emit(started());
  folder.emit(done);
  BOOST_REQUIRE(write_reports(folder.path));
  for (const char* const file : {"report.html", "junit.xml"}) {
    const std::string text = folder.text(file);
    // The page has its own, and its policy lets no other run.
    BOOST_TEST(count(text, "<script") == (std::string(file) == "report.html" ? 1U : 0U));
    BOOST_TEST(text.find('\x1b') == std::string::npos);
    BOOST_TEST(text.find('\xff') == std::string::npos);
  }
  BOOST_TEST(folder.text("report.html").size() < 64U << 10);
}

BOOST_AUTO_TEST_CASE(junit_counts_each_kind_of_verdict) {
  RunRecord run;
  run.started = started();
  for (const Outcome outcome :
       {Outcome::kPass, Outcome::kFail, Outcome::kInconclusive, Outcome::kSkipped, Outcome::kError}) {
    CaseRecord record;
    record.finished = finished(verifiers::outcome_name(outcome), outcome);
    run.cases.push_back(record);
  }
  run.cases.emplace_back().started.case_id = "cut short";
  const std::string xml = render_junit(run);
  BOOST_TEST(xml.find("<testsuites name=\"crashwright\" tests=\"6\" failures=\"2\" errors=\"2\" time=\"") !=
             std::string::npos);
  BOOST_TEST(xml.find("<testsuite name=\"memory\" tests=\"5\"") != std::string::npos);
  BOOST_TEST(xml.find("<failure type=\"INCONCLUSIVE\"") != std::string::npos);
  BOOST_TEST(xml.find("repeat: crashwright run x.yaml --seed 7") != std::string::npos);
  BOOST_TEST(count(xml, "<testcase ") == count(xml, "</testcase>"));
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_is_rendered_from_what_there_is) {
  const Folder folder;
  folder.emit(started());
  folder.emit(CaseStarted{"a", "name of a", "release", 7, 1});
  folder.emit(finished("a", Outcome::kPass));
  folder.emit(CaseStarted{"b", "name of b", "release", 7, 1});
  folder.emit(CaseNote{"b", "engine died: SIGSEGV", 2});
  // The harness was killed in the middle of its last line.
  const std::string whole = folder.text("events.jsonl");
  BOOST_REQUIRE(write_file(folder.path + "/events.jsonl", whole + "{\"event\":\"case_fin"));
  BOOST_REQUIRE(write_reports(folder.path));
  const auto run = read_events(folder.path + "/events.jsonl");
  BOOST_REQUIRE(run);
  BOOST_TEST(run->damaged_lines == 1);
  BOOST_TEST(count_outcomes(*run).pass == 1);
  BOOST_TEST(count_outcomes(*run).unfinished == 1);
  BOOST_TEST(folder.text("report.html").find("interrupted") != std::string::npos);
  BOOST_TEST(folder.text("run.json").find("\"interrupted\": true") != std::string::npos);
  BOOST_TEST(folder.text("junit.xml").find("INTERRUPTED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(events_cut_at_any_byte_never_fail_the_reader) {
  const Folder folder;
  folder.emit(started());
  folder.emit(finished("a", Outcome::kPass));
  const std::string whole = folder.text("events.jsonl");
  const size_t first_line = whole.find('\n');
  for (size_t length = 0; length <= whole.size(); ++length) {
    BOOST_REQUIRE(write_file(folder.path + "/cut.jsonl", whole.substr(0, length)));
    const auto run = read_events(folder.path + "/cut.jsonl");
    BOOST_TEST(run.has_value() == (length >= first_line));
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_a_run_is_refused) {
  const Folder folder;
  BOOST_TEST(!write_reports(folder.path + "/nowhere"));
  BOOST_TEST(!write_reports(folder.path));
}

BOOST_AUTO_TEST_CASE(a_report_of_500_passing_cases_stays_below_2_MB) {
  RunRecord run;
  run.started = started();
  for (int i = 0; i < 500; ++i) {
    CaseRecord record;
    record.finished = finished("case-" + std::to_string(i), Outcome::kPass);
    record.finished->verdicts.assign(10, {"reconciliation", Outcome::kPass, std::string(120, 's'), {}});
    rca::AutopsyReport autopsy;
    autopsy.cause = "NULL_DEREF";
    rca::ThreadStack stack;
    stack.faulting = true;
    stack.frames.assign(40, {0x1234, "crashwright::mock_engine::OrderGateway::send", "mock_engine/order_gateway.cc", 70,
                             "mock_engine", false});
    autopsy.threads.assign(6, stack);
    for (size_t t = 1; t < autopsy.threads.size(); ++t) autopsy.threads[t].faulting = false;
    record.finished->autopsy = autopsy;
    run.cases.push_back(record);
  }
  BOOST_TEST(render_html(run).size() < 2U << 20);
}

BOOST_AUTO_TEST_CASE(what_did_not_pass_stands_before_everything_else_and_not_at_length) {
  RunRecord run;
  run.started = started();
  const auto add = [&](const std::string& id, Outcome outcome) {
    CaseRecord record;
    record.started.case_id = id;
    record.finished = finished(id, outcome);
    run.cases.push_back(record);
  };
  add("fine", Outcome::kPass);
  BOOST_TEST(count(render_html(run), "What did not pass") == 0U);
  for (const char* const id : {"a", "b", "c", "d", "e", "f"}) add(id, Outcome::kInconclusive);
  add("worst", Outcome::kFail);
  run.cases.back().finished->summary = std::string(300, 'x') + "the end";
  const std::string page = render_html(run);
  const size_t begin = page.find("What did not pass");
  const std::string part = page.substr(begin, page.find("id=\"overview\"") - begin);
  BOOST_TEST(part.find("href=\"#case-worst\"") < part.find("href=\"#case-a\""));
  BOOST_TEST(count(part, "<li>") == 5U);
  BOOST_TEST(count(part, "crashwright run x.yaml --seed 7") == 5U);
  BOOST_TEST(part.find("and 2 more") != std::string::npos);
  BOOST_TEST(part.find("xxx...") != std::string::npos);
  BOOST_TEST(part.find("the end") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(other_threads_stand_only_where_something_has_to_be_understood) {
  for (const Outcome outcome : {Outcome::kPass, Outcome::kFail}) {
    RunRecord run;
    run.started = started();
    run.cases.emplace_back().finished = finished("a", outcome);
    rca::ThreadStack dying;
    dying.name = "trading";
    dying.faulting = true;
    dying.frames.push_back({0x1234, "OrderGateway::send", "", 0, "mock_engine", false});
    rca::ThreadStack other = dying;
    other.name = "feed";
    other.faulting = false;
    other.frames[0].function = "FeedHandler::wait";
    run.cases[0].finished->autopsy.emplace().threads = {dying, other};
    const std::string page = render_html(run);
    BOOST_TEST(count(page, "OrderGateway::send\n") == 1U);
    BOOST_TEST(count(page, "FeedHandler::wait\n") == (outcome == Outcome::kPass ? 0U : 1U));
  }
}

BOOST_AUTO_TEST_CASE(a_report_of_500_failing_cases_stays_below_2_MB_and_keeps_every_verdict) {
  RunRecord run;
  run.started = started();
  for (int i = 0; i < 500; ++i) {
    CaseRecord record;
    record.started.case_id = "case-" + std::to_string(i);
    record.finished = finished(record.started.case_id, Outcome::kFail);
    record.finished->verdicts.assign(10, {"reconciliation", Outcome::kFail, std::string(120, 's'), {}});
    rca::AutopsyReport autopsy;
    autopsy.cause = "NULL_DEREF";
    rca::ThreadStack stack;
    stack.faulting = true;
    stack.frames.assign(60, {0x1234, "crashwright::mock_engine::OrderGateway::send", "mock_engine/order_gateway.cc", 70,
                             "mock_engine", false});
    autopsy.threads.assign(6, stack);
    autopsy.evidence.assign(
        50, {rca::EvidenceTier::kFrames, "core", "NULL_DEREF", 0.5, 1, 2, "core", std::string(200, 'e')});
    record.finished->autopsy = autopsy;
    run.cases.push_back(record);
  }
  const std::string page = render_html(run);
  BOOST_TEST(page.size() < 2U << 20);
  BOOST_TEST(count(page, "<details class=\"case\"") == 500U);
}

BOOST_AUTO_TEST_CASE(events_of_the_first_version_are_read) {
  const auto event = event_from_json(
      R"({"event":"run_started","version":1,"wall_ns":5,"seed":7,"cases":3,"jobs":2,"program":"crashwright 0.0.9",)"
      R"("engine":"e","folder":"f","argv":["run"]})");
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(std::get<RunStarted>(*event).shard.count == 0U);
  const auto end =
      event_from_json(R"({"event":"run_finished","wall_ns":9,"duration_ns":4,"interrupted":false,"exit_code":0})");
  BOOST_REQUIRE(end.has_value());
  BOOST_TEST(std::get<RunFinished>(*end).stopped_by == "");
}

BOOST_AUTO_TEST_CASE(github_sees_what_did_not_pass_and_no_command_of_a_dying_program) {
  RunRecord run;
  run.started = started();
  for (int i = 0; i < 12; ++i) {
    CaseRecord record;
    record.finished = finished("case-" + std::to_string(i), i == 0 ? Outcome::kPass : Outcome::kFail);
    record.finished->summary = "a\n::set-output name=x::y | <b>100%";
    record.finished->scenario_path = "/w/scenarios/memory/x.yaml";
    run.cases.push_back(record);
  }
  const std::string annotations = github_annotations(run, "/w");
  BOOST_TEST(count(annotations, "\n") == 11U);
  BOOST_TEST(count(annotations, "::error file=scenarios/memory/x.yaml,line=1,title=FAIL name of case-") == 10U);
  BOOST_TEST(count(annotations, "\n::set-output") == 0U);
  BOOST_TEST(count(annotations, "a%0A::set-output name=x::y | <b>100%25%0Arepeat: crashwright run") == 10U);
  BOOST_TEST(count(annotations, "::notice title=crashwright::1 more cases did not pass") == 1U);
  const std::string summary = run_markdown(run);
  BOOST_TEST(count(summary, "\n| FAIL | name of case-") == 11U);
  BOOST_TEST(count(summary, "<b>") == 0U);
}

BOOST_AUTO_TEST_CASE(a_trace_has_a_slice_for_each_case_on_as_many_tracks_as_ran_side_by_side) {
  RunRecord run;
  run.started = started();
  const auto add = [&](const char* id, uint64_t begin_ms, uint64_t duration_ms) {
    CaseRecord record;
    record.started = {id, id, "release", 7, run.started.wall_ns + begin_ms * 1'000'000};
    record.finished = finished(id, Outcome::kPass);
    record.finished->duration_ns = duration_ms * 1'000'000;
    record.notes.push_back({id, "died", record.started.wall_ns + 1'000'000});
    run.cases.push_back(record);
  };
  add("a", 0, 100);
  add("b", 10, 20);
  add("c", 40, 20);
  const std::string trace = render_perfetto(run);
  BOOST_TEST(count(trace, "\"ph\":\"X\"") == 3U);
  BOOST_TEST(count(trace, "\"name\":\"thread_name\"") == 2U);
  BOOST_TEST(count(trace, "\"name\":\"died\"") == 3U);
  BOOST_TEST(count(trace, "\"ts\":40000.0,\"dur\":20000.0,\"pid\":1,\"tid\":2") == 1U);
}

BOOST_AUTO_TEST_CASE(events_of_the_first_version_are_read_and_those_of_a_later_one_refused) {
  const auto old = read_events(std::string(CRASHWRIGHT_TEST_DATA) + "/events_version_1.jsonl");
  BOOST_REQUIRE(old.has_value());
  BOOST_TEST(old->damaged_lines == 0U);
  BOOST_TEST(count_outcomes(*old).fail == 1U);
  BOOST_TEST(count_outcomes(*old).inconclusive == 1U);
  BOOST_TEST(old->started.shard.count == 0U);
  BOOST_TEST(old->finished->stopped_by.empty());
  BOOST_TEST(old->cases.front().started.environment.empty());
  BOOST_TEST(count(render_html(*old), "<details class=\"case\"") == 2U);

  const Folder folder;
  std::string line = event_to_json(started());
  line.replace(line.find("\"version\":2"), 11, "\"version\":3");
  BOOST_REQUIRE(write_file(folder.path + "/events.jsonl", line + "\n"));
  const auto later = read_events(folder.path + "/events.jsonl");
  BOOST_REQUIRE(!later.has_value());
  BOOST_TEST(later.error().message ==
             folder.path + "/events.jsonl: events of version 3, and this program knows up to 2");
  BOOST_TEST(!later.error().remedy.empty());
}

BOOST_AUTO_TEST_CASE(the_matrix_shows_the_worst_verdict_of_each_point_and_fault) {
  const Folder folder;
  folder.emit(started());
  const auto emit = [&](const std::string& id, const char* kind, const char* point, const char* file, Outcome outcome) {
    CaseFinished done = finished(id, outcome);
    done.faults = {{"sigkill", "gateway.after_send", "confirmed", "", 0, 5, ""},
                   {kind, point, "confirmed", "", 1, 5, file}};
    folder.emit(CaseStarted{id, "name", "release", 7, 1});
    folder.emit(done);
  };
  emit("one", "torn_write", "recovery.start", "audit.log", Outcome::kPass);
  emit("two", "torn_write", "recovery.start", "audit.log", Outcome::kFail);
  emit("three", "sigkill", "recovery.reconciled", "", Outcome::kPass);
  const std::string page = render_html(*read_events(folder.path + "/events.jsonl"));
  BOOST_TEST(count(page, "<rect class=") == 2U);
  BOOST_TEST(count(page, "torn_write audit.log at recovery.start: 1 of 2 passed, worst FAIL") == 1U);
  BOOST_TEST(count(page, "sigkill at recovery.reconciled: 1 of 1 passed, worst PASS") == 1U);
  BOOST_TEST(count(page, "<script") == 1U);
}

BOOST_AUTO_TEST_CASE(a_run_of_one_point_or_one_fault_has_no_matrix) {
  const Folder folder;
  folder.emit(started());
  folder.emit(CaseStarted{"one", "name", "release", 7, 1});
  folder.emit(finished("one", Outcome::kPass));
  BOOST_TEST(count(render_html(*read_events(folder.path + "/events.jsonl")), "<svg") == 0U);
}

}  // namespace crashwright::harness
