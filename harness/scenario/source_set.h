// The texts that one scenario is made from: its own file first, then the parts that it includes.
//
// A SourcePosition names its text by its number here, so that a complaint about an included part points into that part.
// Threads: values. Errors: none; number 0 is there from the start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"

namespace crashwright::harness {

struct Source {
  std::string path;  // as it is shown in messages
  std::string text;
};

class SourceSet {
 public:
  SourceSet(std::string path, std::string text) { sources_.push_back({std::move(path), std::move(text)}); }

  // The number of the new one.
  uint32_t add(std::string path, std::string text) {
    sources_.push_back({std::move(path), std::move(text)});
    return static_cast<uint32_t>(sources_.size() - 1);
  }
  [[nodiscard]] const Source& of(SourcePosition position) const { return sources_.at(position.source); }
  [[nodiscard]] size_t size() const { return sources_.size(); }

 private:
  std::vector<Source> sources_;
};

}  // namespace crashwright::harness
