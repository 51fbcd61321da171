// Goal: it is known which write was the first to fill a block, whatever the order of writes and truncations. Method:
// random records against a plain set of blocks.
#include "harness/storage/fresh_blocks.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "base/random.h"
#include "harness/storage/hand_written_record.h"

using namespace crashwright;
using namespace crashwright::harness;

BOOST_AUTO_TEST_CASE(the_first_to_fill_a_block_is_known_through_any_writes_truncations_and_holes) {
  constexpr uint64_t kSeed = 7;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  HandWrittenRecord record;
  std::vector<std::set<uint64_t>> expected;
  std::set<uint64_t> given;
  for (int step = 0; step < 2'000; ++step) {
    expected.emplace_back();
    if (random.below(8) == 0) {
      const uint64_t size = random.below(400'000);
      record.truncate(1, size);
      given.erase(given.lower_bound((size + 4095) / 4096), given.end());
      continue;
    }
    const uint64_t offset = random.below(300'000);
    if (random.below(6) == 0) {
      const uint64_t size = random.below(30'000);
      record.zero(1, offset, size);
      std::erase_if(given,
                    [&](uint64_t block) { return block * 4096 >= offset && (block + 1) * 4096 <= offset + size; });
      continue;
    }
    if (random.below(6) == 0) {
      record.ask_for(1, offset, random.below(60'000));
      expected.emplace_back();
    }
    const uint64_t size = 1 + random.below(random.below(4) == 0 ? 200'000 : 5'000);
    record.write(1, offset, std::string(size, 'x'));
    for (uint64_t block = offset / 4096; block <= (offset + size - 1) / 4096; ++block) {
      if (given.insert(block).second) expected.back().insert(block);
    }
  }
  const FreshBlocks fresh(record.operations());
  for (size_t i = 0; i < expected.size(); ++i) {
    std::set<uint64_t> found;
    for (const FreshRun& run : fresh.of(i)) {
      for (uint64_t block = run.first; block <= run.last; ++block) BOOST_TEST(found.insert(block).second);
    }
    BOOST_TEST((found == expected[i]), "operation " << i);
  }
}
