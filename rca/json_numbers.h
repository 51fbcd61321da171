// Numbers of a JSON document that a reader may convert: a fraction where an integer belongs, or one that is out of all
// range, is refused before anything converts it (which would be undefined behaviour).
//
// Threads: any. Signal context: no. Errors: throws the document's own type_error, as its other accessors do.
#pragma once

#include <initializer_list>
#include <string_view>

namespace crashwright::rca {

// Fractions may stand under these keys only, between -1 and 1: strengths and confidences.
template <typename Json>
void refuse_fractions(const Json& value, std::initializer_list<std::string_view> allowed, std::string_view key = "") {
  if (value.is_number_float()) {
    const auto number = value.template get<double>();
    bool known = false;
    for (const std::string_view name : allowed) known = known || name == key;
    if (!known || number < -1 || number > 1)
      throw Json::type_error::create(302, "a fraction where none may be", nullptr);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) refuse_fractions(member, allowed, name);
  } else if (value.is_array()) {
    for (const auto& member : value) refuse_fractions(member, allowed, key);
  }
}

}  // namespace crashwright::rca
