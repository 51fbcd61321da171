// Goal: files that mean harm, or were never scenarios, are refused at once and say why; what is only unusual is read.
// Method: bytes made here, each within a second however large, since a parser that takes minutes is a harm by itself.

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "base/random.h"
#include "harness/scenario/include.h"
#include "harness/scenario/loader.h"
#include "harness/scenario/testing_folder.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {
namespace {

using Clock = std::chrono::steady_clock;

// The first complaint about a text, and that it came soon. Generous, since other tests may run beside this one.
Diagnostic refused(const std::string& text) {
  const auto start = Clock::now();
  const Loaded loaded = load_scenario_text("a.yaml", text);
  BOOST_TEST((Clock::now() - start < std::chrono::seconds(5)));
  BOOST_TEST(loaded.scenarios.empty());
  BOOST_REQUIRE(!loaded.diagnostics.empty());
  return loaded.diagnostics.front();
}

std::string repeated(const std::string& piece, size_t bytes) {
  std::string text;
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

const std::string kPlain = "name: x\nsession: {messages: 5}\n";

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_of_ten_megabytes_is_refused_unread) {
  const TestFolder folder;
  folder.write("huge.yaml", repeated("faults: [{sigkill: {at: a.b}}]\n", 10 << 20));
  const auto start = Clock::now();
  const Loaded loaded = load_scenarios({folder.path + "/huge.yaml"});
  BOOST_TEST((Clock::now() - start < std::chrono::seconds(1)));
  BOOST_REQUIRE(loaded.diagnostics.size() == 1);
  BOOST_TEST(loaded.diagnostics.front().code == code::kTooLarge);
  BOOST_TEST(loaded.diagnostics.front().message == "10485750 bytes; a scenario file has 65536 at most");
}

BOOST_AUTO_TEST_CASE(nesting_as_deep_as_the_file_allows_is_refused) {
  const size_t bytes = kScenarioBytesMax - 100;
  for (const char* const piece : {"[", "{", "[{a: ", "- ", "? ", "{? ", "!a ", "&a ", "- - ? "}) {
    BOOST_TEST_CONTEXT(piece) { BOOST_TEST(!refused("name: x\nwhy: \n" + repeated(piece, bytes)).code.empty()); }
  }
  std::string stairs;
  for (size_t depth = 0; stairs.size() + depth < bytes; ++depth) stairs += std::string(depth, ' ') + "a:\n";
  BOOST_TEST(refused(stairs).code == code::kTooComplex);
}

BOOST_AUTO_TEST_CASE(long_runs_of_what_a_scanner_looks_far_ahead_for_are_refused) {
  const size_t bytes = kScenarioBytesMax - 100;
  for (const char* const piece :
       {"\"", "'", "#", "a: ", "a, ", "%", "---\n", "...\n", "\n", "*a ", "|\n", ">\n", ": ", "\r\n"}) {
    BOOST_TEST_CONTEXT(piece) { BOOST_TEST(!refused("name: [x\n" + repeated(piece, bytes)).code.empty()); }
  }
}

BOOST_AUTO_TEST_CASE(aliases_that_would_unfold_into_gigabytes_stay_folded) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 200; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) text += "*a" + std::to_string(i - 1) + ", ";
    text += "]\n";
  }
  const auto start = Clock::now();
  const std::string said = diagnostics_to_text(load_scenario_text("a.yaml", text).diagnostics);
  BOOST_TEST((Clock::now() - start < std::chrono::seconds(5)));
  BOOST_TEST(said.find("a.yaml:1:5: error CW104: anchors are not part of the scenario language\n") == 0);
  BOOST_TEST(said.substr(said.size() - 46) == "1991 errors, of which the first 100 are shown\n");
  BOOST_TEST(said.size() < 64U * 1024);
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_and_windows_line_ends_change_nothing) {
  const std::string windows = "\xef\xbb\xbfname: x\r\nsession:\r\n  messages: 5\r\nfaults:\r\n- sigkill: {at: a.b}\r\n";
  const Loaded loaded = load_scenario_text("a.yaml", windows);
  BOOST_TEST(diagnostics_to_text(loaded.diagnostics) == "0 errors\n");
  BOOST_REQUIRE(loaded.scenarios.size() == 1);
  BOOST_TEST(loaded.scenarios.front().name == "x");
  BOOST_TEST(loaded.scenarios.front().session.messages == 5);
}

