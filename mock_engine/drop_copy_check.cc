#include "mock_engine/drop_copy_check.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/file.h"
#include "mock_engine/drop_copy_line.h"

namespace crashwright::mock_engine {
namespace {

struct OpenOrder {
  std::string symbol;
  std::string side;
  int64_t price_ticks = 0;
};

struct ExchangesBooks {
  Positions positions;
  std::map<uint32_t, int64_t> leaves;
  std::map<uint32_t, OpenOrder> terms;  // as they were when the order was taken
  int64_t cash_ticks = 0;
  uint64_t last_message = 0;
};

// False for a line that tells of a message but not all of it.
bool fold(const DropCopyLine& line, ExchangesBooks& books) {
  const std::string_view type = line.word("type");
  if (type == "executed" || type == "broken") {
    const auto quantity = line.number("quantity");
    const auto price = line.number("price_ticks");
    if (!quantity || !price || line.word("symbol").empty()) return false;
    const int64_t shares = *quantity * (line.word("side") == "B" ? 1 : -1) * (type == "broken" ? -1 : 1);
    books.positions[std::string(line.word("symbol"))] += shares;
    books.cash_ticks -= shares * *price;
  }
  if (type == "accepted" || type == "replaced") {
    const auto user_ref = line.number("user_ref");
    const auto price = line.number("price_ticks");
    if (!user_ref || !price || line.word("symbol").empty() || line.word("side").empty()) return false;
    books.terms[static_cast<uint32_t>(*user_ref)] = {std::string(line.word("symbol")), std::string(line.word("side")),
                                                     *price};
  }
  if (type == "replaced") books.leaves.erase(static_cast<uint32_t>(line.number("orig_user_ref").value_or(0)));
  if (type == "accepted" || type == "replaced" || type == "executed" || type == "canceled") {
    const auto user_ref = line.number("user_ref");
    const auto leaves = line.number("leaves");
    if (!user_ref || !leaves) return false;
    books.leaves[static_cast<uint32_t>(*user_ref)] = *leaves;
  }
  return true;
}

Result<ExchangesBooks> read_books(const std::string& path, uint64_t next_sequence) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  ExchangesBooks books;
  const auto folded = for_each_drop_copy_line(path, *text, [&](const DropCopyLine& line) {
    if (line.word("kind") != "out") return true;
    const auto sequence = line.value<uint64_t>("seq");
    books.last_message = std::max(books.last_message, sequence);
    return sequence >= next_sequence || fold(line, books);
  });
  if (!folded) return tl::unexpected(folded.error());
  if (books.last_message + 1 < next_sequence) {
    return fail(ErrorKind::kCorrupt,
                path + " ends at message " + std::to_string(books.last_message) + ", " +
                    std::to_string(next_sequence - 1) + " applied: it is behind, and cannot be compared with",
                "give the file that the exchange writes, not an older copy of it");
  }
  return books;
}

template <typename Map, typename Name>
void compare(const Map& ours, const Map& theirs, Name name, std::vector<BookDifference>& differences) {
  std::map<typename Map::key_type, std::pair<int64_t, int64_t>> both;
  for (const auto& [key, value] : ours) both[key].first = value;
  for (const auto& [key, value] : theirs) both[key].second = value;
  for (const auto& [key, values] : both) {
    if (values.first != values.second) differences.push_back(name(key, values.first, values.second));
  }
}

// Of the orders that both have open: what was meant by them.
void compare_terms(const OrderState& state, const ExchangesBooks& books, std::vector<BookDifference>& differences) {
  for (const auto& [user_ref, order] : state.orders) {
    const auto leaves = books.leaves.find(user_ref);
    const auto terms = books.terms.find(user_ref);
    const bool both = order.phase == OrderPhase::kOpen && leaves != books.leaves.end() && leaves->second > 0;
    if (!both || terms == books.terms.end()) continue;
    const OpenOrder& theirs = terms->second;
    const std::string of = " of order " + std::to_string(user_ref);
    const std::string symbol(order.symbol.view());
    const std::string side(1, order.side);
    if (symbol != theirs.symbol) differences.push_back({"symbol" + of, 0, 0, user_ref, symbol, theirs.symbol});
    if (side != theirs.side) differences.push_back({"side" + of, 0, 0, user_ref, side, theirs.side});
    if (order.price_ticks != theirs.price_ticks) {
      differences.push_back({"price" + of, order.price_ticks, theirs.price_ticks, user_ref});
    }
  }
}

}  // namespace

std::string BookDifference::text() const {
  if (!our_word.empty()) return what + ": " + our_word + " here, " + their_word + " at the exchange";
  return what + ": " + std::to_string(ours) + " here, " + std::to_string(theirs) + " at the exchange";
}

Result<std::vector<BookDifference>> compare_with_drop_copy(const std::string& path, const OrderState& state) {
  const auto books = read_books(path, state.next_session_sequence);
  if (!books) return tl::unexpected(books.error());
  std::map<uint32_t, int64_t> open;
  for (const auto& [user_ref, order] : state.orders) {
    if (order.phase == OrderPhase::kOpen) open[user_ref] = order.leaves;
  }
  std::vector<BookDifference> differences;
  compare(
      state.positions, books->positions,
      [](const std::string& symbol, int64_t ours, int64_t theirs) {
        return BookDifference{.what = symbol, .ours = ours, .theirs = theirs};
      },
      differences);
  compare(
      open, books->leaves,
      [](uint32_t user_ref, int64_t ours, int64_t theirs) {
        return BookDifference{"order " + std::to_string(user_ref), ours, theirs, user_ref};
      },
      differences);
  compare_terms(state, *books, differences);
  if (state.cash_ticks != books->cash_ticks) {
    differences.push_back({"cash", state.cash_ticks, books->cash_ticks, 0});
  }
  return differences;
}

}  // namespace crashwright::mock_engine
