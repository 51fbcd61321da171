#include "harness/figures/registry.h"

#include <algorithm>
#include <iterator>

namespace crashwright::harness {

const FigureArea& all_figures() {
  static const FigureArea area = [] {
    FigureArea all;
    for (auto* const family : {log_figures, engine_figures, handler_figures, core_figures, fault_point_figures,
                               audit_figures, storage_figures, rca_figures, harness_figures}) {
      FigureArea some = family();
      std::move(some.measurements.begin(), some.measurements.end(), std::back_inserter(all.measurements));
      std::move(some.figures.begin(), some.figures.end(), std::back_inserter(all.figures));
    }
    return all;
  }();
  return area;
}

const Measurement* find_measurement(const std::string& name) {
  for (const Measurement& measurement : all_figures().measurements) {
    if (measurement.name == name) return &measurement;
  }
  return nullptr;
}

std::vector<const Figure*> select_figures(const std::vector<std::string>& prefixes) {
  std::vector<const Figure*> selected;
  for (const Figure& figure : all_figures().figures) {
    const bool wanted = std::any_of(prefixes.begin(), prefixes.end(),
                                    [&](const std::string& prefix) { return figure.id.rfind(prefix, 0) == 0; });
    if (wanted || prefixes.empty()) selected.push_back(&figure);
  }
  return selected;
}

}  // namespace crashwright::harness
