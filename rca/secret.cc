#include "rca/secret.h"

#include <algorithm>
#include <cctype>

namespace crashwright::rca {
namespace {

constexpr std::string_view kTelling[] = {"PASS", "SECRET", "TOKEN",   "KEY",    "CREDENTIAL",
                                         "AUTH", "COOKIE", "PRIVATE", "SESSION"};

}  // namespace

std::string mask_secret(std::string_view entry) {
  const size_t equals = std::min(entry.find('='), entry.size());
  std::string name(entry.substr(0, equals));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string_view word : kTelling) {
    if (name.find(word) != std::string::npos) return std::string(entry.substr(0, equals)) + "=***";
  }
  std::string text(entry);
  const size_t scheme = text.find("://", equals);
  const size_t host = scheme == std::string::npos ? scheme : text.find('@', scheme);
  const bool has_login = host != std::string::npos && text.find('/', scheme + 3) > host;
  if (has_login) text.replace(scheme + 3, host - scheme - 3, "***");
  return text;
}

}  // namespace crashwright::rca
