// A figure: one number that the project promises, its bar, and where it comes from. A measurement: one run of a
// measuring program, from which any number of figures are taken.
//
// One file per area lists its measurements and figures, registry.h offers them all. Adding a figure: one entry in that
// file; bench/README.md shows it in five lines.
// Threads: immutable after start.
#pragma once

#include <string>
#include <vector>

namespace crashwright::harness {

// What the program prints on standard output.
enum class Speech {
  kSamples,          // {"samples": {"NAME": [1.0, 1.1, ...]}, "absent": {"NAME": "why"}}
  kGoogleBenchmark,  // --benchmark_format=json; a sample is "BENCHMARK:COUNTER", for example "commit_one:real_time"
};

struct Measurement {
  std::string name;     // "log"
  std::string program;  // file beside `crashwright`
  std::vector<std::string> arguments;
  Speech speech = Speech::kSamples;
  unsigned seconds_max = 170;  // ended then: its figures count as not measured
};

enum class Direction {
  kAtMost,   // holds when value <= bar
  kAtLeast,  // value >= bar
  kAbove,    // value > bar
};

// Written as a sentence:
//   at_most(60, "audit.append_p50_ns", "append, median").in("ns").from("audit", "audit.append_p50_ns")
//   at_least(2, "audit.commits_vs_ref", "commits").from("audit", "audit.commits_per_s").over({"ref.commits_per_s"})
struct Figure {
  std::string id;          // "log.call_numbers_vs_floor"
  std::string what;        // one line for people
  std::string unit = "x";  // "x" is a ratio, else "ns", "ms", "records", ...
  Direction direction = Direction::kAtMost;
  double bar = 0;
  std::string measurement;
  std::string sample;  // of that measurement
  // Samples of the same measurement. The value is divided by the best of those that were measured: the lowest where the
  // value should be low, else the highest. Empty: the value stands for itself.
  std::vector<std::string> against;
  // Needs what this repository does not bring along (peers): may stay unmeasured without changing the exit code.
  bool optional = false;
  // Id of another figure: the promise is kept when either holds.
  std::string alternative;

  [[nodiscard]] Figure in(const std::string& unit_name) const;
  [[nodiscard]] Figure from(const std::string& measurement_name, const std::string& sample_name) const;
  [[nodiscard]] Figure over(const std::vector<std::string>& sample_names) const;
  [[nodiscard]] Figure if_given() const;                      // optional
  [[nodiscard]] Figure or_else(const std::string& id) const;  // alternative
};

[[nodiscard]] Figure at_most(double bar, const std::string& id, const std::string& what);
[[nodiscard]] Figure at_least(double bar, const std::string& id, const std::string& what);
[[nodiscard]] Figure above(double bar, const std::string& id, const std::string& what);

// What one area contributes.
struct FigureArea {
  std::vector<Measurement> measurements;
  std::vector<Figure> figures;
};

}  // namespace crashwright::harness
