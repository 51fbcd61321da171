// Goal: one bug is one group, and a bug that was fixed and is back is told from a new one and a known one.
#include "rca/triage.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"

namespace crashwright::rca {
namespace {

Crash crash(const std::string& path, const std::string& signature, double confidence = 0.9) {
  Crash made;
  made.path = path;
  made.report.signature = signature;
  made.report.confidence = confidence;
  made.report.cause = "NULL_DEREF";
  return made;
}

Crash no_crash(const std::string& path) {
  Crash made = crash(path, "");
  made.report.cause = "NONE";
  return made;
}

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-triage-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_back_comes_first_then_what_is_new_then_what_is_known) {
  const std::vector<Crash> crashes = {crash("a", "s1", 0.6), crash("b", "s2"), crash("c", "s1", 0.9), no_crash("d"),
                                      crash("e", "s3"),      crash("f", "s4"), crash("g", "s4")};
  const std::vector<KnownBug> known = {{"s1", BugState::kOpen, "ticket 7", "", "", 1},
                                       {"s2", BugState::kFixed, "", "", "", 1}};
  const auto groups = triage(crashes, known);
  BOOST_REQUIRE(groups.size() == 4U);
  BOOST_TEST(groups[0].signature == "s2");
  BOOST_TEST((groups[0].verdict == TriageVerdict::kRegressed));
  BOOST_TEST(groups[1].signature == "s4");  // the larger of the new ones
  BOOST_TEST((groups[2].verdict == TriageVerdict::kNew));
  BOOST_TEST((groups[3].verdict == TriageVerdict::kKnown));
  BOOST_TEST(groups[3].note == "ticket 7");
  BOOST_TEST(groups[3].crashes.front()->path == "c");
}

BOOST_AUTO_TEST_CASE(a_ledger_comes_back_as_it_was_written_and_a_torn_one_is_refused) {
  const Folder folder;
  const std::string path = folder.path + "/known.json";
  BOOST_TEST(read_ledger(path)->empty());
  std::vector<KnownBug> known = {{"s2", BugState::kFixed, "was", "OOM", "Book::add", 2}};
  const std::vector<Crash> crashes = {crash("a", "s1"), crash("b", "s2")};
  record_groups(triage(crashes, known), known);
  BOOST_REQUIRE(write_ledger(path, known));
  const auto read = read_ledger(path);
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->size() == 2U);
  BOOST_TEST((read->front().state == BugState::kOpen));  // it is back
  BOOST_TEST(read->front().crashes == 3U);
  BOOST_TEST(read->front().note == "was");
  const std::string text = *read_file(path);
  for (size_t size = 1; size + 2 < text.size(); ++size) {
    BOOST_REQUIRE(write_file(path, text.substr(0, size)));
    BOOST_REQUIRE(!read_ledger(path));
  }
}

BOOST_AUTO_TEST_CASE(crashes_that_nothing_tells_apart_stand_alone_and_no_ledger_keeps_them) {
  std::vector<KnownBug> known;
  const std::vector<Crash> crashes = {crash("a", ""), crash("b", "")};
  const auto groups = triage(crashes, known);
  BOOST_REQUIRE(groups.size() == 2U);
  BOOST_TEST((groups[0].verdict == TriageVerdict::kNew));
  record_groups(groups, known);
  BOOST_TEST(known.empty());
}

BOOST_AUTO_TEST_CASE(a_ledger_of_the_version_before_still_counts_and_is_brought_up_to_date) {
  std::vector<KnownBug> known = {
      {"cw2:MEMORY:USE_AFTER_FREE:00000000000000aa", BugState::kFixed, "ticket 7", "", "", 2},
      {"cw2:MEMORY:NULL_DEREF:baf32b5f8345c62c", BugState::kOpen, "of the family alone", "", "", 9}};
  const std::vector<Crash> crashes = {crash("a", "cw3:MEMORY:CORRUPTION:00000000000000aa"),
                                      crash("b", "cw2:MEMORY:WILD_ACCESS:00000000000000aa"),
                                      crash("c", "cw2:MEMORY:NULL_DEREF:baf32b5f8345c62c")};
  const auto groups = triage(crashes, known);
  BOOST_REQUIRE(groups.size() == 2U);
  BOOST_TEST((groups[0].verdict == TriageVerdict::kRegressed));
  BOOST_TEST(groups[0].note == "ticket 7");
  BOOST_TEST(groups[0].crashes.size() == 2U);
  BOOST_TEST((groups[1].verdict == TriageVerdict::kNew));  // frames were not read then: it meant the family
  record_groups(groups, known);
  BOOST_TEST(known[0].signature == "cw3:MEMORY:CORRUPTION:00000000000000aa");
  BOOST_TEST(known[1].signature == "cw2:MEMORY:NULL_DEREF:baf32b5f8345c62c");
}

}  // namespace crashwright::rca
