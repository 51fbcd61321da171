#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/scenario/explanations.h"
#include "harness/scenario/suggest.h"

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

int refuse(const std::string& code) {
  std::vector<std::string> known;
  for (const Explanation& explanation : all_explanations()) known.emplace_back(explanation.code);
  fmt::print(stderr, "crashwright explain: no code \"{}\"\n", code);
  const std::string hint = suggestion(code, known);
  fmt::print(stderr, "  {}\n", hint.empty() ? "`crashwright explain` without a code lists them" : hint);
  return kExitUsage;
}

}  // namespace

int explain_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> codes;
  Options options("explain", "Enlarges on the code of a complaint about a scenario; without a code, lists them all.");
  options.arguments("[CODE]...", codes, "as in the complaint: CW131");
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
    const Explanation* const explanation = find_explanation(code);
    if (explanation == nullptr) return refuse(codes[i]);
    if (i > 0) fmt::print("\n");
    print_explanation(*explanation);
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
