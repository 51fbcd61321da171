// Promise: a session that crashed, recovered and finished ends in the same positions and the same set of orders as the
// uninterrupted one. Witness: the golden run and its exchange.
#include <algorithm>
#include <map>

#include "base/file.h"
#include "verifiers/deaths.h"
#include "verifiers/drop_copy.h"
#include "verifiers/engine_state.h"
#include "verifiers/promises.h"

namespace crashwright::verifiers {
namespace {

constexpr size_t kOrdersNamedMax = 5;
constexpr size_t kDifferencesNamedMax = 5;
constexpr size_t kLastWordsBytesMax = 400;

std::string describe(const ExchangeOrder& order) {
  return "order " + std::to_string(order.user_ref) + " " + order.side + " " + std::to_string(order.quantity) + " " +
         order.symbol + " at " + std::to_string(order.price_ticks) + ", executed " + std::to_string(order.executed) +
         ", leaves " + std::to_string(order.leaves) + ", " + order.state;
}

// What an engine said last, so that nobody has to open its files to learn why it gave up.
std::string last_words(const CaseView& view, const rca::ProcessFacts& engine) {
  const auto said = read_file(view.path(engine.folder + "/stderr.txt"));
  if (!said) return {};
  const size_t end = said->find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return {};
  const size_t begin = said->rfind('\n', end);
  const std::string line = said->substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
  return ": " + line.substr(0, kLastWordsBytesMax);
}

void compare_orders(const ExchangeBooks& golden, const ExchangeBooks& found, Findings& findings) {
  std::map<uint32_t, ExchangeOrder> expected;
  for (const ExchangeOrder& order : golden.orders) expected.emplace(order.user_ref, order);
  size_t named = 0;
  for (const ExchangeOrder& order : found.orders) {
    const auto match = expected.find(order.user_ref);
    const bool known = match != expected.end();
    if ((!known || match->second != order) && ++named <= kOrdersNamedMax) {
      findings.fail(
          "the exchange has " + describe(order) +
          (known ? "; uninterrupted: " + describe(match->second) : "; the uninterrupted session never sent it"));
    }
    if (known) expected.erase(match);
  }
  for (const auto& [user_ref, order] : expected) {
    if (++named <= kOrdersNamedMax) findings.fail("missing at the exchange: " + describe(order));
  }
  if (named > kOrdersNamedMax) findings.fail("and " + std::to_string(named - kOrdersNamedMax) + " more orders differ");
}

void check_deaths(const CaseView& view, Findings& findings) {
  for (const rca::ProcessFacts* const engine : view.engines()) {
    if (engine->finished) continue;
    const std::string where = "start " + std::to_string(engine->incarnation);
    if (died_unplanned(view, *engine)) {
      findings.fail(where + " died without a fault: " + describe_ending(*engine));
    } else if (view.plan.expect.outcome == ExpectedOutcome::kFinish) {
      findings.fail(where + " died of its fault, the scenario expects it to finish: " + describe_ending(*engine));
    }
  }
}

}  // namespace

Verdict verify_continuity(const CaseView& view) {
  Findings findings("continuity");
  if (view.plan.expect.outcome == ExpectedOutcome::kRefuse) return findings.not_applicable("the engine is to refuse");
  const auto engines = view.engines();
  if (engines.empty()) return findings.error("no engine was ever started");
  const auto golden_state = read_file(view.path("golden/final_state.json"));
  const auto golden_books = read_exchange_books(view.path("golden/exchange.json"));
  if (!golden_state) return findings.error("no golden run: " + golden_state.error().message);
  if (!golden_books) return findings.error("no golden run: " + golden_books.error().message);
  if (golden_books->orders.empty()) return findings.inconclusive("the uninterrupted session never sent an order");
  if (!engines.back()->finished) {
    findings.fail("start " + std::to_string(engines.back()->incarnation) + " did not finish the session, " +
                  describe_ending(*engines.back()) + last_words(view, *engines.back()));
  }
  check_deaths(view, findings);
  if (!engines.back()->finished) return findings.finish({});
  const std::string final_path = view.path(engines.back()->folder + "/final_state.json");
  const auto final_state = read_file(final_path);
  if (!final_state) {
    findings.fail("the finished engine left no final state: " + final_state.error().message);
  } else if (*final_state != *golden_state) {
    const auto differences = describe_differences(*final_state, *golden_state);
    for (size_t i = 0; i < std::min(differences.size(), kDifferencesNamedMax); ++i) {
      findings.fail("final state differs from the uninterrupted session's: " + differences[i]);
    }
    if (differences.size() > kDifferencesNamedMax) {
      findings.fail("and in " + std::to_string(differences.size() - kDifferencesNamedMax) + " more places");
    }
  }
  const auto books = read_exchange_books(view.path("exchange/exchange.json"));
  if (!books) return findings.error(books.error().message);
  compare_orders(*golden_books, *books, findings);
  return findings.finish("same positions and the same " + std::to_string(books->orders.size()) +
                         " orders as the uninterrupted session");
}

}  // namespace crashwright::verifiers
