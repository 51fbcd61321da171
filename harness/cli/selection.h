// Choosing scenarios on the command line: paths, filters, builds; shared by run, list and validate.
//
// Threads: the main thread. Errors: printed here, as an exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "harness/scenario/diagnostic.h"
#include "harness/scenario/plan.h"
#include "harness/scenario/scenario.h"

namespace crashwright::harness::cli {

struct Selection {
  std::vector<std::string> paths;         // empty: the folder `scenarios`
  std::string filter;                     // part of the name or of the path; name_pattern.h
  std::vector<std::string> tags;          // every one of them
  std::vector<std::string> skipped_tags;  // none of them
  std::string fault;                      // a kind
  std::string verifier;                   // a promise
  std::string build;                      // "release" or "asan"; empty: both
  std::vector<std::string> changes;       // --set: "session.messages=500"

  void add_paths(Options& options);
  void add_filters(Options& options);
  void add_changes(Options& options);
  [[nodiscard]] std::optional<Build> only_build() const;
};

// The scenarios of the paths that pass the filters. Mistakes in any of the files are printed and end in kExitUsage;
// nothing selected is printed and ends in kExitNothing.
struct Selected {
  std::vector<Scenario> scenarios;
  std::optional<int> exit_code;  // set: end with it
};
// `engine`: what the patterns of a matrix are matched against, and its fault points are checked in files with other
// mistakes too; empty: neither.
[[nodiscard]] Selected select_scenarios(const Selection& selection, const std::string& engine = {});

// Every mistake in the files of the paths, unprinted; `engine` as above.
[[nodiscard]] std::vector<Diagnostic> find_mistakes(const Selection& selection, const std::string& engine);

// Where `init` puts a first scenario.
inline constexpr const char* kFirstFolder = "my_scenarios";
// The folder `scenarios` here; else the stock scenarios that were installed with this program.
[[nodiscard]] std::string default_scenarios();

// Those of `scenarios` that pass the filters; none is printed and ends in kExitNothing.
[[nodiscard]] Selected filter_scenarios(std::vector<Scenario> scenarios, const Selection& selection);

// Refuses engines of one's own whose programs are not there; the exit code to end with, if any.
[[nodiscard]] std::optional<int> refuse_missing_programs(const std::vector<Scenario>& scenarios);

// Refuses fault points that the engine does not have; the exit code to end with, if any. Those that the mock engine
// has, for which the scenario was written, are no mistake: it needs them, and is SKIPPED.
[[nodiscard]] std::optional<int> refuse_unknown_points(std::vector<Scenario>& scenarios, const std::string& engine);

// Refuses planted bugs that the planted engine does not have.
[[nodiscard]] std::optional<int> refuse_unknown_bugs(const std::vector<std::string>& bugs, const std::string& engine);

}  // namespace crashwright::harness::cli
