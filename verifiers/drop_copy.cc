#include "verifiers/drop_copy.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace crashwright::verifiers {
namespace {

using Json = nlohmann::json;

ExchangeEvent event_from_json(const Json& line) {
  ExchangeEvent event;
  event.kind = line.at("kind").get<std::string>();
  event.type = line.value("type", "");
  event.number = line.value("n", uint64_t{0});
  event.monotonic_ns = line.value("t", uint64_t{0});
  event.session_sequence = line.value("seq", uint64_t{0});
  event.user_ref = line.value("user_ref", 0U);
  event.original_user_ref = line.value("orig_user_ref", 0U);
  event.symbol = line.value("symbol", "");
  event.side = line.value("side", "");
  event.quantity = line.value("quantity", int64_t{0});
  event.price_ticks = line.value("price_ticks", int64_t{0});
  event.leaves = line.value("leaves", int64_t{0});
  event.match_id = line.value("match_id", uint64_t{0});
  event.order_id = line.value("order_id", uint64_t{0});
  event.reason = line.value("reason", "");
  return event;
}

ExchangeBooks books_from_json(const Json& document) {
  ExchangeBooks books;
  for (const auto& [symbol, shares] : document.at("positions").items()) {
    if (shares.get<int64_t>() != 0) books.positions[symbol] = shares.get<int64_t>();
  }
  books.cash_ticks = document.at("cash_ticks").get<int64_t>();
  for (const Json& order : document.at("orders")) {
    books.orders.push_back({order.at("user_ref").get<uint32_t>(), order.at("symbol").get<std::string>(),
                            order.at("side").get<std::string>(), order.at("quantity").get<int64_t>(),
                            order.at("executed").get<int64_t>(), order.at("leaves").get<int64_t>(),
                            order.at("price_ticks").get<int64_t>(), order.at("state").get<std::string>()});
  }
  std::sort(books.orders.begin(), books.orders.end());
  books.violations = document.at("violations").get<std::map<std::string, uint64_t>>();
  books.sequenced_messages = document.at("sequenced_messages").get<uint64_t>();
  return books;
}

}  // namespace

Result<std::vector<ExchangeEvent>> read_drop_copy(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  std::vector<ExchangeEvent> events;
  size_t line_number = 0;
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = text->find('\n', begin);
    if (end == std::string::npos) break;
    ++line_number;
    try {
      events.push_back(event_from_json(
          Json::parse(text->begin() + static_cast<ptrdiff_t>(begin), text->begin() + static_cast<ptrdiff_t>(end))));
    } catch (const Json::exception&) {
      return fail(ErrorKind::kCorrupt,
                  path + ":" + std::to_string(line_number) +
                      (line_number == 1 ? ": not a drop copy" : ": no line of a drop copy: it was damaged or changed"),
                  "name the drop_copy.jsonl that the exchange wrote");
    }
    // The exchange numbers its lines: a lost one would hide what the engine did.
    if (events.back().number != line_number) {
      return fail(ErrorKind::kCorrupt, path + ":" + std::to_string(line_number) + ": this is line " +
                                           std::to_string(events.back().number) + " of what the exchange wrote");
    }
    begin = end + 1;
  }
  return events;
}

Result<ExchangeBooks> read_exchange_books(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  try {
    return books_from_json(Json::parse(*text));
  } catch (const Json::exception& trouble) {
    return fail(ErrorKind::kCorrupt, path + ": " + trouble.what());
  }
}

Result<std::vector<ExchangeEvent>> read_complete_drop_copy(const std::string& folder) {
  auto events = read_drop_copy(folder + "/drop_copy.jsonl");
  if (!events) return events;
  const auto books = read_exchange_books(folder + "/exchange.json");
  if (!books) return tl::unexpected(books.error());
  uint64_t last = 0;
  for (const ExchangeEvent& event : *events) last = std::max(last, event.session_sequence);
  if (last != books->sequenced_messages) {
    return fail(ErrorKind::kCorrupt, folder + "/drop_copy.jsonl: ends at session sequence " + std::to_string(last) +
                                         ", the exchange sent " + std::to_string(books->sequenced_messages));
  }
  return events;
}

DropCopyFold fold_drop_copy(const std::vector<ExchangeEvent>& events, uint64_t next_sequence) {
  DropCopyFold fold;
  for (const ExchangeEvent& event : events) {
    if (event.kind != "out" || event.session_sequence == 0 || event.session_sequence >= next_sequence) continue;
    if (event.type == "executed" || event.type == "broken") {
      const int64_t direction = (event.side == "B" ? 1 : -1) * (event.type == "broken" ? -1 : 1);
      fold.positions[event.symbol] += direction * event.quantity;
      fold.cash_ticks -= direction * event.quantity * event.price_ticks;
    }
    if (event.type == "replaced") fold.open_leaves.erase(event.original_user_ref);
    if (event.type == "accepted" || event.type == "replaced" || event.type == "executed" || event.type == "canceled") {
      fold.open_leaves[event.user_ref] = event.leaves;
    }
  }
  std::erase_if(fold.positions, [](const auto& entry) { return entry.second == 0; });
  std::erase_if(fold.open_leaves, [](const auto& entry) { return entry.second == 0; });
  return fold;
}

}  // namespace crashwright::verifiers
