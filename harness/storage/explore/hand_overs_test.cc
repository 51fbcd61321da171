// Goal: only crash points between stores that came down together are taken for such. Method: records written down by
// hand, with the places of calls that the layer would have noted.
#include "harness/storage/explore/hand_overs.h"

#include <boost/test/unit_test.hpp>

#include "harness/storage/explore/crash_state.h"
#include "harness/storage/hand_written_record.h"

using namespace crashwright::harness;

namespace {

void store(HandWrittenRecord& record, uint64_t page, uint16_t place = 0) {
  record.write(1, page * kFileBlockBytes, "x");
  auto& made = const_cast<Operation&>(record.operations().back());
  made.flags |= kFromMapping;
  made.place = place;
}

void write_at(HandWrittenRecord& record, uint16_t place) {
  const_cast<Operation&>(record.write(2, 0, "x").operations().back()).place = place;
}

std::vector<uint32_t> points_inside(const HandWrittenRecord& record) {
  const Recording recording = make_recording(record.operations());
  const HandOvers hand_overs(recording);
  std::vector<uint32_t> inside;
  for (uint32_t point = 0; point <= recording.size(); ++point) {
    if (hand_overs.inside(point)) inside.push_back(point);
  }
  return inside;
}

}  // namespace

BOOST_AUTO_TEST_CASE(points_lie_inside_only_between_stores_and_never_at_a_call_or_an_acknowledgement) {
  HandWrittenRecord record;
  store(record, 0);
  store(record, 1);
  store(record, 2);
  record.sync(1);
  store(record, 0);
  record.acknowledge("1");
  store(record, 3);
  store(record, 4);
  const std::vector<uint32_t> expected{1, 2, 6};
  BOOST_TEST(points_inside(record) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_another_thread_does_meanwhile_ends_no_hand_over_and_the_call_itself_does) {
  HandWrittenRecord record;
  store(record, 0, 5);
  write_at(record, 6);  // another thread's
  store(record, 1, 5);
  write_at(record, 5);  // the call before which they came down
  store(record, 0, 5);
  write_at(record, 6);
  store(record, 1, 7);
  const std::vector<uint32_t> expected{1, 2};
  BOOST_TEST(points_inside(record) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_everything_is_kept_a_state_moves_behind_the_hand_over_and_elsewhere_it_stays) {
  HandWrittenRecord record;
  record.create(1, "map").sync(1);
  store(record, 0);
  store(record, 1);
  store(record, 2);
  record.sync(1);
  const Recording recording = make_recording(record.operations());
  for (const auto& [profile, point] : {std::pair{Profile::kK, 5U}, {Profile::kE, 3U}, {Profile::kS, 3U}}) {
    const DurabilityModel model(recording, storage_profile(profile));
    CrashState state{3, {}};
    BOOST_TEST(is_allowed(model, state) == (point == 3U));
    make_allowed(model, state);
    BOOST_TEST(state.point == point);
  }
}
