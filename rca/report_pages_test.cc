// Goal: what a dead process left cannot become a terminal's command, markup or a broken file; the schema holds.
// Method: a report whose every text is hostile, as terminal page, HTML, Markdown and JSON.
#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"
#include "rca/report_parts.h"

namespace crashwright::rca {
namespace {

constexpr const char* kHostile = "\x1b]0;owned\x07<script>alert(1)</script>```\n# title | cell \xff\xc2\x9b &\"";

AutopsyReport hostile_report() {
  AutopsyReport report;
  report.cause = "ASSERTION";
  report.family = "CHECK";
  report.detail = report.function = report.function_reason = report.thread_name = report.instruction = kHostile;
  report.fault_address_is = report.killer = kHostile;
  report.signal_number = 6;
  report.fault_address = 16;
  report.tid = report.pid = 7;
  report.evidence.push_back({EvidenceTier::kFrames, kHostile, "ASSERTION", 0.5, 1, 1, kHostile, kHostile});
  report.threads.push_back({7, kHostile, true, {{1, kHostile, kHostile, 3, kHostile, false, {kHostile}}}, false});
  report.story = report.system = report.missing = report.waits = report.wait_for_cycle = report.memory = {kHostile};
  return report;
}

BOOST_AUTO_TEST_CASE(a_terminal_is_told_no_commands) {
  const std::string page = autopsy_to_text(hostile_report(), {.all = true, .width = 80});
  for (const char c : page) BOOST_REQUIRE((static_cast<unsigned char>(c) >= 32 || c == '\n'));
  BOOST_TEST(page.find("\xc2\x9b") == std::string::npos);
  BOOST_TEST(page.find('\xff') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_page_of_html_has_no_markup_of_others) {
  const std::string page = autopsy_to_html(hostile_report());
  BOOST_TEST(page.find("<script") == std::string::npos);
  BOOST_TEST(page.find("&lt;script&gt;") != std::string::npos);
  BOOST_TEST(page.find('\x1b') == std::string::npos);
}

// Everything stands in code spans and fences, whose end the text cannot write.
BOOST_AUTO_TEST_CASE(a_page_of_markdown_has_no_markup_of_others) {
  const std::string page = autopsy_to_markdown(hostile_report());
  bool fenced = false;
  size_t begin = 0;
  while (begin < page.size()) {
    const size_t end = page.find('\n', begin);
    const std::string line = page.substr(begin, end - begin);
    begin = end + 1;
    if (line == "```") {
      fenced = !fenced;
      continue;
    }
    if (fenced) continue;
    bool code = false;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '`') code = !code;
      BOOST_REQUIRE_MESSAGE(code || line.compare(i, 7, "<script") != 0, line);
    }
    BOOST_TEST(!code, line);
    BOOST_TEST((line.find("# title") == std::string::npos || line.find("# title") > 0), line);
  }
  BOOST_TEST(!fenced);
}

BOOST_AUTO_TEST_CASE(json_stays_readable) {
  const auto again = autopsy_from_json(autopsy_to_json(hostile_report()));
  BOOST_REQUIRE(again);
  BOOST_TEST(again->waits.size() == 1U);
  BOOST_TEST(again->killer.find("<script>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(text_is_cut_between_characters) {
  BOOST_TEST(clip("\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "\xc3\xa4\xc3\xa4\xc3\xa4");
  BOOST_TEST(printable(clip("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 7)).find('?') == std::string::npos);
  BOOST_TEST(clip_front("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 6) == "...\xc3\xa4");
  BOOST_TEST(clip_front("abc", 3) == "abc");
}

BOOST_AUTO_TEST_CASE(a_frame_keeps_the_name_of_its_function_however_narrow_the_page) {
  AutopsyReport report;
  ThreadStack dead{.tid = 7, .name = "feed", .faulting = true, .frames = {}};
  for (const char* const name :
       {"book", "crashwright::mock_engine::TradingLoop::on_message(crashwright::Event const&)"}) {
    Frame frame;
    frame.function = name;
    frame.file = "/src/mock_engine/trading_loop.cc";
    frame.line = 7;
    dead.frames.push_back(frame);
  }
  dead.frames.push_back(dead.frames.back());
  dead.frames.back().function = "other::project::with::many::namespaces::and::More::than::fits::here::Ring::push";
  report.threads.push_back(dead);
  const std::string text = autopsy_to_text(report, {.width = 80});
  BOOST_TEST(text.find("#1  TradingLoop::on_message  mock_engine/trading_loop.cc:7\n") != std::string::npos, text);
  BOOST_TEST(text.find("::here::Ring::push  mock_engine/trading_loop.cc:7\n") != std::string::npos, text);
  BOOST_TEST(printable("a\tb\x7f") == "a b ");
}

}  // namespace
}  // namespace crashwright::rca
