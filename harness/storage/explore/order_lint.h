// Orders of the mock engine that left before their audit records were durable: exact, from one recorded run.
//
// The record marks when the engine's counters moved: an audit sequence counted as durable, an intent handed to the
// socket. At each mark the audit log is read as it stands when everything that may be lost is lost; what had been
// promised by then must be in it. No other file counts: that is the write-ahead rule, and nothing is guessed.
// Threads: pure. Errors: system errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/storage/explore/recording.h"

namespace crashwright::harness {

struct EarlyPromise {
  std::string what;       // "audit sequence 12 had been sent, the log held 9"
  std::string operation;  // the last one before it
};

struct OrderLint {
  std::string profile;
  uint64_t promises = 0;  // moments at which a counter moved
  uint64_t early = 0;
  std::vector<EarlyPromise> examples;  // the first of them
};

// Whether the recording is one of an engine with a control block.
[[nodiscard]] bool has_engine_counters(const Recording& recording);

// `scratch`: an existing empty folder.
[[nodiscard]] Result<OrderLint> lint_orders(const Recording& recording, const StorageProfile& profile,
                                            const std::string& scratch);

}  // namespace crashwright::harness
