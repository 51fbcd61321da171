// Fuzz target. Figures of a bench as they are kept, and the samples that measuring programs print.
#include "base/fuzz/fuzz_target.h"
#include "harness/figures/result_json.h"
#include "harness/figures/sample_set.h"

using namespace crashwright;

CRASHWRIGHT_FUZZ_TARGET(figures) {
  const uint8_t choice = fuzz::take_byte(input);
  if (choice % 2 == 0) {
    const auto results = harness::parse_bench_json(std::string(input));
    if (results) (void)harness::render_bench_json(*results);
  } else {
    (void)harness::parse_samples(choice % 4 == 1 ? harness::Speech::kSamples : harness::Speech::kGoogleBenchmark,
                                 std::string(input));
  }
}
