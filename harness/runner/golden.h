// Uninterrupted runs: what a session ends in when nothing goes wrong. One per session of a run, shared by all cases
// that have the same one (golden_key), made by the first case that asks while the others wait: a verdict never depends
// on which other cases a run has.
//
// Threads: any. Errors: the same answer for everybody who asks for that session; kInternal when the engine does not
// finish, an interrupt is kInternal too.
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <string>

#include "base/result.h"
#include "harness/runner/ledger.h"
#include "harness/runner/run.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

// All that the engine and the exchange of an uninterrupted run are started with, so that no setting that reaches them
// can be missing from it: cases with equal keys share the run.
[[nodiscard]] std::string golden_key(const Plan& plan);

class GoldenRuns {
 public:
  // `options` and `ledger` outlive the object. The runs live in `<options.folder>/.golden`.
  GoldenRuns(const RunOptions& options, Ledger& ledger) : options_(options), ledger_(ledger) {}
  GoldenRuns(const GoldenRuns&) = delete;
  GoldenRuns& operator=(const GoldenRuns&) = delete;

  // Folder with final_state.json, exchange.json and, in data/, the files of the engine's data folder.
  [[nodiscard]] Result<std::string> folder(const Plan& plan);
  // Sessions that were really run.
  [[nodiscard]] size_t made() const;

 private:
  [[nodiscard]] Result<std::string> make(const Plan& plan, const std::string& folder);

  const RunOptions& options_;
  Ledger& ledger_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_future<Result<std::string>>> runs_;
};

}  // namespace crashwright::harness
