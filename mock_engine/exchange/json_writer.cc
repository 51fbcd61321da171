#include "mock_engine/exchange/json_writer.h"

namespace crashwright::mock_engine::exchange {

void JsonWriter::value(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  comma();
  out_.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_.push_back('\\');
      out_.push_back(c);
    } else if (byte < 0x20 || byte > 0x7e) {
      out_.append("\\u00");
      out_.push_back(kHex[byte >> 4]);
      out_.push_back(kHex[byte & 15]);
    } else {
      out_.push_back(c);
    }
  }
  out_.push_back('"');
}

}  // namespace crashwright::mock_engine::exchange
