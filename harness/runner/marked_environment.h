// The mark of a run in the environment of this process, for as long as it lives.
//
// Every process of the run inherits it, those that have no environment of their own making too, so that cleanup.h finds
// them. Threads: the main thread, before others read the environment.
#pragma once

#include <cstdlib>
#include <string>

#include "harness/runner/ledger.h"

namespace crashwright::harness {

class MarkedEnvironment {
 public:
  explicit MarkedEnvironment(const std::string& run_id) { ::setenv(kRunVariable, run_id.c_str(), 1); }
  ~MarkedEnvironment() { ::unsetenv(kRunVariable); }
  MarkedEnvironment(const MarkedEnvironment&) = delete;
  MarkedEnvironment& operator=(const MarkedEnvironment&) = delete;
};

}  // namespace crashwright::harness
