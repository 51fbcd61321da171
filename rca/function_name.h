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

// Debug information that has lines and functions alone (-g1) names a function without its class: the name that the
// symbol table has for the same address, `symbol`, when it is one of the same function, else `told`.
[[nodiscard]] std::string whole_function_name(const std::string& told, const std::string& symbol);

// `plain` without the namespaces of this project's rooms: "OrderGateway::send".
[[nodiscard]] std::string short_function_name(std::string_view plain);

}  // namespace crashwright::rca
