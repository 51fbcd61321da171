// Goal: what became of a storage fault is told without numbers that nobody can read, and a slip in a rule gets the word
// that was meant.
#include "harness/storage/fault_words.h"

#include <boost/test/unit_test.hpp>

using namespace crashwright::harness;

BOOST_AUTO_TEST_CASE(what_was_seen_of_a_fault_is_told_in_its_own_unit) {
  BOOST_TEST(fault_report_in_words("eio_fsync confirmed 5") == "eio_fsync happened: the program was answered EIO");
  BOOST_TEST(fault_report_in_words("enospc confirmed 28") == "enospc happened: the program was answered ENOSPC");
  BOOST_TEST(fault_report_in_words("short_write confirmed 2") ==
             "short_write happened: 2 bytes of the write were taken");
  BOOST_TEST(fault_report_in_words("slow_fsync confirmed 30000000") ==
             "slow_fsync happened: the sync took 30 ms longer");
  BOOST_TEST(fault_report_in_words("eio_fsync armed 0") == "eio_fsync never fired: no operation met it");
  BOOST_TEST(fault_report_in_words("something else") == "something else");
}

BOOST_AUTO_TEST_CASE(a_mistyped_rule_is_told_what_it_was_meant_to_be) {
  const auto remedy = [](const char* rule) {
    const auto checked = check_storage_fault(rule);
    BOOST_REQUIRE(!checked);
    return checked.error().remedy;
  };
  BOOST_TEST(remedy("eio_fsinc path=*.wal") == "did you mean \"eio_fsync\"?");
  BOOST_TEST(remedy("eio_fsync pth=*.wal") == "did you mean \"path\"?");
  BOOST_TEST(remedy("eio_fsync nth=0").starts_with("docs/storage.md has "));
  BOOST_TEST(check_storage_fault("eio_fsync path=*.wal nth=3").has_value());
}
