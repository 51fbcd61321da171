// Goal: the campaign that counts what deaths take away runs, loses nothing, and its deaths are the ones that are meant.
// Method: a few deaths of each kind; log_deaths_bench has them by the thousand.
#include "bench/flight_deaths.h"

#include <boost/test/unit_test.hpp>
#include <iostream>

namespace crashwright::bench {

BOOST_AUTO_TEST_CASE(a_few_deaths_of_each_kind_cost_no_committed_record) {
  constexpr uint64_t kSeed = 5;
  std::cout << "seed " << kSeed << '\n';
  auto campaign = DeathCampaign::make("/tmp", kSeed);
  BOOST_REQUIRE(campaign);
  for (const Death death : {Death::kSigkill, Death::kSigsegv, Death::kAbort, Death::kOomKill}) {
    const auto toll = (*campaign)->run(death, 8);
    if (!toll && death == Death::kOomKill) {
      std::cout << "not here: " << toll.error().message << '\n';
      continue;
    }
    BOOST_REQUIRE(toll);
    BOOST_TEST(toll->deaths == 8U);
    BOOST_TEST(toll->unconfirmed == 0U);
    BOOST_TEST(toll->lost == 0U);
    BOOST_TEST(toll->wrong == 0U);
    BOOST_TEST(toll->recovered > 0U);
  }
}

}  // namespace crashwright::bench
