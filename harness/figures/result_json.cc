#include "harness/figures/result_json.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/file.h"

namespace crashwright::harness {
namespace {

using Json = nlohmann::ordered_json;

const char* direction_word(Direction direction) {
  switch (direction) {
    case Direction::kAtMost:
      return "at_most";
    case Direction::kAtLeast:
      return "at_least";
    case Direction::kAbove:
      return "above";
  }
  return "at_most";
}

Direction direction_of(const std::string& word) {
  for (const Direction direction : {Direction::kAtMost, Direction::kAtLeast, Direction::kAbove}) {
    if (word == direction_word(direction)) return direction;
  }
  throw std::domain_error("no direction \"" + word + "\"");
}

Json spread_to_json(const Spread& spread) {
  return {{"median", spread.median}, {"low", spread.low}, {"high", spread.high}, {"repetitions", spread.repetitions}};
}

Spread spread_from_json(const Json& json) {
  return {json.at("median").get<double>(), json.at("low").get<double>(), json.at("high").get<double>(),
          json.at("repetitions").get<size_t>()};
}

Json figure_to_json(const FigureResult& figure) {
  Json json = {{"id", figure.id},
               {"value", figure.value ? Json(figure.value->median) : Json(nullptr)},
               {"bar", figure.bar},
               {"holds", figure.holds()},
               {"measured", figure.value.has_value()},
               {"direction", direction_word(figure.direction)},
               {"unit", figure.unit},
               {"what", figure.what},
               {"optional", figure.optional}};
  if (figure.value) json["spread"] = spread_to_json(*figure.value);
  if (!figure.reason.empty()) json["reason"] = figure.reason;
  if (!figure.against.empty()) json["against"] = figure.against;
  if (!figure.compared.empty()) json["compared"] = figure.compared;
  if (!figure.missing.empty()) json["missing"] = figure.missing;
  if (!figure.alternative.empty()) json["alternative"] = figure.alternative;
  if (figure.held_by_alternative) json["held_by"] = figure.alternative;
  return json;
}

FigureResult figure_from_json(const Json& json) {
  FigureResult figure;
  figure.id = json.at("id").get<std::string>();
  figure.bar = json.at("bar").get<double>();
  figure.what = json.at("what").get<std::string>();
  figure.unit = json.at("unit").get<std::string>();
  figure.direction = direction_of(json.at("direction").get<std::string>());
  figure.optional = json.at("optional").get<bool>();
  if (json.contains("spread")) figure.value = spread_from_json(json.at("spread"));
  figure.reason = json.value("reason", "");
  figure.against = json.value("against", "");
  figure.compared = json.value("compared", std::vector<std::string>{});
  figure.missing = json.value("missing", std::vector<std::string>{});
  figure.alternative = json.value("alternative", "");
  figure.held_by_alternative = json.contains("held_by");
  return figure;
}

std::string processor_name() {
  const auto text = read_file("/proc/cpuinfo");
  if (!text) return "unknown processor";
  const size_t key = text->find("model name");
  const size_t start = key == std::string::npos ? key : text->find(": ", key);
  if (start == std::string::npos) return "unknown processor";
  return text->substr(start + 2, text->find('\n', start) - start - 2);
}

}  // namespace

std::string render_bench_json(const BenchResults& results) {
  Json figures = Json::array();
  for (const FigureResult& figure : results.figures) figures.push_back(figure_to_json(figure));
  Json measures = Json::object();
  for (const auto& [measurement, samples] : results.measures) {
    for (const auto& [name, spread] : samples) measures[measurement][name] = spread_to_json(spread);
  }
  const Json json = {{"version", 1},
                     {"machine", results.machine},
                     {"wall_ns", results.wall_ns},
                     {"figures", figures},
                     {"measures", measures}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<BenchResults> parse_bench_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version").get<int>() != 1) return fail(ErrorKind::kUsage, "bench results of an unknown version");
    BenchResults results;
    results.machine = json.at("machine").get<std::string>();
    results.wall_ns = json.at("wall_ns").get<uint64_t>();
    for (const Json& figure : json.at("figures")) results.figures.push_back(figure_from_json(figure));
    for (const auto& [measurement, samples] : json.at("measures").items()) {
      for (const auto& [name, spread] : samples.items()) {
        results.measures[measurement][name] = spread_from_json(spread);
      }
    }
    return results;
  } catch (const std::exception& error) {
    return fail(ErrorKind::kUsage, std::string("no results of crashwright bench: ") + error.what());
  }
}

void merge_results(BenchResults& into, const BenchResults& later) {
  if (!later.machine.empty()) into.machine = later.machine;
  into.wall_ns = std::max(into.wall_ns, later.wall_ns);
  for (const FigureResult& figure : later.figures) {
    const auto known = std::find_if(into.figures.begin(), into.figures.end(),
                                    [&](const FigureResult& old) { return old.id == figure.id; });
    if (known == into.figures.end()) {
      into.figures.push_back(figure);
    } else if (figure.value || !known->value) {
      *known = figure;
    }
  }
  for (const auto& [measurement, samples] : later.measures) {
    for (const auto& [name, spread] : samples) into.measures[measurement][name] = spread;
  }
}

std::string describe_machine() {
  utsname names{};
  ::uname(&names);
  return fmt::format("{}, {} cores, Linux {}", processor_name(), std::thread::hardware_concurrency(), names.release);
}

}  // namespace crashwright::harness
