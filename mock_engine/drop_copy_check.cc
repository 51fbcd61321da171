#include "mock_engine/drop_copy_check.h"

#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "base/file.h"

namespace crashwright::mock_engine {
namespace {

// One line of the drop copy: a flat object of numbers and plain words.
class Line {
 public:
  explicit Line(std::string_view text) : text_(text) {}

  [[nodiscard]] std::string_view word(const char* key) const {
    const std::string_view rest = behind(key);
    if (rest.empty() || rest.front() != '"') return {};
    return rest.substr(1, rest.find('"', 1) - 1);
  }
  [[nodiscard]] std::optional<int64_t> number(const char* key) const {
    const std::string_view rest = behind(key);
    int64_t value = 0;
    if (std::from_chars(rest.data(), rest.data() + rest.size(), value).ec != std::errc()) return std::nullopt;
    return value;
  }

 private:
  [[nodiscard]] std::string_view behind(const char* key) const {
    const std::string name = '"' + std::string(key) + "\":";
    const size_t at = text_.find(name);
    return at == std::string_view::npos ? std::string_view() : text_.substr(at + name.size());
  }
  std::string_view text_;
};

struct ExchangesBooks {
  std::map<std::string, int64_t> positions;
  std::map<uint32_t, int64_t> leaves;
  int64_t cash_ticks = 0;
};

// False for a line that tells of a message but not all of it.
bool fold(const Line& line, ExchangesBooks& books) {
  const std::string_view type = line.word("type");
  if (type == "executed" || type == "broken") {
    const auto quantity = line.number("quantity");
    const auto price = line.number("price_ticks");
    if (!quantity || !price || line.word("symbol").empty()) return false;
    const int64_t shares = *quantity * (line.word("side") == "B" ? 1 : -1) * (type == "broken" ? -1 : 1);
    books.positions[std::string(line.word("symbol"))] += shares;
    books.cash_ticks -= shares * *price;
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
  size_t number = 0;
  for (size_t begin = 0, end = 0; (end = text->find('\n', begin)) != std::string::npos; begin = end + 1) {
    const Line line(std::string_view(*text).substr(begin, end - begin));
    const bool numbered = line.number("n") == static_cast<int64_t>(++number);
    const auto sequence = line.number("seq");
    const bool told = line.word("kind") == "out" && sequence && static_cast<uint64_t>(*sequence) < next_sequence;
    if (!numbered || (told && !fold(line, books))) {
      return fail(ErrorKind::kCorrupt,
                  path + ":" + std::to_string(number) + ": not the line that a drop copy has here");
    }
  }
  return books;
}

template <typename Key, typename Name>
void compare(const std::map<Key, int64_t>& ours, const std::map<Key, int64_t>& theirs, Name name,
             std::vector<BookDifference>& differences) {
  std::map<Key, std::pair<int64_t, int64_t>> both;
  for (const auto& [key, value] : ours) both[key].first = value;
  for (const auto& [key, value] : theirs) both[key].second = value;
  for (const auto& [key, values] : both) {
    if (values.first != values.second) differences.push_back(name(key, values.first, values.second));
  }
}

}  // namespace

std::string BookDifference::text() const {
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
        return BookDifference{symbol, ours, theirs, 0};
      },
      differences);
  compare(
      open, books->leaves,
      [](uint32_t user_ref, int64_t ours, int64_t theirs) {
        return BookDifference{"order " + std::to_string(user_ref), ours, theirs, user_ref};
      },
      differences);
  if (state.cash_ticks != books->cash_ticks) {
    differences.push_back({"cash", state.cash_ticks, books->cash_ticks, 0});
  }
  return differences;
}

}  // namespace crashwright::mock_engine
