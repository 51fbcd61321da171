// Promise: after the restart the engine's books equal the exchange's, symbol by symbol; every in-doubt order is
// resolved; no token twice; nothing sent after a kill switch; no second engine on the same data. Witness: the
// exchange's books and what it counted.
#include <sys/wait.h>

#include <map>
#include <set>

#include "verifiers/deaths.h"
#include "verifiers/drop_copy.h"
#include "verifiers/engine_state.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

void compare_books(const EngineState& engine, const ExchangeBooks& exchange, Findings& findings) {
  std::set<std::string> symbols;
  for (const auto& [symbol, shares] : engine.positions) symbols.insert(symbol);
  for (const auto& [symbol, shares] : exchange.positions) symbols.insert(symbol);
  for (const std::string& symbol : symbols) {
    const auto mine = engine.positions.find(symbol);
    const auto theirs = exchange.positions.find(symbol);
    const int64_t believed = mine == engine.positions.end() ? 0 : mine->second;
    const int64_t true_position = theirs == exchange.positions.end() ? 0 : theirs->second;
    if (believed != true_position) {
      findings.fail(symbol + ": the engine believes " + std::to_string(believed) + ", the exchange knows " +
                    std::to_string(true_position));
    }
  }
  if (engine.cash_ticks != exchange.cash_ticks) {
    findings.fail("cash: the engine believes " + std::to_string(engine.cash_ticks) + " ticks, the exchange knows " +
                  std::to_string(exchange.cash_ticks));
  }
}

void compare_open_orders(const EngineState& engine, const ExchangeBooks& exchange, Findings& findings) {
  std::map<uint32_t, int64_t> open;
  for (const ExchangeOrder& order : exchange.orders) {
    if (order.leaves > 0) open[order.user_ref] = order.leaves;
  }
  for (const EngineOpenOrder& order : engine.open_orders) {
    const auto match = open.find(order.user_ref);
    if (match == open.end()) {
      findings.fail("open order " + std::to_string(order.user_ref) + " is not open at the exchange");
    } else if (match->second != order.leaves) {
      findings.fail("open order " + std::to_string(order.user_ref) + ": the engine believes " +
                    std::to_string(order.leaves) + " shares are left, the exchange " + std::to_string(match->second));
    }
    if (match != open.end()) open.erase(match);
  }
  for (const auto& [user_ref, leaves] : open) {
    findings.fail("order " + std::to_string(user_ref) + " is open at the exchange, the engine does not know it");
  }
}

// Two engines on one folder would send from two books: the second one has to find it taken, and say so.
void check_second_engine(const CaseView& view, Findings& findings) {
  constexpr int kExitLocked = 6;
  for (const rca::ProcessFacts& process : view.facts.processes) {
    if (process.role != "second_engine" && process.role != "second_primary") continue;
    if (WIFEXITED(process.wait_status) && WEXITSTATUS(process.wait_status) == kExitLocked) continue;
    findings.fail("a second engine on the same data was not turned away: " + describe_ending(process));
  }
}

}  // namespace

Verdict verify_reconciliation(const CaseView& view) {
  Findings findings("reconciliation");
  const auto books = read_exchange_books(view.path("exchange/exchange.json"));
  if (!books) return findings.error("no word from the exchange: " + books.error().message);
  for (const auto& [kind, count] : books->violations) {
    if (count > 0) findings.fail("the exchange counted " + std::to_string(count) + " × " + kind);
  }
  check_second_engine(view, findings);
  if (view.plan.expect.outcome == ExpectedOutcome::kRefuse) return findings.finish("the exchange counted no violation");
  const auto engines = view.engines();
  if (engines.empty() || !engines.back()->finished) {
    findings.fail("no start of the engine finished: the engine's books cannot be compared");
    return findings.finish({});
  }
  const auto state = read_engine_state(view.path(engines.back()->folder + "/final_state.json"));
  if (!state) {
    findings.fail("no final state: " + state.error().message);
    return findings.finish({});
  }
  compare_books(*state, *books, findings);
  compare_open_orders(*state, *books, findings);
  for (const uint32_t user_ref : state->in_doubt) {
    findings.fail("order " + std::to_string(user_ref) + " is still in doubt");
  }
  return findings.finish("positions, cash and " + std::to_string(state->open_orders.size()) +
                         " open orders equal the exchange's; no violation counted");
}

}  // namespace crashwright::verifiers
