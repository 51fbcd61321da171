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

std::string describe_positions(const std::map<std::string, int64_t>& positions) {
  std::string text;
  for (const auto& [symbol, shares] : positions) {
    if (!text.empty()) text += ", ";
    text += symbol + " " + std::to_string(shares);
  }
  return text.empty() ? "flat" : text;
}

}  // namespace crashwright::verifiers
