#include "postmortem/flight_text.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>

#include "base/checksum.h"

namespace crashwright::postmortem {
namespace {

using Arguments = fmt::dynamic_format_arg_store<fmt::format_context>;

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

template <typename T>
bool push(PayloadCursor& cursor, Arguments& arguments) {
  T value{};
  if (!cursor.take(value)) return false;
  arguments.push_back(value);
  return true;
}

bool push_bool(PayloadCursor& cursor, Arguments& arguments) {
  uint8_t value = 0;
  if (!cursor.take(value)) return false;
  arguments.push_back(value != 0);
  return true;
}

bool push_text(PayloadCursor& cursor, Arguments& arguments) {
  std::string text;
  if (!cursor.take_text(text)) return false;
  arguments.push_back(std::move(text));
  return true;
}

bool push_pointer(PayloadCursor& cursor, Arguments& arguments) {
  uint64_t value = 0;
  if (!cursor.take(value)) return false;
  arguments.push_back(reinterpret_cast<const void*>(value));
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

}  // namespace

bool site_intact(const FlightSiteSlot& site) noexcept {
  const auto* bytes = reinterpret_cast<const std::byte*>(&site);
  return site.crc == crc32c(bytes + sizeof site.crc, sizeof site - sizeof site.crc) &&
         site.argument_count <= kLogArgumentsMax && site.severity <= Severity::kError && site.line != 0;
}

std::string format_record(const FlightSiteSlot& site, std::string_view payload) {
  PayloadCursor cursor(payload);
  Arguments arguments;
  for (size_t i = 0; i < site.argument_count; ++i) {
    if (!push_argument(site.arguments[i], cursor, arguments)) {
      return "(the payload does not fit its call site) " + hex_text(payload);
    }
  }
  try {
    return fmt::vformat(fmt::string_view(site.format.view().data(), site.format.view().size()), arguments);
  } catch (const std::exception& trouble) {
    return std::string("(cannot be formatted: ") + trouble.what() + ") " + hex_text(payload);
  }
}

std::string hex_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

}  // namespace crashwright::postmortem
