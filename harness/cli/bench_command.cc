#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/run_folder.h"
#include "harness/figures/cost_picture.h"
#include "harness/figures/figure_table.h"
#include "harness/figures/measure.h"
#include "harness/figures/registry.h"
#include "harness/figures/result_json.h"
#include "harness/runner/interrupt.h"

namespace crashwright::harness::cli {
namespace {

constexpr uint64_t kRepetitionsMax = 1'000;

struct BenchArguments {
  std::vector<std::string> prefixes;
  std::vector<std::string> peers;
  std::vector<std::string> earlier;  // results to start from
  std::string json;
  std::string svg;
  uint64_t repetitions = 0;
  bool list = false;
  bool markdown = false;
};

void declare(Options& options, BenchArguments& bench) {
  options.texts("--only", "PREFIX", bench.prefixes, "figures whose id begins so: log.");
  options.flag("--list", bench.list, "show the figures and their bars, measure nothing");
  options.text("--json", "FILE", bench.json, "write the figures as JSON");
  options.text("--svg", "FILE", bench.svg, "draw what the kit costs: per call, per crash, tick to order");
  options.flag("--markdown", bench.markdown, "print the table as Markdown");
  options.number("--repetitions", "N", bench.repetitions, "of each measurement, instead of the program's own choice");
  options.texts("--peer", "FILE.so", bench.peers, "a logging library to compare with, as a plug-in");
  options.texts("--from", "FILE", bench.earlier, "show the figures of this JSON file, measure nothing");
  options.note(
      "Every value is the median over interleaved repetitions, ratios are made within one repetition. "
      "A figure that could not be measured says why, and never counts as holding. Measure on a quiet "
      "machine.");
  options.note(
      "Ends with 0 when all figures hold, 1 when one does not, 3 when one that needs nothing from "
      "outside could not be measured, 4 when none is selected. CRASHWRIGHT_BENCH_PEERS names folders "
      "of plug-ins, CRASHWRIGHT_BENCH_FOLDER the folder on the device to measure.");
  options.example("crashwright bench --only log. --json figures.json");
  options.example("crashwright bench --only fault_point. --only engine.");
  options.example("crashwright bench --from log.json --from audit.json --markdown");
  options.example("crashwright bench --from figures.json --svg costs.svg");
}

void print_list(const std::vector<const Figure*>& figures) {
  for (const Figure* figure : figures) {
    fmt::print("{:<52} {:>2} {} {}\n    {}\n", figure->id, direction_sign(figure->direction), short_number(figure->bar),
               figure->unit, wrap(figure->what, 4));
  }
}

// Each measurement that the figures need runs once, in the order of its first figure.
BenchResults measure_all(const std::vector<const Figure*>& figures, const MeasureOptions& options) {
  BenchResults results;
  results.machine = describe_machine();
  results.wall_ns = wall_ns();
  std::map<std::string, Result<SampleSet>> measured;
  for (const Figure* figure : figures) {
    if (interrupted()) break;
    if (measured.count(figure->measurement) == 0) {
      const Measurement* const measurement = find_measurement(figure->measurement);
      fmt::print(stderr, "measuring {} ...\n", figure->measurement);
      measured.emplace(figure->measurement, measurement != nullptr
                                                ? measure(*measurement, options)
                                                : fail(ErrorKind::kInternal, "no such measurement is registered"));
    }
    const Result<SampleSet>& samples = measured.at(figure->measurement);
    results.figures.push_back(evaluate(*figure, samples));
    if (!samples) continue;
    for (const auto& [name, values] : samples->samples) {
      if (!values.empty()) results.measures[figure->measurement][name] = spread_of(values);
    }
  }
  settle_alternatives(results.figures);
  return results;
}

Result<BenchResults> load_earlier(const std::vector<std::string>& paths, const std::vector<std::string>& prefixes) {
  BenchResults results;
  for (const std::string& path : paths) {
    const auto text = read_file(path);
    if (!text) return fail(ErrorKind::kUsage, text.error().message);
    const auto parsed = parse_bench_json(*text);
    if (!parsed) return fail(ErrorKind::kUsage, path + ": " + parsed.error().message);
    merge_results(results, *parsed);
  }
  // The order of the registry, and only what was asked for.
  std::vector<FigureResult> ordered;
  for (const Figure* figure : select_figures(prefixes)) {
    for (FigureResult& known : results.figures) {
      if (known.id == figure->id) ordered.push_back(std::move(known));
    }
  }
  results.figures = std::move(ordered);
  settle_alternatives(results.figures);
  return results;
}

Status write_outputs(const BenchArguments& bench, const BenchResults& results) {
  if (!bench.json.empty()) {
    if (auto written = write_named_output(bench.json, render_bench_json(results)); !written) return written;
  }
  if (bench.svg.empty()) return {};
  return write_named_output(bench.svg, render_cost_picture(results));
}

int verdict(const BenchResults& results) {
  if (interrupted()) return kExitInterrupted;
  if (results.figures.empty()) return kExitNothing;
  const auto any = [&](auto condition) {
    return std::any_of(results.figures.begin(), results.figures.end(), condition);
  };
  if (any([](const FigureResult& figure) { return figure.value && !figure.holds(); })) return kExitBroken;
  if (any([](const FigureResult& figure) { return !figure.value && !figure.optional; })) return kExitInconclusive;
  // Nothing but unmeasured figures proves nothing.
  return any([](const FigureResult& figure) { return figure.holds(); }) ? kExitPassed : kExitInconclusive;
}

}  // namespace

int bench_command(const std::vector<std::string>& arguments) {
  BenchArguments bench;
  Options options("bench", "Measures what the kit and the harness cost, and shows which promised figures hold.");
  declare(options, bench);
  if (const auto code = options.parse(arguments)) return *code;
  if (bench.repetitions > kRepetitionsMax) {
    return report_error({ErrorKind::kUsage, fmt::format("--repetitions wants at most {}", kRepetitionsMax), ""});
  }
  const std::vector<const Figure*> figures = select_figures(bench.prefixes);
  if (figures.empty()) {
    fmt::print(stderr, "crashwright: no figure begins so; see: crashwright bench --list\n");
    return kExitNothing;
  }
  if (bench.list) {
    print_list(figures);
    return kExitPassed;
  }
  const InterruptSignals signals;
  Result<BenchResults> results = BenchResults{};
  if (!bench.earlier.empty()) {
    results = load_earlier(bench.earlier, bench.prefixes);
    if (!results) return report_error(results.error());
  } else {
    const std::string own = own_path();
    results = measure_all(
        figures, {own.substr(0, own.rfind('/')), static_cast<unsigned>(bench.repetitions), std::move(bench.peers)});
  }
  fmt::print("{}", bench.markdown ? render_figure_markdown(*results) : render_figure_table(*results));
  if (const auto written = write_outputs(bench, *results); !written) return report_error(written.error());
  return verdict(*results);
}

}  // namespace crashwright::harness::cli
