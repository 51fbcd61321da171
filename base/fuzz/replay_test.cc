// Goal: no parser of this room dies of, or hangs in, an input that the fuzzer kept or once choked on, nor in what is
//       left of it after cuts and flipped bits.
// Method: every target of the room with every file of its fuzz/seeds/NAME, whole and then damaged by a seeded random
//         number generator. The long search is the preset `fuzz` (run_all).
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/file.h"
#include "base/fuzz/fuzz_target.h"
#include "base/random.h"

namespace crashwright::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 20260719;
constexpr int kDamages = 200;  // of each input

std::vector<std::string> inputs_of(const std::string& name) {
  std::vector<std::string> inputs = {""};
  std::error_code none;
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(CRASHWRIGHT_FUZZ_SEEDS) / name, none)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const fs::path& path : paths) inputs.push_back(read_file(path).value());
  return inputs;
}

std::string damaged(std::string input, Random& random) {
  if (input.empty()) return std::string(random.below(64), static_cast<char>(random.below(256)));
  if (random.below(3) == 0) input.resize(random.below(input.size() + 1));
  for (uint64_t flips = random.below(8); flips > 0 && !input.empty(); --flips) {
    input[random.below(input.size())] ^= static_cast<char>(1U << random.below(8));
  }
  return input;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_parser_survives_what_the_fuzzer_kept_and_what_damage_makes_of_it) {
  BOOST_TEST_MESSAGE("seed " << kSeed);
  BOOST_TEST(!targets().empty());
  for (const Target& target : targets()) {
    BOOST_TEST_MESSAGE(target.name);
    Random random(kSeed);
    const std::vector<std::string> inputs = inputs_of(target.name);
    BOOST_TEST(inputs.size() > 1U, target.name << " has no input of its own in fuzz/seeds");
    for (const std::string& input : inputs) {
      target.run(input);
      for (int i = 0; i < kDamages; ++i) target.run(damaged(input, random));
    }
  }
}

}  // namespace crashwright::fuzz
