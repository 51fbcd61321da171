// Writes JSON into a string: enough for flat objects and what nests in them, at the speed of a drop copy.
//
// Keys must be plain identifiers; text values are escaped, bytes outside printable ASCII as \u00XX, so that nothing a
// client sends can break a line. Commas are placed by the writer.
// Threads: one owner. Errors: none. Signal context: no.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace crashwright::mock_engine::exchange {

class JsonWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void begin_array() { open('['); }
  void end_object() { close('}'); }
  void end_array() { close(']'); }
  // Starts a member; a value or a begin_... must follow.
  void key(std::string_view name) {
    comma();
    out_.push_back('"');
    out_.append(name);
    out_.append("\":");
    first_ = true;
  }
  void value(std::integral auto number) {
    comma();
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  void value(std::string_view text);
  void member(std::string_view name, std::integral auto number) {
    key(name);
    value(number);
  }
  void member(std::string_view name, std::string_view text) {
    key(name);
    value(text);
  }

 private:
  void open(char bracket) {
    comma();
    out_.push_back(bracket);
    first_ = true;
  }
  void close(char bracket) {
    out_.push_back(bracket);
    first_ = false;
  }
  void comma() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace crashwright::mock_engine::exchange
