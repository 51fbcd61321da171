#include "bench/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "base/check.h"

namespace crashwright::bench {
namespace {

void print_text(const std::string& text) {
  std::putchar('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') std::putchar('\\');
    std::putchar(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  std::putchar('"');
}

}  // namespace

void Samples::add(const std::string& name, double value) {
  CRASHWRIGHT_CHECK(std::isfinite(value), "a measured value is a number");
  values_[name].push_back(value);
}

void Samples::absent(const std::string& name, const std::string& why) { absent_[name] = why; }

void Samples::print() const {
  std::printf("{\"samples\": {");
  const char* between = "\n  ";
  for (const auto& [name, values] : values_) {
    std::printf("%s", between);
    print_text(name);
    std::printf(": [");
    for (size_t i = 0; i < values.size(); ++i) std::printf("%s%.9g", i == 0 ? "" : ", ", values[i]);
    std::printf("]");
    between = ",\n  ";
  }
  std::printf("},\n \"absent\": {");
  between = "\n  ";
  for (const auto& [name, why] : absent_) {
    std::printf("%s", between);
    print_text(name);
    std::printf(": ");
    print_text(why);
    between = ",\n  ";
  }
  std::printf("}}\n");
}

void interleave(unsigned repetitions, const std::vector<std::function<void()>>& parts) {
  std::mt19937 order(1);
  std::vector<const std::function<void()>*> shuffled;
  for (const auto& part : parts) shuffled.push_back(&part);
  for (unsigned i = 0; i < repetitions; ++i) {
    std::shuffle(shuffled.begin(), shuffled.end(), order);
    for (const auto* part : shuffled) (*part)();
  }
}

unsigned repetitions(int argc, char** argv, unsigned standard) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--repetitions") != 0) continue;
    const long number = std::strtol(argv[i + 1], nullptr, 10);
    CRASHWRIGHT_CHECK(number >= 1 && number <= 1000, "--repetitions wants 1 to 1000");
    return static_cast<unsigned>(number);
  }
  return standard;
}

double percentile(std::vector<double>& values, double part) {
  CRASHWRIGHT_CHECK(!values.empty() && part >= 0 && part <= 1, "a percentile is that of something");
  const size_t at = std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

}  // namespace crashwright::bench