BOOST_AUTO_TEST_CASE(every_single_byte_that_is_no_text_is_found_at_its_place) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool text = byte == '\t' || byte == '\n' || (byte >= 0x20 && byte < 0x7f);
    const Loaded loaded = load_scenario_text("a.yaml", "name: x\n# ä" + std::string(1, static_cast<char>(byte)) + "\n");
    BOOST_TEST_CONTEXT("byte " << byte) {
      if (text) {
        BOOST_TEST(loaded.diagnostics.empty());
        continue;
      }
      // A carriage return before a newline ends the line.
      if (byte == '\r') continue;
      BOOST_REQUIRE(loaded.diagnostics.size() == 1);
      BOOST_TEST(loaded.diagnostics.front().code == code::kEncoding);
      BOOST_TEST(loaded.diagnostics.front().position.line == 2);
      BOOST_TEST(loaded.diagnostics.front().position.column == 4);
    }
  }
}

BOOST_AUTO_TEST_CASE(overlong_and_surrogate_sequences_are_no_text) {
  for (const char* const bytes :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xe2\x82", "\xc2\x85"}) {
    BOOST_TEST(refused(std::string("name: ") + bytes + "\n").code == code::kEncoding);
  }
}

BOOST_AUTO_TEST_CASE(a_truncated_scenario_never_passes_for_another_by_crashing) {
  const std::string whole =
      "name: \"größe\"\nsession: {messages: 5, durability: power_loss}\nfaults:\n  - sigkill: {at: a.b, hit: 3}\n"
      "matrix: {seeds: [1, 2], profiles: [E, S]}\nexpect:\n  rca: {cause: FPE}\n  skip: [handler]\n";
  for (size_t length = 0; length < whole.size(); ++length) {
    static_cast<void>(diagnostics_to_text(load_scenario_text("a.yaml", whole.substr(0, length)).diagnostics));
  }
}

BOOST_AUTO_TEST_CASE(drawn_damage_is_read_or_refused_and_its_complaints_are_printable) {
  constexpr uint64_t kSeed = 71128;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  const std::string whole =
      "name: x\nsession: {messages: 5}\nfaults:\n  - sigkill: {at: a.b, hit: 3}\n  - bit_flip: {offset: 50%}\n"
      "matrix: {seeds: [1, 2]}\nexpect: {rca: {cause: FPE}, broken: [handler]}\ntags: [a, b]\n";
  const std::string pieces = "{}[]:,-#&*!|>'\"%@`\n\t\\ ?x0~";
  for (int round = 0; round < 3'000; ++round) {
    std::string text = whole;
    for (uint64_t i = random.below(4) + 1; i > 0; --i) {
      const size_t at = random.below(text.size());
      const char piece =
          random.below(10) == 0 ? static_cast<char>(random.below(256)) : pieces[random.below(pieces.size())];
      if (random.below(2) == 0) {
        text[at] = piece;
      } else {
        text.insert(at, 1, piece);
      }
    }
    const Loaded loaded = load_scenario_text("a.yaml", text);
    BOOST_TEST(loaded.scenarios.empty() != loaded.diagnostics.empty());
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
      if (diagnostic.code.empty()) BOOST_ERROR("a complaint without a code about " + text);
      for (const char c : diagnostic_to_text(diagnostic)) {
        if (c != '\n' && static_cast<unsigned char>(c) < 0x20) BOOST_ERROR("a control character about " + text);
      }
    }
  }
}

}  // namespace crashwright::harness
