// Where the books differ: what the engine recovered against what the exchange had told it by then, and the books at the
// end against the exchange's and those of the uninterrupted session.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "harness/report/case_picture.h"
#include "rca/facts.h"
#include "verifiers/drop_copy.h"
#include "verifiers/engine_state.h"

namespace crashwright::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRowsMax = 40;

// One column: what somebody believes.
struct Books {
  std::map<std::string, int64_t> positions;
  int64_t cash_ticks = 0;
  std::map<uint32_t, int64_t> open_leaves;
};

Books books_of(const verifiers::EngineState& state) {
  Books books{state.positions, state.cash_ticks, {}};
  for (const verifiers::EngineOpenOrder& order : state.open_orders) books.open_leaves[order.user_ref] = order.leaves;
  return books;
}

Books books_of(const verifiers::ExchangeBooks& exchange) {
  Books books{exchange.positions, exchange.cash_ticks, {}};
  for (const verifiers::ExchangeOrder& order : exchange.orders) {
    if (order.leaves > 0 && order.state == "open") books.open_leaves[order.user_ref] = order.leaves;
  }
  return books;
}

template <typename Key>
std::string value_in(const std::map<Key, int64_t>& values, const Key& key, const char* absent) {
  const auto found = values.find(key);
  return found == values.end() ? absent : std::to_string(found->second);
}

class TableBuilder {
 public:
  TableBuilder(std::string title, std::vector<std::string> columns) {
    table_.title = std::move(title);
    table_.columns = std::move(columns);
  }
  void row(std::string what, std::vector<std::string> values) {
    if (std::set<std::string>(values.begin(), values.end()).size() == 1) {
      ++table_.equal;
      return;
    }
    if (table_.rows.size() >= kRowsMax) {
      ++table_.left_out;
      return;
    }
    values.insert(values.begin(), std::move(what));
    table_.rows.push_back(std::move(values));
  }
  [[nodiscard]] StateTable take() { return std::move(table_); }

 private:
  StateTable table_;
};

StateTable compare(std::string title, std::vector<std::string> names, const std::vector<Books>& views) {
  names.insert(names.begin(), "what");
  TableBuilder table(std::move(title), std::move(names));
  std::set<std::string> symbols;
  std::set<uint32_t> orders;
  std::vector<std::string> cash;
  for (const Books& books : views) {
    for (const auto& [symbol, shares] : books.positions) symbols.insert(symbol);
    for (const auto& [order, leaves] : books.open_leaves) orders.insert(order);
    cash.push_back(std::to_string(books.cash_ticks));
  }
  table.row("cash, ticks", std::move(cash));
  for (const std::string& symbol : symbols) {
    std::vector<std::string> values;
    for (const Books& books : views) values.push_back(value_in(books.positions, symbol, "0"));
    table.row("position " + symbol, std::move(values));
  }
  for (const uint32_t order : orders) {
    std::vector<std::string> values;
    for (const Books& books : views) values.push_back(value_in(books.open_leaves, order, "not open"));
    table.row(fmt::format("open shares of order {}", order), std::move(values));
  }
  return table.take();
}

void add_recovered(const std::string& case_folder, std::vector<StateTable>& tables) {
  const auto events = verifiers::read_drop_copy(case_folder + "/exchange/drop_copy.jsonl");
  if (!events) return;
  for (uint32_t number = 0;; ++number) {
    const std::string path = fmt::format("{}/recovered/{}/first.json", case_folder, number);
    std::error_code trouble;
    if (!fs::exists(path, trouble)) return;
    const auto state = verifiers::read_engine_state(path);
    if (!state) continue;
    const verifiers::DropCopyFold fold = verifiers::fold_drop_copy(*events, state->next_session_sequence);
    Books recovered = books_of(*state);
    // Orders that the exchange knew only later are the restart's business, not the recovery's.
    recovered.open_leaves.clear();
    tables.push_back(compare(fmt::format("Recovered from what death {} left, up to message {} of the exchange",
                                         number + 1, state->next_session_sequence),
                             {"recovered", "exchange by then"}, {recovered, {fold.positions, fold.cash_ticks, {}}}));
  }
}

}  // namespace

std::vector<StateTable> read_state_tables(const std::string& case_folder) {
  std::vector<StateTable> tables;
  add_recovered(case_folder, tables);
  const auto facts = rca::read_case_facts(case_folder + "/facts.json");
  const auto exchange = verifiers::read_exchange_books(case_folder + "/exchange/exchange.json");
  if (!facts || !exchange) return tables;
  std::vector<std::string> names;
  std::vector<Books> views;
  for (const rca::ProcessFacts& process : facts->processes) {
    if (process.role != "engine" || !process.finished) continue;
    const auto state = verifiers::read_engine_state(case_folder + "/" + process.folder + "/final_state.json");
    if (!state) continue;
    names = {"engine"};
    views = {books_of(*state)};
  }
  if (views.empty()) return tables;
  names.emplace_back("exchange");
  views.push_back(books_of(*exchange));
  if (const auto golden = verifiers::read_engine_state(case_folder + "/golden/final_state.json")) {
    names.emplace_back("without a crash");
    views.push_back(books_of(*golden));
  }
  tables.push_back(compare("At the end of the session", std::move(names), views));
  return tables;
}

}  // namespace crashwright::harness
