#include "rca/substring_classifier.h"

#include "rca/cause.h"
#include "rca/evidence.h"

namespace crashwright::rca {
namespace {

struct Word {
  const char* text;
  const char* cause;
};

constexpr Word kWords[] = {
    {"SIGSEGV", "NULL_DEREF"},  {"Segmentation fault", "NULL_DEREF"},
    {"SIGABRT", "ABORT"},       {"AddressSanitizer", "USE_AFTER_FREE"},
    {"Assertion", "ASSERTION"}, {"bad_alloc", "OOM"},
    {"ERROR", "ABORT"},
};

}  // namespace

AutopsyReport classify_by_substring(const std::string& output) {
  AutopsyReport report;
  report.cause = "NO_FAULT";
  report.confidence = 1;
  report.detail = "by substring";
  for (const Word& word : kWords) {
    if (output.find(word.text) == std::string::npos) continue;
    report.cause = word.cause;
    report.evidence.push_back(
        make_evidence(EvidenceTier::kLibraryMessage, "substring", word.cause, 1, "output", word.text));
    break;
  }
  report.family = find_cause(report.cause).family;
  return report;
}

}  // namespace crashwright::rca
