// The figures of a `crashwright bench` as JSON, and back: the one source of tables and pictures.
//
// Format:  bench_format.md. Threads: pure functions. Errors: kUsage for a file that is none of these.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/figures/evaluate.h"

namespace crashwright::harness {

struct BenchResults {
  std::string machine;  // processor, cores, kernel: for people
  uint64_t wall_ns = 0;
  std::vector<FigureResult> figures;
  // Every sample that was reported, by measurement and name: what pictures draw beyond the figures.
  std::map<std::string, std::map<std::string, Spread>> measures;
};

[[nodiscard]] std::string render_bench_json(const BenchResults& results);
[[nodiscard]] Result<BenchResults> parse_bench_json(const std::string& text);

// Takes over what `later` measured; what it could not measure only where nothing is known yet.
void merge_results(BenchResults& into, const BenchResults& later);

[[nodiscard]] std::string describe_machine();

}  // namespace crashwright::harness
