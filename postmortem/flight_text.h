// A record's payload as text, by the argument types that its call site stored. Internal to the reader.
//
// Threads: pure functions. Errors: a payload or a format that does not fit its call site gives a text that says so in
// parentheses; nothing throws. Signal context: no.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "postmortem/flight_format.h"

namespace crashwright::postmortem {

// True when the slot is complete and its fields are in range.
[[nodiscard]] bool site_intact(const FlightSiteSlot& site) noexcept;

struct FlightField {
  std::string name;
  std::string value;
  bool is_literal = false;  // a number, true or false, as JSON writes it
};

struct FlightWording {
  std::string text;
  std::vector<FlightField> fields;  // of the placeholders that have a name
};

[[nodiscard]] FlightWording word_record(const FlightSiteSlot& site, std::string_view payload);

[[nodiscard]] std::string hex_text(std::string_view bytes);

}  // namespace crashwright::postmortem
