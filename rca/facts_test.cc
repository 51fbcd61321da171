// facts.json: goal: what is written comes back, and no damaged file is taken for a whole one.
#include "rca/facts.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"

namespace crashwright::rca {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/crashwright-facts-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return path + "/facts.json"; }
  std::string path;
};

CaseFacts sample() {
  CaseFacts facts;
  facts.name = "null dereference \"quoted\"";
  facts.seed = 18446744073709551615U;
  facts.recovery_time_ns = 123;
  facts.power_lost = true;
  facts.leftovers = {"/tmp/x"};
  ProcessFacts process;
  process.role = "engine";
  process.incarnation = 1;
  process.folder = "inc1";
  process.argv = {"mock_engine", "run", "--data", "d"};
  process.build = "asan";
  process.pid = 42;
  process.wait_status = 139;
  process.core_dumped = true;
  process.core_path = "inc1/core";
  process.killed_by = "harness";
  process.oom_kills = 3;
  process.control_dump = "inc1/control.bin";
  facts.processes = {process, {}};
  facts.faults = {{"null_dereference", "feed.message", "confirmed", "wait status SIGSEGV", 1, 99, ""}};
  return facts;
}

BOOST_AUTO_TEST_CASE(facts_written_come_back) {
  const Folder folder;
  BOOST_REQUIRE(write_case_facts(folder.file(), sample()));
  const auto read = read_case_facts(folder.file());
  BOOST_REQUIRE(read);
  BOOST_TEST(read->name == sample().name);
  BOOST_TEST(read->seed == sample().seed);
  BOOST_TEST(read->recovery_time_ns.value() == 123U);
  BOOST_TEST(read->power_lost);
  BOOST_REQUIRE_EQUAL(read->processes.size(), 2U);
  BOOST_TEST(read->processes[0].argv == sample().processes[0].argv, boost::test_tools::per_element());
  BOOST_TEST(read->processes[0].wait_status == 139);
  BOOST_TEST(read->processes[0].core_dumped);
  BOOST_TEST(read->processes[0].control_dump == "inc1/control.bin");
  BOOST_REQUIRE_EQUAL(read->faults.size(), 1U);
  BOOST_TEST(read->faults[0].confirmed_by == "wait status SIGSEGV");
  BOOST_TEST(read->faults[0].fired_ns == 99U);
}

BOOST_AUTO_TEST_CASE(a_facts_file_torn_at_any_byte_is_refused) {
  const Folder folder;
  BOOST_REQUIRE(write_case_facts(folder.file(), sample()));
  const std::string whole = read_file(folder.file()).value();
  const size_t last_brace = whole.rfind('}');
  for (size_t size = 0; size <= last_brace; ++size) {
    BOOST_REQUIRE(write_file(folder.file(), whole.substr(0, size)));
    BOOST_REQUIRE(!read_case_facts(folder.file()));
  }
}

BOOST_AUTO_TEST_CASE(a_facts_file_of_another_version_is_refused) {
  const Folder folder;
  BOOST_REQUIRE(write_file(folder.file(), R"({"format":"crashwright-facts","version":2})"));
  const auto read = read_case_facts(folder.file());
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().message.find("facts version 2, this reader knows 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_of_the_wrong_type_is_refused) {
  const Folder folder;
  BOOST_REQUIRE(write_file(folder.file(), R"({"format":"crashwright-facts","version":1,"processes":[{"pid":"x"}]})"));
  BOOST_TEST(!read_case_facts(folder.file()));
  BOOST_REQUIRE(write_file(folder.file(), R"({"format":"crashwright-facts","version":1,"processes":[7]})"));
  BOOST_TEST(!read_case_facts(folder.file()));
}

}  // namespace
}  // namespace crashwright::rca
