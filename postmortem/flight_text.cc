#include "postmortem/flight_text.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <optional>

#include "base/checksum.h"
#include "postmortem/log_format_check.h"

namespace crashwright::postmortem {
namespace {

// Takes values off the front of a payload.
class PayloadCursor {
 public:
  explicit PayloadCursor(std::string_view payload) : rest_(payload) {}

  template <typename T>
  bool take(T& value) {
    if (rest_.size() < sizeof value) return false;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return true;
  }

  bool take_text(std::string& text) {
    uint16_t length = 0;
    if (!take(length)) return false;
    const size_t kept = std::min<size_t>(length, kLogStringBytesMax);
    if (rest_.size() < kept) return false;
    text = rest_.substr(0, kept);
    if (length > kept) text += "...";
    rest_.remove_prefix(kept);
    return true;
  }

 private:
  std::string_view rest_;
};

// The arguments as fmt takes them, and each as a field would show it.
struct Arguments {
  fmt::dynamic_format_arg_store<fmt::format_context> store;
  std::vector<FlightField> fields;  // without names

  template <typename T>
  void add(const T& value, bool is_literal) {
    store.push_back(value);
    fields.push_back({{}, fmt::format("{}", value), is_literal});
  }
};

template <typename T>
bool push(PayloadCursor& cursor, Arguments& arguments) {
  T value{};
  if (!cursor.take(value)) return false;
  if constexpr (std::is_same_v<T, double>) {
    arguments.add(value, std::isfinite(value));
  } else {
    arguments.add(value, !std::is_same_v<T, char>);
  }
  return true;
}

bool push_bool(PayloadCursor& cursor, Arguments& arguments) {
  uint8_t value = 0;
  if (!cursor.take(value)) return false;
  arguments.add(value != 0, true);
  return true;
}

bool push_text(PayloadCursor& cursor, Arguments& arguments) {
  std::string text;
  if (!cursor.take_text(text)) return false;
  arguments.add(text, false);
  return true;
}

bool push_pointer(PayloadCursor& cursor, Arguments& arguments) {
  uint64_t value = 0;
  if (!cursor.take(value)) return false;
  arguments.add(reinterpret_cast<const void*>(value), false);
  return true;
}

bool push_argument(LogArgument type, PayloadCursor& cursor, Arguments& arguments) {
  switch (type) {
    case LogArgument::kNone:
      return false;
    case LogArgument::kBool:
      return push_bool(cursor, arguments);
    case LogArgument::kChar:
      return push<char>(cursor, arguments);
    case LogArgument::kInt8:
      return push<int8_t>(cursor, arguments);
    case LogArgument::kUint8:
      return push<uint8_t>(cursor, arguments);
    case LogArgument::kInt16:
      return push<int16_t>(cursor, arguments);
    case LogArgument::kUint16:
      return push<uint16_t>(cursor, arguments);
    case LogArgument::kInt32:
      return push<int32_t>(cursor, arguments);
    case LogArgument::kUint32:
      return push<uint32_t>(cursor, arguments);
    case LogArgument::kInt64:
      return push<int64_t>(cursor, arguments);
    case LogArgument::kUint64:
      return push<uint64_t>(cursor, arguments);
    case LogArgument::kDouble:
      return push<double>(cursor, arguments);
    case LogArgument::kString:
      return push_text(cursor, arguments);
    case LogArgument::kPointer:
      return push_pointer(cursor, arguments);
  }
  return false;
}

// fmt's grammar has no names of ours: "{price=:.2f}" becomes "price={:.2f}". Fills in the fields' names by the way.
std::string plain_format(std::string_view format, std::vector<FlightField>& fields) {
  std::string plain;
  size_t used = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    plain += format[at];
    if (format[at] != '{') continue;
    if (at + 1 < format.size() && format[at + 1] == '{') {
      plain += format[++at];
      continue;
    }
    const size_t end = format.find('}', at);
    if (end == std::string_view::npos) break;
    const detail::LogPlaceholder found = detail::parse_log_placeholder(format.substr(at + 1, end - at - 1));
    plain.pop_back();
    if (found.worded) plain.append(found.name).append("=");
    plain += '{';
    if (!found.spec.empty()) plain.append(":").append(found.spec);
    plain += '}';
    if (used < fields.size()) fields[used].name = found.name;
    ++used;
    at = end;
  }
  std::erase_if(fields, [](const FlightField& field) { return field.name.empty(); });
  return plain;
}

}  // namespace

bool site_intact(const FlightSiteSlot& site) noexcept {
  const auto* bytes = reinterpret_cast<const std::byte*>(&site);
  return site.crc == crc32c(bytes + sizeof site.crc, sizeof site - sizeof site.crc) &&
         site.argument_count <= kLogArgumentsMax && site.severity <= Severity::kError && site.line != 0;
}

FlightWording word_record(const FlightSiteSlot& site, std::string_view payload) {
  // Bounds widths too, before memory is spent on them.
  if (const char* wrong = detail::check_log_format(site.format.view(), site.arguments, site.argument_count)) {
    return {std::string("(cannot be formatted: ") + wrong + ") " + hex_text(payload), {}};
  }
  PayloadCursor cursor(payload);
  Arguments arguments;
  for (size_t i = 0; i < site.argument_count; ++i) {
    if (!push_argument(site.arguments[i], cursor, arguments)) {
      return {"(the payload does not fit its call site) " + hex_text(payload), {}};
    }
  }
  FlightWording wording;
  wording.fields = std::move(arguments.fields);
  const std::string format = plain_format(site.format.view(), wording.fields);
  try {
    wording.text = fmt::vformat(fmt::string_view(format.data(), format.size()), arguments.store);
  } catch (const std::exception& trouble) {
    wording.text = std::string("(cannot be formatted: ") + trouble.what() + ") " + hex_text(payload);
  }
  return wording;
}

std::string hex_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

}  // namespace crashwright::postmortem
