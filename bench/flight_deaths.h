// One process that logs on several threads and dies, and what its flight recorder holds afterwards.
//
// Witness: per-thread counters of committed records in memory of the parent's, which the child stores into after each
//          log call and which no death of the child can touch.
// Lost:    a committed record that is neither in ring or segments nor overwritten as a ring that keeps the newest is
//          meant to. Wrong: a record that reads otherwise than it was written, or that nobody wrote.
// Threads: one at a time. Errors: kIo, kEnvironment when this machine cannot let processes die in this way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "harness/runner/cgroup.h"
#include "postmortem/flight_format.h"

namespace crashwright::bench {

enum class Death : uint8_t { kSigkill, kSigsegv, kAbort, kOomKill };

struct DeathToll {
  uint64_t deaths = 0;
  uint64_t unconfirmed = 0;  // ended otherwise than they should have
  uint64_t committed = 0;
  uint64_t recovered = 0;  // records read and found right
  uint64_t overwritten = 0;
  uint64_t in_flight = 0;
  uint64_t lost = 0;
  uint64_t wrong = 0;
};

class DeathCampaign {
 public:
  // Rings lie in a new folder under `folder`.
  [[nodiscard]] static Result<std::unique_ptr<DeathCampaign>> make(const std::string& folder, uint64_t seed);
  ~DeathCampaign();
  DeathCampaign(const DeathCampaign&) = delete;
  DeathCampaign& operator=(const DeathCampaign&) = delete;

  // `count` deaths, in turns with each mode that loses nothing: keep the newest, keep all and wait.
  [[nodiscard]] Result<DeathToll> run(Death death, uint64_t count);

 private:
  struct Witness;
  explicit DeathCampaign(std::string folder, uint64_t seed) : folder_(std::move(folder)), random_(seed) {}
  [[nodiscard]] Status die_once(Death death, postmortem::FlightMode mode, DeathToll& toll);
  [[nodiscard]] Status start_cgroup();

  std::string folder_;
  Random random_;
  Witness* witness_ = nullptr;
  std::unique_ptr<harness::MemoryCgroup> cgroup_;
};

}  // namespace crashwright::bench
