#include "rca/gdb_context.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "rca/crash_text.h"
#include "rca/evidence.h"

namespace crashwright::rca {
namespace {

using Registers = std::map<std::string, uint64_t, std::less<>>;

std::string_view word_at(std::string_view& rest) {
  const size_t begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  const size_t end = std::min(rest.find_first_of(" \t\r", begin), rest.size());
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

std::optional<uint64_t> number(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

bool is_register(std::string_view name) {
  constexpr std::string_view kNames[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip",
                                         "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "eax",
                                         "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip"};
  for (const std::string_view known : kNames) {
    if (name == known) return true;
  }
  return false;
}

Registers read_registers(const std::vector<std::string_view>& lines) {
  Registers registers;
  for (std::string_view line : lines) {
    const std::string_view name = word_at(line);
    if (!is_register(name)) continue;
    const std::string_view value = word_at(line);
    if (const auto parsed = value.starts_with("0x") ? number(value) : std::nullopt; parsed) {
      registers.emplace(name, *parsed);
    }
  }
  return registers;
}

// The value of "rbp - 0x28", "rax + rcx*4 + 0x10"; nullopt when a part is unknown.
std::optional<uint64_t> evaluate(std::string_view operand, const Registers& registers) {
  uint64_t sum = 0;
  bool minus = false;
  bool any = false;
  while (!operand.empty()) {
    const size_t begin = operand.find_first_not_of(" ");
    if (begin == std::string_view::npos) break;
    operand.remove_prefix(begin);
    if (operand[0] == '+' || operand[0] == '-') {
      minus = operand[0] == '-';
      operand.remove_prefix(1);
      continue;
    }
    const size_t end = std::min(operand.find_first_of(" +-"), operand.size());
    std::string_view term = operand.substr(0, end);
    operand.remove_prefix(end);
    uint64_t factor = 1;
    if (const size_t star = term.find('*'); star != std::string_view::npos) {
      factor = number(term.substr(star + 1)).value_or(1);
      term = term.substr(0, star);
    }
    const auto known = registers.find(term);
    const auto value = known != registers.end() ? std::optional(known->second) : number(term);
    if (!value) return std::nullopt;
    sum += (minus ? -*value : *value) * factor;
    minus = false;
    any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

// The operand of AT&T's writing as evaluate() takes it: "0x8(%rax,%rcx,4)" is "rax + rcx*4 + 0x8".
std::string reordered(std::string_view displacement, std::string_view inside) {
  std::string sum;
  for (size_t part = 0; part < 3 && !inside.empty(); ++part) {
    const size_t comma = std::min(inside.find(','), inside.size());
    std::string_view term = inside.substr(0, comma);
    inside.remove_prefix(std::min(inside.size(), comma + 1));
    if (term.starts_with('%')) term.remove_prefix(1);
    if (!term.empty()) sum += (part == 2 ? "*" : sum.empty() ? "" : " + ") + std::string(term);
  }
  if (displacement.empty()) return sum;
  return sum + (displacement.starts_with('-') ? " " : " + ") + std::string(displacement);
}

// The same of all memory operands "displacement(base,index,scale)" of an instruction in AT&T's writing.
std::vector<uint64_t> touched_by_att(std::string_view instruction, const Registers& registers) {
  std::vector<uint64_t> touched;
  for (size_t open = instruction.find("(%"); open != std::string_view::npos; open = instruction.find("(%", open + 1)) {
    const size_t close = std::min(instruction.find(')', open), instruction.size());
    size_t begin = open;
    while (begin > 0 && std::string_view("-x0123456789abcdef").find(instruction[begin - 1]) != std::string_view::npos) {
      --begin;
    }
    const std::string operand =
        reordered(instruction.substr(begin, open - begin), instruction.substr(open + 1, close - open - 1));
    if (const auto address = evaluate(operand, registers); address) touched.push_back(*address);
  }
  return touched;
}

// The addresses that the instruction touches: its memory operands, the target of a call, the top of the stack.
std::vector<uint64_t> touched_addresses(std::string_view instruction, const Registers& registers) {
  std::vector<uint64_t> touched;
  for (size_t open = instruction.find('['); open != std::string_view::npos; open = instruction.find('[', open + 1)) {
    const size_t close = std::min(instruction.find(']', open), instruction.size());
    const auto address = evaluate(instruction.substr(open + 1, close - open - 1), registers);
    if (address) touched.push_back(*address);
  }
  if (touched.empty()) touched = touched_by_att(instruction, registers);
  for (const std::string_view jump : {"call ", "jmp "}) {
    const size_t at = instruction.find(jump);
    if (at == std::string_view::npos || !touched.empty()) continue;
    std::string_view target = instruction.substr(at + jump.size());
    target = target.substr(0, target.find_first_of(" \r"));
    if (const auto known = registers.find(target); known != registers.end()) touched.push_back(known->second);
  }
  const bool pushes = instruction.find("push ") != std::string_view::npos ||
                      (touched.empty() && instruction.find("call ") != std::string_view::npos);
  if (const auto top = registers.find("rsp"); pushes && top != registers.end()) touched.push_back(top->second - 8);
  return touched;
}

// Where the mapping "[stack]" begins, 0 when it is not listed.
uint64_t stack_begin(const std::vector<std::string_view>& lines) {
  for (std::string_view line : lines) {
    if (line.find("[stack]") != std::string_view::npos) return number(word_at(line)).value_or(0);
  }
  return 0;
}

const char* judge(std::string_view instruction, const std::vector<std::string_view>& lines) {
  constexpr uint64_t kBelowStack = 1 << 20;
  for (const std::string_view divide : {" div ", " idiv "}) {
    if (instruction.find(divide) != std::string_view::npos) return "FPE";
  }
  if (instruction.find(" ud2") != std::string_view::npos) return "ILLEGAL_INSTRUCTION";
  if (instruction.find(" int3") != std::string_view::npos || instruction.find(" hlt") != std::string_view::npos) {
    return "ABORT";
  }
  const uint64_t stack = stack_begin(lines);
  const std::vector<uint64_t> touched = touched_addresses(instruction, read_registers(lines));
  for (const uint64_t address : touched) {
    if (address < stack && stack - address <= kBelowStack) return "STACK_OVERFLOW_EXHAUSTION";
  }
  for (const uint64_t address : touched) {
    if (std::string_view(cause_of_access(address)) == "NULL_DEREF") return "NULL_DEREF";
  }
  const bool returns = instruction.ends_with(" ret") || instruction.ends_with(" ret ");
  return !touched.empty() || returns ? "WILD_ACCESS" : "";
}

}  // namespace

std::vector<Evidence> gdb_context_evidence(const std::vector<std::string_view>& lines, const std::string& source) {
  const auto evidence = [&](const char* cause, double strength, size_t line) {
    return make_evidence(EvidenceTier::kMachineState, source, cause, strength, "line " + std::to_string(line + 1),
                         lines[line]);
  };
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("==> ") && !lines[i].starts_with("=> ")) continue;
    const char* const cause = judge(lines[i], lines);
    if (*cause == '\0') return {};
    return {evidence(cause, 0.9, i)};
  }
  // Without registers: a member function of nothing that died of a bad access.
  bool bad_access = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    bad_access = bad_access || lines[i].find(" SIGSEGV") != std::string_view::npos;
    const bool innermost = lines[i].starts_with("#0 ") && lines[i].find(" (this=0x0") != std::string_view::npos;
    if (bad_access && innermost) return {evidence("NULL_DEREF", 0.75, i)};
  }
  return {};
}

}  // namespace crashwright::rca
