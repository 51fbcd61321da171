// The exchange and the feed on the time axis: drop copy (JSON lines), ITCH file (BinaryFILE framing).
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "rca/timeline_sources.h"

namespace crashwright::rca {
namespace {

using Json = nlohmann::json;
using postmortem::Severity;

Severity drop_copy_severity(const std::string& kind, const std::string& type) {
  if (kind == "violation") return Severity::kError;
  if (kind == "disconnect" || kind == "login_refused" || kind == "retransmission") return Severity::kWarn;
  if (type == "rejected" || type == "broken" || type == "duplicate_executed" || type == "cancel_reject") {
    return Severity::kWarn;
  }
  return Severity::kInfo;
}

std::string scalar_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// False for a line that is no event.
bool fill_drop_copy_event(const std::string& line, TimelineEvent& event) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("t") || !json["t"].is_number_unsigned()) return false;
  event.monotonic_ns = json["t"].get<uint64_t>();
  event.thread = "exchange";
  std::string kind;
  std::string type;
  std::string rest;
  for (const auto& [key, value] : json.items()) {
    if (key == "t" || value.is_structured()) continue;
    if (key == "n") {
      if (value.is_number_unsigned()) event.sequence = value.get<uint64_t>();
    } else if (key == "kind") {
      kind = scalar_text(value);
    } else {
      if (key == "type") {
        type = scalar_text(value);
      } else {
        rest += " " + key + "=" + scalar_text(value);
      }
      event.fields.push_back({key, scalar_text(value), value.is_number()});
    }
  }
  event.fields.insert(event.fields.begin(), {"kind", kind, false});
  event.text = kind + (type.empty() ? "" : " " + type) + rest;
  event.severity = drop_copy_severity(kind, type);
  return true;
}

const char* feed_type_name(char type) {
  switch (type) {
    case 'S':
      return "system event";
    case 'R':
      return "stock directory";
    case 'H':
      return "trading action";
    case 'A':
    case 'F':
      return "add order";
    case 'E':
    case 'C':
      return "order executed";
    case 'X':
      return "order cancel";
    case 'D':
      return "order delete";
    case 'U':
      return "order replace";
    case 'P':
      return "trade";
    case 'Q':
      return "cross trade";
    default:
      return "other";
  }
}

uint64_t big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// Offsets of the ITCH 5.0 specification, tables 1.1 to 1.5.
void describe_feed_message(std::string_view message, TimelineEvent& event) {
  const char type = message.empty() ? '?' : message[0];
  event.text = fmt::format("feed {} {}", event.sequence, feed_type_name(type));
  event.fields.push_back({"type", std::string(1, type), false});
  if (message.size() >= 11) {
    event.fields.push_back({"feed_time_ns", std::to_string(big_endian(message.substr(5, 6))), true});
  }
  const bool names_order = std::string_view("AFECXDUP").find(type) != std::string_view::npos;
  if (names_order && message.size() >= 19) {
    const uint64_t reference = big_endian(message.substr(11, 8));
    event.text += fmt::format(" {}", reference);
    event.fields.push_back({"order_reference", std::to_string(reference), true});
  }
  if ((type == 'A' || type == 'F') && message.size() >= 36) {
    std::string symbol(message.substr(24, 8));
    symbol.erase(symbol.find_last_not_of(' ') + 1);
    const uint64_t shares = big_endian(message.substr(20, 4));
    const uint64_t price = big_endian(message.substr(32, 4));
    event.text += fmt::format(" {} {} {} at {} ticks", message[19], shares, symbol, price);
    event.fields.push_back({"symbol", symbol, false});
    event.fields.push_back({"price_ticks", std::to_string(price), true});
  }
}

}  // namespace

Status add_drop_copy(TimelineBuilder& builder, const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const size_t source = builder.add_source(TimelineKind::kExchange, path, 0);
  size_t number = 0;
  for (size_t at = 0; at < text->size();) {
    ++number;
    const size_t end = text->find('\n', at);
    if (end == std::string::npos) {
      builder.note(source, fmt::format("line {} has no end and was dropped", number));
      break;
    }
    TimelineEvent event;
    event.source = source;
    if (fill_drop_copy_event(text->substr(at, end - at), event)) {
      builder.add(std::move(event));
    } else {
      builder.note(source, fmt::format("line {} is no event of a drop copy", number));
    }
    at = end + 1;
  }
  return {};
}

Status add_feed(TimelineBuilder& builder, const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  const size_t source = builder.add_source(TimelineKind::kFeed, path, 0);
  uint64_t sequence = 0;
  uint64_t left_out = 0;
  for (size_t at = 0; at < bytes->size();) {
    const std::string_view rest = std::string_view(*bytes).substr(at);
    const size_t length = rest.size() < 2 ? SIZE_MAX : big_endian(rest.substr(0, 2));
    if (length == 0) break;
    if (rest.size() < 2 || length > rest.size() - 2) {
      builder.note(source, fmt::format("torn at byte {}", at));
      break;
    }
    ++sequence;
    at += 2 + length;
    const auto place = builder.place_feed(sequence);
    if (!place) {
      ++left_out;
      continue;
    }
    TimelineEvent event;
    event.source = source;
    event.sequence = sequence;
    event.severity = Severity::kDebug;
    event.monotonic_ns = place->monotonic_ns;
    event.error_ns = place->error_ns;
    event.thread = "feed";
    describe_feed_message(rest.substr(2, length), event);
    builder.add(std::move(event));
  }
  if (left_out > 0) {
    builder.note(source, fmt::format("{} of {} messages lie outside what the audit log can place", left_out, sequence));
  }
  return {};
}

}  // namespace crashwright::rca
