#include "mock_engine/exchange/json_writer.h"

#include "base/json_text.h"

namespace crashwright::mock_engine::exchange {

void JsonWriter::value(std::string_view text) {
  comma();
  out_.push_back('"');
  append_json_text(out_, text);
  out_.push_back('"');
}

}  // namespace crashwright::mock_engine::exchange
