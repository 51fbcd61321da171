// Goal: a figure's value is the ratio that its bar speaks of, and what was not measured never looks like a pass.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "harness/figures/cost_picture.h"
#include "harness/figures/evaluate.h"
#include "harness/figures/figure_table.h"
#include "harness/figures/measure.h"
#include "harness/figures/registry.h"
#include "harness/figures/result_json.h"
#include "harness/runner/testing/temporary_folder.h"

namespace crashwright::harness {
namespace {

Figure ratio_figure() { return at_most(0.8, "x.cost", "a cost").from("m", "ours.ns").over({"a.ns", "b.ns"}); }

SampleSet samples_of(const std::string& json) {
  const auto parsed = parse_samples(Speech::kSamples, json);
  BOOST_REQUIRE_MESSAGE(parsed.has_value(), (parsed ? "" : parsed.error().message));
  return *parsed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_figure_has_an_id_of_its_own_and_a_measurement_that_exists) {
  std::set<std::string> ids;
  for (const Figure& figure : all_figures().figures) {
    BOOST_TEST_CONTEXT(figure.id) {
      BOOST_TEST(ids.insert(figure.id).second);
      BOOST_TEST(find_measurement(figure.measurement) != nullptr);
      BOOST_TEST(!figure.what.empty());
      BOOST_TEST(!figure.unit.empty());
      BOOST_TEST(!figure.sample.empty());
      BOOST_TEST((figure.unit == "x") == !figure.against.empty());
    }
  }
  std::set<std::string> measurements;
  for (const Measurement& measurement : all_figures().measurements) {
    BOOST_TEST(measurements.insert(measurement.name).second);
  }
}

BOOST_AUTO_TEST_CASE(a_prefix_selects_figures) {
  BOOST_TEST(select_figures({}).size() == all_figures().figures.size());
  BOOST_TEST(select_figures({"log.call_numbers_vs_floor"}).size() == 1);
  BOOST_TEST(select_figures({"nothing."}).empty());
  BOOST_TEST(select_figures({"rca.text_ms", "handler.record_ms"}).size() == 2);
}

BOOST_AUTO_TEST_CASE(a_ratio_is_the_median_over_repetitions_against_the_best) {
  const FigureResult result =
      evaluate(ratio_figure(),
               samples_of(R"({"samples": {"ours.ns": [5, 8, 50], "a.ns": [10, 10, 100], "b.ns": [30, 31, 32]}})"));
  BOOST_REQUIRE(result.value.has_value());
  BOOST_TEST(result.against == "a.ns");
  BOOST_TEST(result.value->median == 0.5);  // the noise of the third repetition fell on both
  const FigureResult one =
      evaluate(ratio_figure(), samples_of(R"({"samples": {"ours.ns": [5, 8, 50], "a.ns": [10, 10, 100]}})"));
  BOOST_TEST(one.value->median == 0.5);
  BOOST_TEST(one.holds());
  BOOST_TEST(one.missing == std::vector<std::string>{"b.ns"});
}

BOOST_AUTO_TEST_CASE(a_promise_kept_in_the_other_of_two_ways_holds_and_says_which) {
  const auto judged = [](const char* samples) {
    std::vector<FigureResult> results;
    for (const Figure& figure :
         {at_least(200, "x.rate", "a rate").in("1/s").from("m", "rate").or_else("x.ratio"),
          at_least(20, "x.ratio", "a ratio").from("m", "rate").over({"slow"}).or_else("x.rate")}) {
      results.push_back(evaluate(figure, samples_of(samples)));
    }
    settle_alternatives(results);
    return results;
  };
  const auto by_ratio = judged(R"({"samples": {"rate": [100], "slow": [4]}})");
  BOOST_TEST(by_ratio[0].holds());
  BOOST_TEST(by_ratio[0].held_by_alternative);
  BOOST_TEST(!by_ratio[1].held_by_alternative);
  BenchResults results;
  results.figures = by_ratio;
  BOOST_TEST(render_figure_table(results).find("by x.ratio") != std::string::npos);
  const auto parsed = parse_bench_json(render_bench_json(results));
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->figures[0].held_by_alternative);
  for (const FigureResult& broken : judged(R"({"samples": {"rate": [100], "slow": [10]}})"))
    BOOST_TEST(!broken.holds());
  const auto unmeasured = judged(R"({"samples": {"slow": [4]}, "absent": {"rate": "no mount"}})");
  BOOST_TEST(!unmeasured[0].holds());
}

BOOST_AUTO_TEST_CASE(a_rate_is_compared_with_the_highest) {
  Figure figure = ratio_figure();
  figure.direction = Direction::kAbove;
  figure.bar = 1;
  const SampleSet set = samples_of(R"({"samples": {"ours.ns": [10], "a.ns": [2], "b.ns": [10]}})");
  const FigureResult result = evaluate(figure, set);
  BOOST_TEST(result.against == "b.ns");
  BOOST_TEST(!result.holds());  // as fast is not faster
  figure.direction = Direction::kAtLeast;
  BOOST_TEST(evaluate(figure, set).holds());
}

BOOST_AUTO_TEST_CASE(what_was_not_measured_says_why_and_never_holds) {
  const FigureResult no_program = evaluate(ratio_figure(), fail(ErrorKind::kEnvironment, "m is not built"));
  BOOST_TEST(!no_program.holds());
  BOOST_TEST(no_program.reason == "m is not built");
  const FigureResult no_peer =
      evaluate(ratio_figure(), samples_of(R"({"samples": {"ours.ns": [1]}, "absent": {"a": "no plug-in"}})"));
  BOOST_TEST(!no_peer.holds());
  BOOST_TEST(no_peer.reason == "a: no plug-in; its program reports no \"b.ns\"");
  const FigureResult no_value = evaluate(ratio_figure(), samples_of(R"({"samples": {"a.ns": [1]}})"));
  BOOST_TEST(!no_value.holds());
  BOOST_TEST(!evaluate(ratio_figure(), samples_of(R"({"samples": {"ours.ns": [1], "a.ns": [0]}})")).holds());
}

BOOST_AUTO_TEST_CASE(outputs_that_make_no_sense_are_refused) {
  for (const char* const text : {"", "{}", "[]", R"({"samples": {"a": 1.5}, "absent": 3})",
                                 R"({"samples": {"a": ["fast"]}})", R"({"samples": {"a": [null]}})"}) {
    BOOST_TEST_CONTEXT(text) { BOOST_TEST(!parse_samples(Speech::kSamples, text).has_value()); }
  }
}

BOOST_AUTO_TEST_CASE(google_benchmark_gives_samples_by_repetition) {
  const auto parsed = parse_samples(Speech::kGoogleBenchmark, R"({"benchmarks": [
      {"run_name": "f/1", "run_type": "iteration", "repetition_index": 0, "real_time": 4.0, "p50_ns": 2.0},
      {"run_name": "f/1", "run_type": "iteration", "repetition_index": 1, "real_time": 5.0, "p50_ns": 3.0},
      {"run_name": "f/1", "run_type": "aggregate", "real_time": 4.5},
      {"run_name": "g", "run_type": "iteration", "error_occurred": true, "error_message": "no disk"}]})");
  BOOST_REQUIRE(parsed.has_value());
  BOOST_TEST((parsed->samples.at("f/1:p50_ns") == std::vector<double>{2, 3}));
  BOOST_TEST(parsed->samples.at("f/1:real_time").size() == 2);
  BOOST_TEST(parsed->absent.at("g") == "no disk");
  Figure figure = ratio_figure();
  figure.sample = "g:real_time";
  BOOST_TEST(evaluate(figure, *parsed).reason == "g: no disk");
}

