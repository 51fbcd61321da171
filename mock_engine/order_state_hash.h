// What the state hash of an audit record is made of: a hash for each part of the order state, and one of all records.
//
// The parts (orders, positions, unanswered intents, executions, adopted orders) are added up, so that a change of one
// part costs two hashes whatever the size of the state (hashed_state.h). A part that is a text is taken without what
// stands behind its end. Places in the log (audit_sequence) are left out of all of them: append() gives a record its
// place when its hash is made already, and the log's own chain holds them.
// Not keyed: it finds what parts from the rules; who forges a log can compute it (not so `crashwright audit seal`).
// Threads: pure functions. Signal context: yes. Format: audit_log_format.md, "State hash"; a change here is a change of
// its version.
#pragma once

#include <cstdint>
#include <string_view>

#include "mock_engine/order_state.h"

namespace crashwright::mock_engine {

[[nodiscard]] uint64_t hash_of_order(uint32_t user_ref, const WorkingOrder& order);
[[nodiscard]] uint64_t hash_of_position(std::string_view symbol, int64_t shares);
[[nodiscard]] uint64_t hash_of_pending(const PendingIntent& intent);
[[nodiscard]] uint64_t hash_of_execution(const Execution& execution);
[[nodiscard]] uint64_t hash_of_adopted(uint32_t user_ref);

// The history behind `record`: everything that the engine put into it, but for its place, its clocks and its hash.
[[nodiscard]] uint64_t history_after(uint64_t history, const postmortem::AuditRecord& record);

// The sum of all parts from scratch.
[[nodiscard]] uint64_t sum_of_parts(const OrderState& state);
// The state hash: never 0, which is what a record without one holds.
[[nodiscard]] uint64_t hash_of_state(const OrderNumbers& numbers, uint64_t parts);

}  // namespace crashwright::mock_engine
