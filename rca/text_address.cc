#include "rca/text_address.h"

#include <charconv>

namespace crashwright::rca {
namespace {

// The last word of the line as a hexadecimal number.
std::optional<uint64_t> last_address(std::string_view line) {
  const size_t end = line.find_last_not_of(" \r");
  if (end == std::string_view::npos) return std::nullopt;
  line = line.substr(0, end + 1);
  const size_t space = line.rfind(' ');
  return hex_after(space == std::string_view::npos ? line : line.substr(space + 1), "");
}

}  // namespace

std::optional<uint64_t> hex_after(std::string_view line, std::string_view word) {
  const size_t at = line.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + word.size());
  if (rest.starts_with("(nil)") || rest.starts_with("NULL")) return 0;
  if (rest.starts_with("0x")) rest.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number, 16);
  (void)end;
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<uint64_t> named_address(std::string_view line) {
  constexpr std::string_view kWords[] = {"segfault at ",       "fault addr ",   "addr=0x",      "(@0x",
                                         "si_addr=",           " ref=",         "ADDR:0x",      "EXCVADDR: 0x",
                                         "(SIGSEGV) (0x",      "si_addr: 0x",   "si_addr = 0x", "ddress=0x",
                                         "ADDRESS: 0x",        "at address 0x", "ddress: ",     "^address 0x",
                                         "ADDRESS at 0x",      "FAILURE at 0x", "location 0x",  "ing address 0x",
                                         "from address ",      "to address ",   "of address ",  "executable address ",
                                         "fault at address 0x"};
  for (std::string_view word : kWords) {
    const bool first = word.starts_with('^');
    if (first) word.remove_prefix(1);
    if (first && !line.starts_with(word)) continue;
    if (const auto named = hex_after(line, word); named) return named;
  }
  return std::nullopt;
}

std::optional<uint64_t> access_address(std::string_view match) {
  if (const auto named = named_address(match); named) return named;
  const auto last = last_address(match);
  return last && (match.find("0x") != std::string_view::npos || match.find("0000") != std::string_view::npos)
             ? last
             : std::nullopt;
}

}  // namespace crashwright::rca
