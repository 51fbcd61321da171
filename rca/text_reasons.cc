#include "rca/text_reasons.h"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace crashwright::rca {
namespace {

constexpr struct {
  std::string_view type;
  const char* cause;
} kExceptionCauses[] = {{"bad_alloc", "OOM"},
                        {"OutOfMemory", "OOM"},
                        {"StackOverflow", "STACK_OVERFLOW_EXHAUSTION"},
                        {"AccessViolation", "WILD_ACCESS"}};

bool is_one_of(std::string_view cause, std::initializer_list<std::string_view> causes) {
  return std::ranges::find(causes, cause) != causes.end();
}

}  // namespace

const char* cause_of_exception(std::string_view type) {
  for (const auto& known : kExceptionCauses) {
    if (type.find(known.type) != std::string_view::npos) return known.cause;
  }
  return nullptr;
}

bool may_have_a_reason(const TextRule& rule) {
  return rule.tier == EvidenceTier::kLibraryMessage && is_one_of(rule.cause, {"ASSERTION", "EXCEPTION"});
}

bool is_reason(const TextRule& rule) {
  if (rule.tier != EvidenceTier::kLibraryMessage) return false;
  return rule.detail == TextDetail::kErrno ||
         is_one_of(rule.cause, {"DISK_FULL", "IO_ERROR", "RESOURCE_LIMIT", "OOM", "FPE"});
}

bool is_survivable(const Evidence& evidence) {
  constexpr std::string_view kLastWords[] = {"FATAL", "PANIC", "CRITICAL", "EMERG"};
  const bool last = std::ranges::any_of(
      kLastWords, [&](std::string_view word) { return evidence.excerpt.find(word) != std::string::npos; });
  return !last && evidence.tier == EvidenceTier::kLibraryMessage && !evidence.excerpt.starts_with("terminat") &&
         is_one_of(evidence.cause, {"DISK_FULL", "IO_ERROR", "EXCEPTION", "OOM", "RESOURCE_LIMIT", "TIMEOUT"});
}

}  // namespace crashwright::rca
