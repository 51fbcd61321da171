// What one measuring program reported: samples by name, one value for each repetition.
//
// Formats: figure.h, Speech. Values that are no finite number are refused.
// Threads: values. Errors: kCorrupt with what is wrong in the text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/figures/figure.h"

namespace crashwright::harness {

struct SampleSet {
  std::map<std::string, std::vector<double>> samples;
  std::map<std::string, std::string> absent;  // what could not be measured, and why
};

[[nodiscard]] Result<SampleSet> parse_samples(Speech speech, const std::string& text);

// Median and quartiles over the repetitions.
struct Spread {
  double median = 0;
  double low = 0;
  double high = 0;
  size_t repetitions = 0;
};

// Of at least one value.
[[nodiscard]] Spread spread_of(std::vector<double> values);

}  // namespace crashwright::harness
