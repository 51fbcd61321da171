// Goal: a profile's name can name a folder and is taken for no other profile.
#include "harness/scenario/profile_name.h"

#include <boost/test/unit_test.hpp>

using crashwright::harness::trouble_with_profile_name;

BOOST_AUTO_TEST_CASE(a_plain_word_is_a_name) {
  for (const char* const name : {"writeback", "E-4k", "no_order", "9p"})
    BOOST_TEST(trouble_with_profile_name(name) == "");
}

BOOST_AUTO_TEST_CASE(what_leads_out_of_a_folder_or_means_another_profile_is_none) {
  for (const char* const name : {"", "../../tmp/out", "a/b", ".", "two words", "E", "K", "S"}) {
    BOOST_TEST(trouble_with_profile_name(name) != "", name);
  }
}
