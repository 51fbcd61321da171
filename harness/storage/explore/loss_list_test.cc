// Goal: a list of losses gives back what was put into it, in any order, and takes no more memory than it promises,
// however many operations a program leaves unsynced. Method: random lists beside a map of the same losses; and the
// states that are planned for a record without a sync, counted in bytes of heap memory.
#include "harness/storage/explore/loss_list.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "base/random.h"
#include "harness/storage/explore/state_source.h"
#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSeed = 20'260'101;
using Losses = std::map<uint32_t, Loss>;

Loss any_loss(Random& random, uint32_t operation) {
  Loss loss{operation, {}};
  if (random.below(3) == 0) {
    for (uint64_t unit = random.below(1'000'000); loss.units.size() < 1 + random.below(20);
         unit += 1 + random.below(3)) {
      loss.units.push_back(unit);
    }
  }
  if (random.below(3) == 0) loss.size_kept = random.below(2) == 0 ? kAsFarAsAllowed : 1 + random.below(1'000);
  return loss;
}

std::vector<Loss> all(const LossList& list) { return {list.begin(), list.end()}; }
std::vector<Loss> all(const Losses& losses) {
  std::vector<Loss> values;
  for (const auto& [operation, loss] : losses) values.push_back(loss);
  return values;
}

// A program that writes on and on and never syncs.
HandWrittenRecord unsynced(uint32_t writes, size_t bytes) {
  static const std::string data(1 << 20, 'x');
  HandWrittenRecord record;
  record.create(1, "a");
  for (uint32_t i = 0; i < writes; ++i) record.write(1, uint64_t{i} * bytes, data.substr(0, bytes));
  return record;
}

struct Planned {
  size_t states = 0;
  size_t largest = 0;  // bytes of one
  size_t total = 0;
};

Planned plan(const HandWrittenRecord& record, Profile profile, size_t count) {
  const Recording recording = make_recording(record.operations());
  const DurabilityModel model(recording, storage_profile(profile));
  Planned planned;
  for (const CrashState& state : StateSource(model, kSeed).next(count)) {
    ++planned.states;
    planned.largest = std::max(planned.largest, state.losses.bytes());
    planned.total += state.losses.bytes();
  }
  return planned;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_put_in_comes_out_in_order_whatever_order_it_came_in) {
  Random random(kSeed);
  for (int round = 0; round < 200; ++round) {
    LossList list;
    Losses expected;
    for (uint64_t i = random.below(60); i > 0; --i) {
      const Loss loss = any_loss(random, static_cast<uint32_t>(random.below(80)));
      expected[loss.operation] = loss;
      list.set(loss);
    }
    BOOST_REQUIRE(all(list) == all(expected));
    BOOST_REQUIRE(list.size() == expected.size());
    const std::vector<Loss> losses = all(expected);
    LossList in_order;
    for (const Loss& loss : losses) in_order.set(loss);
    BOOST_REQUIRE(in_order == list);
    for (uint32_t operation = 0; operation < 80; ++operation) {
      const auto found = list.find(operation);
      BOOST_REQUIRE(found.has_value() == expected.contains(operation));
      if (found) BOOST_REQUIRE(*found == expected[operation]);
    }
    for (size_t i = 0; i < losses.size(); ++i) BOOST_REQUIRE(list[i] == losses[i]);
  }
}

BOOST_AUTO_TEST_CASE(lists_compare_as_their_losses_do_and_copies_are_changed_alone) {
  Random random(kSeed);
  LossList before;
  for (int round = 0; round < 300; ++round) {
    LossList list = random.below(2) == 0 ? before : LossList();
    list.set(any_loss(random, static_cast<uint32_t>(random.below(8))));
    BOOST_REQUIRE((list < before) == (all(list) < all(before)));
    BOOST_REQUIRE((list == before) == (all(list) == all(before)));
    before = list;
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_list_are_those_of_its_losses) {
  Random random(kSeed);
  Losses expected;
  LossList list;
  for (uint32_t operation = 0; operation < 40; operation += 1 + static_cast<uint32_t>(random.below(2))) {
    expected[operation] = any_loss(random, operation);
    list.set(expected[operation]);
  }
  const std::vector<Loss> losses = all(expected);
  for (size_t begin = 0; begin <= losses.size(); ++begin) {
    for (size_t end = begin; end <= losses.size(); ++end) {
      const auto from = losses.begin() + static_cast<ptrdiff_t>(begin);
      const auto to = losses.begin() + static_cast<ptrdiff_t>(end);
      std::vector<Loss> others(losses.begin(), from);
      others.insert(others.end(), to, losses.end());
      BOOST_REQUIRE(all(list.part(begin, end)) == std::vector<Loss>(from, to));
      BOOST_REQUIRE(all(list.without(begin, end)) == others);
    }
  }
  for (uint32_t operation = 0; operation <= 41; ++operation) {
    BOOST_REQUIRE(all(list.before(operation)) ==
                  std::vector<Loss>(losses.begin(),
                                    losses.begin() + std::distance(expected.begin(), expected.lower_bound(operation))));
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_finds_what_is_lost_of_operations_in_rising_order_across_gaps) {
  LossList list{{3, {}}, {4, {}}, {9, {1, 2, 5}}, {10, {}, 7}, {500, {}}};
  LossCursor cursor(list, 2);
  BOOST_TEST(cursor.at(2) == nullptr);
  for (const uint32_t operation : {3U, 9U, 10U}) {
    const Loss* const loss = cursor.at(operation);
    BOOST_REQUIRE(loss != nullptr);
    BOOST_TEST((*loss == *list.find(operation)));
  }
  BOOST_TEST(cursor.at(499) == nullptr);
  BOOST_TEST(cursor.at(500) != nullptr);
  BOOST_TEST(cursor.at(501) == nullptr);
}

BOOST_AUTO_TEST_CASE(neighbours_lost_alike_take_the_memory_of_one) {
  LossList whole;
  LossList sizes;
  for (uint32_t i = 0; i < 100'000; ++i) {
    whole.set({i, {}});
    sizes.set({i, {}, kAsFarAsAllowed});
  }
  BOOST_TEST(whole.size() == 100'000U);
  BOOST_TEST(whole.bytes() < 256U);
  BOOST_TEST(sizes.bytes() < 256U);
}

BOOST_AUTO_TEST_CASE(planned_states_of_a_program_that_never_syncs_stay_small) {
  constexpr uint32_t kWrites = 20'000;
  const HandWrittenRecord record = unsynced(kWrites, 4'096);
  for (const Profile profile : {Profile::kK, Profile::kE, Profile::kS}) {
    const Planned planned = plan(record, profile, 400);
    BOOST_TEST_MESSAGE(planned.states << " states, " << planned.total << " bytes, the largest " << planned.largest);
    BOOST_REQUIRE(planned.states > 40U);
    BOOST_TEST(planned.largest < kWrites * 32U);  // a torn loss by itself takes more than 90
    BOOST_TEST(planned.total < planned.states * kWrites * 2U);
    BOOST_TEST(planned.total < (16U << 20) + planned.largest);
  }
}

BOOST_AUTO_TEST_CASE(planned_states_of_large_torn_writes_stay_small) {
  constexpr uint32_t kWrites = 64;
  constexpr size_t kUnits = (1 << 20) / 512;
  const Planned planned = plan(unsynced(kWrites, 1 << 20), Profile::kS, 400);
  BOOST_TEST_MESSAGE(planned.states << " states, " << planned.total << " bytes, the largest " << planned.largest);
  BOOST_REQUIRE(planned.states > 100U);
  BOOST_TEST(planned.largest < kWrites * kUnits);  // a lost unit by itself takes 8
}
