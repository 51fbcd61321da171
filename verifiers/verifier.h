// One promise, judged from recorded artefacts against a witness outside the blast radius.
//
// A verifier is a pure function of the case folder, so `crashwright verify RUN` gives the same verdicts later.
// Threads: any. Errors: trouble of the verifier itself is the verdict kError, never an exception.
// Adding one: one file, one line in registry.cc, and a planted bug that it catches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "verifiers/case_view.h"

namespace crashwright::verifiers {

// kNotApplicable: the promise has nothing to judge in this case (no death, no restart); it counts for nothing.
enum class Outcome { kPass, kFail, kInconclusive, kSkipped, kError, kNotApplicable };

[[nodiscard]] const char* outcome_name(Outcome outcome) noexcept;  // "PASS" "FAIL" ...

struct Verdict {
  std::string promise;  // "core_capture"
  Outcome outcome = Outcome::kError;
  std::string summary;               // one sentence
  std::vector<std::string> details;  // one finding a line: expected, found, where
};

// The kinds of case in which a promise is judged; bits.
enum JudgedIn : uint8_t {
  kReferenceEngine = 1,  // and engines that speak its protocol
  kOwnEngine = 2,        // `engine.command`
  kExploration = 4,      // `storage.explore`
};

struct Verifier {
  const char* name;     // "core_capture"
  const char* promise;  // one line for people
  const char* witness;  // what it is judged against
  uint8_t judged_in;    // JudgedIn
  // Null: the word is that of a program of the scenario's own, asked while the case runs, and no artefact repeats it
  // (harness/runner/engine_verdict.h, exploration_verdict.h).
  Verdict (*verify)(const CaseView& view);
};

// Every promise that there is: the ten of the design in its order, then those that a program of one's own judges.
[[nodiscard]] std::span<const Verifier> all_verifiers() noexcept;
// "the reference engine, engines of your own"
[[nodiscard]] std::string judged_in_words(const Verifier& verifier);
[[nodiscard]] const Verifier* find_verifier(const std::string& name) noexcept;

// What the scenario says of single promises: those that it skips are not applicable, those that it expects to be broken
// count the other way round.
void apply_expectations(const CaseView& view, std::vector<Verdict>& verdicts);

// Runs every verifier of the reference engine that the plan does not exclude, and applies the expectations.
[[nodiscard]] std::vector<Verdict> verify_case(const CaseView& view);

[[nodiscard]] std::string verdicts_to_json(const std::vector<Verdict>& verdicts);

// A violated expectation collects here; finish() turns it into a verdict.
class Findings {
 public:
  explicit Findings(const char* promise) : promise_(promise) {}
  void fail(std::string line) { failures_.push_back(std::move(line)); }
  // Something to be told that breaks no promise: a detail of a PASS.
  void note(std::string line) { notes_.push_back(std::move(line)); }
  // PASS with `summary` when nothing failed, otherwise FAIL with the first failure as summary.
  [[nodiscard]] Verdict finish(std::string summary) const;
  [[nodiscard]] Verdict skip(std::string need) const;
  [[nodiscard]] Verdict not_applicable(std::string why) const;
  [[nodiscard]] Verdict inconclusive(std::string why) const;
  [[nodiscard]] Verdict error(std::string why) const;

 private:
  const char* promise_;
  std::vector<std::string> failures_;
  std::vector<std::string> notes_;
};

}  // namespace crashwright::verifiers
