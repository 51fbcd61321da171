#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/faults/registry.h"
#include "harness/scenario/explanations.h"
#include "harness/scenario/suggest.h"
#include "verifiers/verifier.h"

namespace crashwright::harness::cli {
namespace {

std::string indented(const std::string& text) {
  std::string result = "    ";
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text[i] == '\n' && i + 1 < text.size()) result += "    ";
  }
  return result;
}

void print_explanation(const Explanation& explanation) {
  fmt::print("{}: {}\n\n{}\n", explanation.code, explanation.title, wrap(explanation.text, 0));
  if (*explanation.wrong == '\0') return;
  fmt::print("\nRefused:\n\n{}\nAccepted:\n\n{}", indented(explanation.wrong), indented(explanation.right));
}

// Other words that a report shows have their page elsewhere.
std::string elsewhere(const std::string& word, const std::string& hint) {
  if (find_fault_kind(word) != nullptr) return "it is a fault: see `crashwright faults " + word + "`";
  for (const verifiers::Verifier& verifier : verifiers::all_verifiers()) {
    if (word == verifier.name) return "it is a promise: see `crashwright verifiers " + word + "`";
  }
  return hint.empty() ? "`crashwright explain` without a code lists them" : hint;
}

int refuse(const std::string& code) {
  std::vector<std::string> known;
  for (const Explanation& explanation : all_explanations()) known.emplace_back(explanation.code);
  fmt::print(stderr, "crashwright explain: no code \"{}\"\n", code);
  fmt::print(stderr, "  {}\n", elsewhere(code, suggestion(code, known)));
  return kExitUsage;
}

}  // namespace

int explain_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> codes;
  Options options("explain", "Enlarges on the code of a complaint about a scenario; without a code, lists them all.");
  std::vector<std::string> known;
  for (const Explanation& explanation : all_explanations()) known.emplace_back(explanation.code);
  options.arguments("[CODE]...", codes, "as in the complaint: CW131", known);
  options.example("crashwright explain CW131");
  if (const auto code = options.parse(arguments)) return *code;
  if (codes.empty()) {
    for (const Explanation& explanation : all_explanations()) {
      fmt::print("{}  {}\n", explanation.code, wrap(explanation.title, 7));
    }
    return kExitPassed;
  }
  for (size_t i = 0; i < codes.size(); ++i) {
    std::string code = codes[i];
    std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::toupper(c); });
    if (code.find_first_not_of("0123456789") == std::string::npos) code.insert(0, "CW");
    const Explanation* const explanation = find_explanation(code);
    if (explanation == nullptr) return refuse(codes[i]);
    if (i > 0) fmt::print("\n");
    print_explanation(*explanation);
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