BOOST_AUTO_TEST_CASE(results_survive_a_round_trip_and_merge) {
  BenchResults results;
  results.machine = "a machine";
  results.figures.push_back(
      evaluate(ratio_figure(), samples_of(R"({"samples": {"ours.ns": [1, 2], "a.ns": [2, 2]}})")));
  results.measures["m"]["ours.ns"] = spread_of({1, 2});
  const std::string json = render_bench_json(results);
  auto again = parse_bench_json(json);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(render_bench_json(*again) == json);
  BenchResults unmeasured;
  unmeasured.figures.push_back(evaluate(ratio_figure(), fail(ErrorKind::kIo, "gone")));
  merge_results(*again, unmeasured);
  BOOST_TEST(again->figures.size() == 1);
  BOOST_TEST(again->figures[0].holds());
  merge_results(unmeasured, *again);
  BOOST_TEST(unmeasured.figures[0].holds());
  BOOST_TEST(!parse_bench_json("{\"version\": 1}").has_value());
  BOOST_TEST(!parse_bench_json("nonsense").has_value());
}

BOOST_AUTO_TEST_CASE(tables_tell_unmeasured_from_broken) {
  BenchResults results;
  results.figures.push_back(evaluate(ratio_figure(), fail(ErrorKind::kIo, "gone")));
  results.figures.push_back(evaluate(ratio_figure(), samples_of(R"({"samples": {"ours.ns": [9], "a.ns": [2]}})")));
  const std::string table = render_figure_table(results);
  BOOST_TEST(table.find("not measured") != std::string::npos);
  BOOST_TEST(table.find("BROKEN") != std::string::npos);
  BOOST_TEST(table.find("0 hold, 1 broken, 1 not measured") != std::string::npos);
  BOOST_TEST(render_figure_markdown(results).find("| not measured: gone |") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_picture_draws_what_was_measured_and_names_what_was_not) {
  BenchResults results;
  results.machine = "one <fast> machine";
  results.measures["log"]["recorder.numbers_p50_ns"] = {12.5, 12, 13, 9};
  results.measures["engine"]["everything_on.p50_ns"] = {81'000, 80'000, 82'000, 9};
  const std::string svg = render_cost_picture(results);
  const auto has = [&](const std::string& part) { return svg.find(part) != std::string::npos; };
  BOOST_TEST(has("one &lt;fast&gt; machine"));
  BOOST_TEST(has(">log call, two integers and a double<"));
  BOOST_TEST(has(">12.5 ns<"));
  BOOST_TEST(has(">median: everything on<"));
  BOOST_TEST(has(">81 µs<"));
  BOOST_TEST(has("not measured: crashwright bench --only handler."));
  BOOST_TEST(!has("recorder off"));
  BOOST_TEST(!has("<script"));
}

BOOST_AUTO_TEST_CASE(numbers_are_short) {
  BOOST_TEST(short_number(0) == "0");
  BOOST_TEST(short_number(1.0834) == "1.08");
  BOOST_TEST(short_number(0.30125) == "0.3013");
  BOOST_TEST(short_number(120) == "120");
  BOOST_TEST(short_number(412345.4) == "412,345");
  BOOST_TEST(short_number(20'000'000) == "20,000,000");
}

BOOST_AUTO_TEST_CASE(a_measuring_program_is_run_and_its_failures_are_reasons) {
  const TemporaryFolder folder;
  const auto program = [&](const std::string& name, const std::string& body) {
    BOOST_REQUIRE(write_file(folder.path() + "/" + name, "#!/bin/sh\n" + body));
    ::chmod((folder.path() + "/" + name).c_str(), 0755);
    return Measurement{"m", name, {}, Speech::kSamples, 60};
  };
  const MeasureOptions options{folder.path(), 3, {"/peers/a.so", "/peers"}};
  const auto good =
      measure(program("good", "echo \"{\\\"samples\\\": {\\\"$CRASHWRIGHT_BENCH_PEERS $*\\\": [1]}}\"\n"), options);
  BOOST_REQUIRE_MESSAGE(good.has_value(), (good ? "" : good.error().message));
  BOOST_TEST(good->samples.count("/peers/a.so:/peers --repetitions 3") == 1);
  const auto failing = measure(program("failing", "echo first >&2; echo no such device >&2; exit 3\n"), options);
  BOOST_REQUIRE(!failing.has_value());
  BOOST_TEST(failing.error().message == "failing ended with exit status 3: no such device");
  BOOST_TEST(measure(Measurement{"m", "none", {}}, options).error().message == "none is not built");
  BOOST_TEST(!measure(program("silent", "true\n"), options).has_value());
  Measurement slow = program("slow", "exec sleep 60\n");
  slow.seconds_max = 1;
  BOOST_TEST(measure(slow, options).error().message == "slow took longer than 1 s");
}

}  // namespace crashwright::harness
