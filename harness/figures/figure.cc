#include "harness/figures/figure.h"

namespace crashwright::harness {

Figure Figure::in(const std::string& unit_name) const {
  Figure figure = *this;
  figure.unit = unit_name;
  return figure;
}

Figure Figure::from(const std::string& measurement_name, const std::string& sample_name) const {
  Figure figure = *this;
  figure.measurement = measurement_name;
  figure.sample = sample_name;
  return figure;
}

Figure Figure::over(const std::vector<std::string>& sample_names) const {
  Figure figure = *this;
  figure.against = sample_names;
  return figure;
}

Figure Figure::if_given() const {
  Figure figure = *this;
  figure.optional = true;
  return figure;
}

Figure Figure::or_else(const std::string& other_id) const {
  Figure figure = *this;
  figure.alternative = other_id;
  return figure;
}

Figure at_most(double bar, const std::string& id, const std::string& what) {
  return {id, what, "x", Direction::kAtMost, bar, "", "", {}, false, ""};
}

Figure at_least(double bar, const std::string& id, const std::string& what) {
  return {id, what, "x", Direction::kAtLeast, bar, "", "", {}, false, ""};
}

Figure above(double bar, const std::string& id, const std::string& what) {
  return {id, what, "x", Direction::kAbove, bar, "", "", {}, false, ""};
}

}  // namespace crashwright::harness
