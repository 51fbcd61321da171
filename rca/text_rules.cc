#include "rca/text_rules.h"

#include <vector>

#include "rca/text_rule_tables.h"

namespace crashwright::rca {
namespace {

struct IndexedRule {
  const TextRule* rule = nullptr;
  LetterPairs pairs;  // that every matching line has
};

// In order of precedence: the first rule that matches a line is the one that counts for it.
std::vector<IndexedRule> index_rules() {
  std::vector<IndexedRule> index;
  for (const auto& table :
       {sanitizer_text_rules(), kernel_text_rules(), runtime_text_rules(), library_text_rules(), check_text_rules(),
        signal_text_rules(), platform_text_rules(), service_text_rules(), storage_text_rules()}) {
    for (const TextRule& rule : table) {
      IndexedRule& entry = index.emplace_back();
      entry.rule = &rule;
      // Between wildcards the letters stand next to each other in the line too.
      std::string_view rest = rule.pattern;
      if (rest.ends_with('$')) rest.remove_suffix(1);
      while (!rest.empty()) {
        const size_t end = rest.find_first_of("^*~");
        entry.pairs.add(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      }
    }
  }
  return index;
}

const std::vector<IndexedRule>& indexed_rules() {
  static const std::vector<IndexedRule> index = index_rules();
  return index;
}

}  // namespace

void LetterPairs::add(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i - 1]);
    const auto second = static_cast<unsigned char>(text[i]);
    const unsigned bit = (first * 31U + second) & 255U;
    bits[bit / 64] |= uint64_t{1} << (bit % 64);
  }
}

bool LetterPairs::contains(const LetterPairs& other) const {
  uint64_t lacking = 0;
  for (size_t i = 0; i < bits.size(); ++i) lacking |= other.bits[i] & ~bits[i];
  return lacking == 0;
}

LineRules::LineRules(std::string_view line) : line_(line) { pairs_.add(line); }

std::optional<RuleMatch> LineRules::next() {
  const std::vector<IndexedRule>& index = indexed_rules();
  while (at_ < index.size()) {
    const IndexedRule& entry = index[at_++];
    if (!pairs_.contains(entry.pairs)) continue;
    if (const auto match = match_line(line_, entry.rule->pattern); match) return RuleMatch{entry.rule, *match};
  }
  return std::nullopt;
}

}  // namespace crashwright::rca
