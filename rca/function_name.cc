#include "rca/function_name.h"

#include <algorithm>

namespace crashwright::rca {
namespace {

constexpr std::string_view kUnnamed[] = {"(anonymous namespace)::", "{anonymous}::", "<unnamed>::"};
constexpr std::string_view kRooms[] = {"crashwright::mock_engine::", "crashwright::postmortem::", "crashwright::rca::",
                                       "crashwright::harness::", "crashwright::"};

void erase_all(std::string& text, std::string_view part) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
}

// The end of the balanced brackets that open at `at`, or the end of the text.
size_t after_brackets(std::string_view text, size_t at, char open, char close) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    // The arrow of operator-> and of a trailing return type closes nothing.
    if (text[at] == close && !(close == '>' && at > 0 && text[at - 1] == '-') && --depth == 0) return at + 1;
  }
  return text.size();
}

bool ends_with_operator(std::string_view text) {
  constexpr std::string_view kWord = "operator";
  if (!text.ends_with(kWord)) return false;
  return text.size() == kWord.size() || text[text.size() - kWord.size() - 1] == ':';
}

// The length of the operator's own characters at `at`, after the word "operator".
size_t operator_length(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view symbol :
       {"()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "->", "<=", ">=", "<", ">"}) {
    if (rest.starts_with(symbol)) return symbol.size();
  }
  // A conversion, new or delete: up to the arguments.
  if (rest.starts_with(" ")) return std::min(rest.find('('), rest.size());
  return 0;
}

// What a compiler made of one function: ".cold", ".isra.0", ".part.3", ".localalias"; `rest` begins behind the point.
// Other languages have points in their names.
bool is_clone_suffix(std::string_view rest) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (rest.empty() || is_digit(rest[0])) return true;
  const std::string_view word = rest.substr(0, rest.find_first_of(".( <["));
  const std::string_view behind = rest.substr(word.size());
  if (word == "cold" || word == "localalias") return true;
  return behind.size() > 1 && behind[0] == '.' && is_digit(behind[1]);
}

}  // namespace

std::string plain_function_name(std::string_view name) {
  std::string text(name.substr(0, name.find(" [clone")));
  for (const std::string_view part : kUnnamed) erase_all(text, part);
  erase_all(text, "decltype(auto) ");
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    if (ends_with_operator(plain)) {
      const size_t length = operator_length(text, at);
      plain.append(text, at, length);
      at += length;
      if (length > 0) continue;
    }
    const char c = text[at];
    if (c == '<' && at > 0) {
      at = after_brackets(text, at, '<', '>');
    } else if (c == '{') {  // a lambda outside of any function
      return "operator()";
    } else if (c == '(' || c == '@') {
      break;
    } else if (c == '[') {  // [abi:cxx11]
      at = after_brackets(text, at, '[', ']');
    } else if (c == ' ') {  // a return type ends here, or a debugger's "f (x=1)" begins its arguments
      if (!plain.empty() && at + 1 < text.size() && text[at + 1] == '(') break;
      if (at + 1 < text.size() && text[at + 1] != '<') plain.clear();
      ++at;
    } else if (c == '.' && !plain.empty() && is_clone_suffix(std::string_view(text).substr(at + 1))) {
      break;
    } else {
      plain += c;
      ++at;
    }
  }
  if (plain.starts_with("$_") || plain.find("::$_") != std::string::npos) return "operator()";  // Clang's lambdas
  while (plain.ends_with("::")) plain.resize(plain.size() - 2);
  while (plain.starts_with('*') || plain.starts_with('&')) plain.erase(0, 1);
  return plain;
}

std::string whole_function_name(const std::string& told, const std::string& symbol) {
  const std::string plain = plain_function_name(told);
  const bool same = plain_function_name(symbol).ends_with("::" + plain) ||
                    (plain == "operator()" && symbol.find("{lambda(") != std::string::npos);
  return same ? symbol : told;
}

std::string short_function_name(std::string_view plain) {
  for (const std::string_view room : kRooms) {
    if (plain.starts_with(room)) return std::string(plain.substr(room.size()));
  }
  return std::string(plain);
}

}  // namespace crashwright::rca
