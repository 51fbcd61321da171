#include "verifiers/engine_state.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace crashwright::verifiers {
namespace {

using Json = nlohmann::json;

EngineState state_from_json(const Json& document) {
  EngineState state;
  for (const auto& [symbol, shares] : document.at("positions").items()) {
    if (shares.get<int64_t>() != 0) state.positions[symbol] = shares.get<int64_t>();
  }
  state.cash_ticks = document.at("cash_ticks").get<int64_t>();
  state.feed_sequence = document.at("feed_sequence").get<uint64_t>();
  state.audit_sequence = document.value("audit_sequence", uint64_t{0});
  state.next_session_sequence = document.value("next_session_sequence", uint64_t{0});
  for (const Json& order : document.at("open_orders")) {
    state.open_orders.push_back({order.at("user_ref").get<uint32_t>(), order.at("leaves").get<int64_t>(),
                                 order.at("price_ticks").get<int64_t>(), order.at("symbol").get<std::string>(),
                                 order.at("side").get<std::string>()});
  }
  state.next_user_ref = document.value("next_user_ref", uint64_t{0});
  state.in_doubt = document.value("in_doubt", std::vector<uint32_t>{});
  state.kill_switch = document.value("kill_switch", false);
  return state;
}

std::map<uint32_t, Json> orders_of(const Json& list) {
  std::map<uint32_t, Json> orders;
  for (const Json& order : list) orders.emplace(order.at("user_ref").get<uint32_t>(), order);
  return orders;
}

std::string describe(const Json& order) {
  const auto price = std::to_string(order.at("price_ticks").get<int64_t>());
  return order.at("side").get<std::string>() + " " + order.at("symbol").get<std::string>() + " at " + price + ", " +
         std::to_string(order.at("leaves").get<int64_t>()) + " left";
}

void compare_open_orders(const Json& found, const Json& uninterrupted, std::vector<std::string>& differences) {
  auto expected = orders_of(uninterrupted);
  for (const auto& [user_ref, order] : orders_of(found)) {
    const std::string name = "open order " + std::to_string(user_ref) + ": ";
    const auto match = expected.find(user_ref);
    if (match == expected.end()) {
      differences.push_back(name + describe(order) + ", uninterrupted: not open");
    } else if (match->second != order) {
      differences.push_back(name + describe(order) + ", uninterrupted: " + describe(match->second));
    }
    if (match != expected.end()) expected.erase(match);
  }
  for (const auto& [user_ref, order] : expected) {
    differences.push_back("open order " + std::to_string(user_ref) + ": not open, uninterrupted: " + describe(order));
  }
}

std::string member_text(const Json& document, const std::string& name) {
  return document.contains(name) ? document.at(name).dump() : "not there";
}

std::vector<std::string> compare_documents(const Json& found, const Json& uninterrupted) {
  std::vector<std::string> differences;
  Json both = uninterrupted;
  both.update(found);
  for (const auto& member : both.items()) {
    const std::string& name = member.key();
    const std::string here = member_text(found, name);
    const std::string there = member_text(uninterrupted, name);
    if (here == there) continue;
    if (name == "open_orders" && found.contains(name) && uninterrupted.contains(name)) {
      compare_open_orders(found.at(name), uninterrupted.at(name), differences);
    } else {
      differences.push_back(name + " " + here + ", uninterrupted: " + there);
    }
  }
  if (differences.empty()) differences.emplace_back("written differently, the content is the same");
  return differences;
}

}  // namespace

Result<EngineState> read_engine_state(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  auto state = parse_engine_state(*text);
  if (!state) return fail(ErrorKind::kCorrupt, path + ": " + state.error().message);
  return state;
}

Result<EngineState> parse_engine_state(const std::string& text) {
  try {
    return state_from_json(Json::parse(text));
  } catch (const Json::exception& trouble) {
    return fail(ErrorKind::kCorrupt, trouble.what());
  }
}

std::vector<std::string> describe_differences(const std::string& found, const std::string& uninterrupted) {
  if (found == uninterrupted) return {};
  try {
    return compare_documents(Json::parse(found), Json::parse(uninterrupted));
  } catch (const Json::exception& trouble) {
    return {std::string("unreadable: ") + trouble.what()};
  }
}

std::string describe_positions(const std::map<std::string, int64_t>& positions) {
  std::string text;
  for (const auto& [symbol, shares] : positions) {
    if (!text.empty()) text += ", ";
    text += symbol + " " + std::to_string(shares);
  }
  return text.empty() ? "flat" : text;
}

}  // namespace crashwright::verifiers
