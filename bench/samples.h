// What a measuring program reports to `crashwright bench`: samples by name, one value for each repetition.
//
//   Samples samples;
//   interleave(repetitions(argc, argv, 9), {
//       [&] { samples.add("floor.write_ns", time_floor()); },
//       [&] { samples.add("ours.write_ns", time_ours()); },
//   });
//   samples.print();
//
// Names: "WHO.WHAT_UNIT". Only values of one program are ever divided by each other, and the n-th by the n-th: report
// as many of both. What cannot be measured here is absent("WHO", "why"), never a made-up value.
// Threads: one. Errors: a value that is no finite number ends the program.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace crashwright::bench {

class Samples {
 public:
  void add(const std::string& name, double value);
  void absent(const std::string& name, const std::string& why);
  // To standard output, as JSON: harness/figures/figure.h, Speech::kSamples.
  void print() const;

 private:
  std::map<std::string, std::vector<double>> values_;
  std::map<std::string, std::string> absent_;
};

// Each part once for each repetition, in an order that is drawn anew each time, so that what the machine does meanwhile
// falls on all of them alike.
void interleave(unsigned repetitions, const std::vector<std::function<void()>>& parts);

// The number after "--repetitions", else `standard`.
[[nodiscard]] unsigned repetitions(int argc, char** argv, unsigned standard);

// The value at `part` (0.5: median, 0.999) of `values`, which are put in order.
[[nodiscard]] double percentile(std::vector<double>& values, double part);

}  // namespace crashwright::bench
