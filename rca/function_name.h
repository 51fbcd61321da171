// Names of functions as the autopsy compares and shows them.
//
// Threads: any. Signal context: no. Errors: none; what is no name of C++ stays as it is.
#pragma once

#include <string>
#include <string_view>

namespace crashwright::rca {

// Without return type, arguments, template arguments, unnamed namespaces, clone and version suffixes; a lambda counts
// as the function it stands in: "void a::Ring<int>::push(int)::{lambda()#1}::operator()() const" is "a::Ring::push".
[[nodiscard]] std::string plain_function_name(std::string_view name);

// `plain` without the namespaces of this project's rooms: "OrderGateway::send".
[[nodiscard]] std::string short_function_name(std::string_view plain);

}  // namespace crashwright::rca
