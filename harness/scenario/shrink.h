// Makes a failing scenario smaller for as long as it still fails in the same way.
//
// Tried in this order, until a whole pass changes nothing: fewer faults, fewer settings of exchange, session and
// storage, a shorter session, faults that come earlier, fewer lost writes after a loss of power. A number is halved
// towards its smallest value, to within 3 %. What is judged (`expect`) is never touched. Greedy: the result cannot be
// made smaller by any single one of these steps, which does not make it the smallest of all.
// Threads: one owner; `still_fails` is called from the caller's thread. Errors: kUsage for a text that is no YAML.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "harness/scenario/scenario_text.h"

namespace crashwright::harness {

enum class Trial {
  kFails,   // in the same way as the original
  kPasses,  // or fails in another way, or is no valid scenario
  kNoMore,  // no further trial: shrink() ends with what it has
};

class Shrinker {
 public:
  // `what` says what was changed: "without fault 2 (sigkill)", "session.messages 10000 -> 5000".
  using StillFails = std::function<Trial(const std::string& what, const std::string& scenario_text)>;

  explicit Shrinker(StillFails still_fails) : still_fails_(std::move(still_fails)) {}
  // The smallest text found; `text` itself must fail.
  [[nodiscard]] Result<std::string> shrink(const std::string& text);

 private:
  bool pass();
  bool fewer_faults();
  bool fewer_settings();
  bool fewer_messages();
  bool earlier_hits();
  bool fewer_lost_writes();
  bool without(const std::string& path, const std::string& what);
  bool smallest(const std::string& path, uint64_t from, uint64_t least);
  bool try_number(const std::string& path, uint64_t from, uint64_t value);
  bool try_text(const std::string& what, ScenarioText changed);

  StillFails still_fails_;
  ScenarioText best_;
  std::set<std::string> tried_;
  bool no_more_ = false;
};

}  // namespace crashwright::harness
