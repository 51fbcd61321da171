// Goal: an input is blamed for a death only when the dying thread had it in hand, and quarantined at the stated number.
// Method: the page is opened as the next start would open it; the mark is set as the crash handler sets it.
#include "postmortem/input_guard.h"

#include <unistd.h>

#include <barrier>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "postmortem/audit_test_support.h"
#include "postmortem/crash_handler.h"

namespace crashwright::postmortem {
namespace {

struct Page : test::ScratchFolder {
  // One life of an engine: takes the input, and dies of it on this thread when `dies`.
  std::string live(InputKind kind, uint64_t number, bool dies) {
    InputGuard guard(file("inputs.bin"), {3, 2});
    BOOST_REQUIRE(guard.works());
    InputGuard::Hand hand = guard.hand(kind);
    hand.take(number);
    if (dies) mark_death();
    return guard.finding();
  }
  [[nodiscard]] bool quarantined(InputKind kind, uint64_t number) const {
    return InputGuard(file("inputs.bin"), {3, 2}).quarantined(kind, number);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(three_deaths_in_a_row_at_one_message_quarantine_it, Page) {
  BOOST_TEST(live(InputKind::kFeedMessage, 7, true).empty());
  BOOST_TEST(live(InputKind::kFeedMessage, 7, true) == "feed message 7 was in hand at the last death, 1 in a row");
  live(InputKind::kFeedMessage, 7, true);
  BOOST_TEST(quarantined(InputKind::kFeedMessage, 7));
  BOOST_TEST(!quarantined(InputKind::kFeedMessage, 8));
  BOOST_TEST(!quarantined(InputKind::kExchangeMessage, 7));
}

BOOST_FIXTURE_TEST_CASE(threads_that_come_at_the_same_time_have_hands_of_their_own, Page) {
  for (int round = 0; round < 200; ++round) {
    {
      InputGuard guard(file("inputs.bin"), {3, 2});
      std::barrier together(2);
      const auto take = [&](InputKind kind, uint64_t number) {
        together.arrive_and_wait();
        InputGuard::Hand hand = guard.hand(kind);
        hand.take(number);
        together.arrive_and_wait();
        if (kind == InputKind::kFeedMessage) mark_death();
        together.arrive_and_wait();
      };
      std::thread other(take, InputKind::kExchangeMessage, 8);
      take(InputKind::kFeedMessage, 7);
      other.join();
    }
    const std::string found = InputGuard(file("inputs.bin"), {3, 2}).finding();
    BOOST_REQUIRE_MESSAGE(found.starts_with("feed message 7 was in hand"), found);
  }
}

BOOST_FIXTURE_TEST_CASE(deaths_at_other_messages_begin_the_count_anew, Page) {
  for (const uint64_t number : {7, 7, 8, 7, 7}) live(InputKind::kFeedMessage, number, true);
  BOOST_TEST(!quarantined(InputKind::kFeedMessage, 7));
}

BOOST_FIXTURE_TEST_CASE(a_death_from_outside_blames_nobody, Page) {
  for (int i = 0; i < 5; ++i) live(InputKind::kFeedMessage, 7, false);
  BOOST_TEST(!quarantined(InputKind::kFeedMessage, 7));
}

BOOST_FIXTURE_TEST_CASE(an_input_that_was_put_down_is_not_blamed, Page) {
  for (int i = 0; i < 4; ++i) {
    InputGuard guard(file("inputs.bin"), {3, 2});
    InputGuard::Hand hand = guard.hand(InputKind::kFeedMessage);
    hand.take(7);
    hand.put_down();
    mark_death();
  }
  BOOST_TEST(!quarantined(InputKind::kFeedMessage, 7));
}

BOOST_FIXTURE_TEST_CASE(a_start_that_ends_in_order_for_want_of_something_outside_is_not_counted, Page) {
  for (int i = 0; i < 2; ++i) BOOST_TEST(InputGuard(file("inputs.bin"), {3, 2}).futile_starts() == i + 1U);
  for (int i = 0; i < 5; ++i) {
    InputGuard guard(file("inputs.bin"), {3, 3});
    BOOST_TEST(guard.futile_starts() == 3U);
    guard.out_of_our_hands();
  }
  InputGuard guard(file("inputs.bin"), {3, 3});
  guard.resumed();
  guard.out_of_our_hands();
  BOOST_TEST(guard.futile_starts() == 0U);
}

BOOST_FIXTURE_TEST_CASE(starts_without_progress_are_a_storm_until_one_resumes, Page) {
  for (int i = 0; i < 2; ++i) BOOST_TEST(!InputGuard(file("inputs.bin"), {3, 2}).storm());
  BOOST_TEST(InputGuard(file("inputs.bin"), {3, 2}).storm());
  {
    InputGuard guard(file("inputs.bin"), {3, 2});
    guard.resumed();
  }
  BOOST_TEST(!InputGuard(file("inputs.bin"), {3, 2}).storm());
}

BOOST_FIXTURE_TEST_CASE(a_page_that_makes_no_sense_is_taken_for_empty, Page) {
  std::ofstream(file("inputs.bin")) << std::string(4096, 'x');
  InputGuard guard(file("inputs.bin"), {3, 2});
  BOOST_TEST(guard.futile_starts() == 1U);
  BOOST_TEST(!guard.quarantined(InputKind::kFeedMessage, 7));
}

BOOST_FIXTURE_TEST_CASE(without_its_file_it_remembers_nothing_and_says_so, Page) {
  InputGuard guard(file("no/such/folder/inputs.bin"), {3, 2});
  BOOST_TEST(!guard.works());
  BOOST_TEST(!guard.storm());
  guard.hand(InputKind::kFeedMessage).take(7);
  guard.resumed();
}

}  // namespace crashwright::postmortem
