#include "rca/signature.h"

#include <algorithm>
#include <cstdio>

#include "base/checksum.h"
#include "rca/cause.h"

namespace crashwright::rca {

std::string make_signature(const SignatureParts& parts) {
  const Cause& cause = find_cause(parts.cause);
  std::string key = std::string(cause.family) + "\n";
  if (!parts.lock_sites.empty()) {
    std::vector<std::string> sites = parts.lock_sites;
    std::ranges::sort(sites);
    for (const std::string& site : sites) key += "lock " + site + "\n";
  } else if (!parts.scope.empty()) {
    key += "scope " + parts.scope + "\n";
  } else {
    if (!parts.expression.empty()) key += "expression " + parts.expression + "\n";
    for (size_t i = 0; i < parts.frames.size() && i < 3; ++i) key += "frame " + parts.frames[i] + "\n";
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(fnv1a(key)));
  return std::string("cw2:") + cause.family + ":" + cause.name + ":" + digits;
}

}  // namespace crashwright::rca
