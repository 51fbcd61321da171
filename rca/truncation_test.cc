// Goal: what was cut anywhere gives an answer: no crash, no hang.
// Method: fifty texts, one for each of fifty wordings, cut at every byte; cores of twenty deaths, cut at every boundary
//         of headers, notes and segments and at random places. With CRASHWRIGHT_TRUNCATION=full in the environment (the
//         nightly command) the cores are cut at every byte, too (of one with an exhausted stack, of the first MiB):
//         each cut is read as a core, with its wait-for graph and heap; the whole autopsy, which reads files besides
//         that no cut touches, is held at one cut in some thousand.
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <set>

#include "base/file.h"
#include "base/random.h"
#include "rca/autopsy.h"
#include "rca/cause.h"
#include "rca/core_file.h"
#include "rca/heap_map.h"
#include "rca/testing/victim_run.h"
#include "rca/text_rule_tables.h"
#include "rca/wait_for_graph.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

constexpr uint64_t kSeed = 20260611;
constexpr size_t kEveryByteMax = size_t{1} << 20;
constexpr const char* kTwentyDeaths[] = {"null_in_thread",
                                         "wild_read",
                                         "non_canonical",
                                         "write_to_constant",
                                         "double_free",
                                         "invalid_free",
                                         "heap_overflow",
                                         "stack_overflow",
                                         "exhaustion",
                                         "abort",
                                         "exhaustion_in_thread",
                                         "assert",
                                         "exception",
                                         "bad_alloc",
                                         "division",
                                         "illegal",
                                         "bus",
                                         "exception_in_thread",
                                         "deadlock",
                                         "stall"};

bool is_full() { return std::getenv("CRASHWRIGHT_TRUNCATION") != nullptr; }

bool is_answer(const AutopsyReport& report) {
  return report.confidence >= 0 && report.confidence <= 1 &&
         (report.cause == "UNKNOWN" || std::string_view(find_cause(report.cause).name) == report.cause);
}

// A text in which the rule's wording stands as a runtime would print it.
std::string text_of(const TextRule& rule) {
  std::string line = "==4711==";
  for (const char c : std::string(rule.pattern)) {
    if (c == '^') {
      line.clear();
    } else if (c == '*') {
      line += "some 0x6020";
    } else {
      line += c == '~' ? '7' : c;
    }
  }
  return "12:00:01 trading\n" + line +
         " on address 0x602000000010 at pc 0x4f13bb\n"
         "    #0 0x4f13bb in desk::Book::apply(desk::Order const&) /src/book.cc:17:3\n"
         "    #1 0x4f1000 in main /src/main.cc:5 (BuildId: 0d58)\n==4711==ABORTING\n";
}

std::vector<const TextRule*> fifty_rules() {
  std::vector<const TextRule*> all;
  for (const auto& table :
       {sanitizer_text_rules(), kernel_text_rules(), runtime_text_rules(), library_text_rules(), check_text_rules(),
        signal_text_rules(), platform_text_rules(), service_text_rules(), storage_text_rules()}) {
    for (const TextRule& rule : table) all.push_back(&rule);
  }
  Random random(kSeed);
  std::vector<const TextRule*> chosen;
  while (chosen.size() < 50) chosen.push_back(all[random.below(all.size())]);
  return chosen;
}

// Where program headers, notes and segments begin and end, and a byte to either side.
std::set<size_t> boundaries(const std::string& core) {
  Elf64_Ehdr header{};
  std::memcpy(&header, core.data(), sizeof header);
  std::set<size_t> places = {0, 1, EI_NIDENT, sizeof header - 1, sizeof header};
  const auto add = [&](size_t at) {
    for (const size_t place : {at - 1, at, at + 1}) {
      if (place < core.size()) places.insert(place);
    }
  };
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr entry{};
    std::memcpy(&entry, core.data() + header.e_phoff + i * sizeof entry, sizeof entry);
    add(header.e_phoff + i * sizeof entry);
    add(entry.p_offset);
    add(entry.p_offset + entry.p_filesz);
    if (entry.p_type != PT_NOTE) continue;
    for (size_t at = entry.p_offset; at + sizeof(Elf64_Nhdr) < entry.p_offset + entry.p_filesz;) {
      Elf64_Nhdr note{};
      std::memcpy(&note, core.data() + at, sizeof note);
      add(at);
      at += sizeof note + ((note.n_namesz + 3) & ~3U) + ((note.n_descsz + 3) & ~3U);
    }
  }
  return places;
}

size_t end_of_notes(const std::string& core) {
  Elf64_Ehdr header{};
  std::memcpy(&header, core.data(), sizeof header);
  Elf64_Phdr notes{};
  std::memcpy(&notes, core.data() + header.e_phoff, sizeof notes);
  return std::min(core.size(), notes.p_offset + notes.p_filesz);
}

// All that reads the core's own bytes; symbols come from files that nothing cut.
void look_at(const std::string& path) {
  const auto core = CoreFile::open(path);
  if (!core) return;
  (void)find_wait_cycle(*core);
  const HeapMap heaps(*core);
  for (const CoreThread& thread : core->threads()) {
    (void)heaps.block_at(thread.registers.rsp);
    (void)core->read_word(thread.registers.rip);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(fifty_texts_cut_at_every_byte_give_an_answer) {
  BOOST_TEST_MESSAGE("seed " << kSeed);
  for (const TextRule* const rule : fifty_rules()) {
    const std::string text = text_of(*rule);
    for (size_t size = 0; size <= text.size(); ++size) {
      BOOST_REQUIRE_MESSAGE(is_answer(autopsy_text(text.substr(0, size))), rule->pattern);
    }
  }
}

BOOST_AUTO_TEST_CASE(cores_of_twenty_deaths_cut_at_every_boundary_give_an_answer) {
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  size_t cuts = 0;
  for (const char* const death : kTwentyDeaths) {
    const VictimRun run(Build::kPlain, death);
    const std::string whole = read_file(run.core()).value();
    std::set<size_t> places = boundaries(whole);
    for (int i = 0; i < 8; ++i) places.insert(random.below(whole.size()));
    for (size_t at = 0; is_full() && at < std::min(whole.size(), kEveryByteMax); ++at) places.insert(places.end(), at);
    // From the longest to the shortest, so that cutting the file is enough.
    size_t count = 0;
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      BOOST_REQUIRE(::truncate(run.core().c_str(), static_cast<off_t>(*place)) == 0);
      look_at(run.core());
      ++cuts;
      if (count++ % (!is_full() ? 64 : *place < end_of_notes(whole) ? 256 : 8192) != 0) continue;
      const auto report = autopsy_core(run.core(), {});
      BOOST_REQUIRE(report);
      BOOST_REQUIRE(is_answer(*report));
      BOOST_REQUIRE(!report->missing.empty());
    }
  }
  BOOST_TEST_MESSAGE(cuts << " cuts");
}

}  // namespace crashwright::rca
