#include "rca/told_death.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string>

namespace crashwright::rca {
namespace {

constexpr EvidenceTier kVerdict = EvidenceTier::kRuntimeVerdict;
constexpr EvidenceTier kMachine = EvidenceTier::kMachineState;
constexpr EvidenceTier kStatus = EvidenceTier::kExitCode;

struct SignalRow {
  int number;
  std::string_view name;
  std::string_view words;  // as strsignal() begins, in small letters
  ToldDeath death;
};

constexpr SignalRow kSignals[] = {
    {11, "SEGV", "segmentation", {"WILD_ACCESS", kMachine, 0.75}},
    {11, "SEGV", "invalid memory", {"WILD_ACCESS", kMachine, 0.75}},
    {6, "ABRT", "abort", {"ABORT", kMachine, 0.75}},
    {8, "FPE", "floating", {"FPE", kMachine, 0.9}},
    {8, "FPE", "arithmetic", {"FPE", kMachine, 0.9}},
    {7, "BUS", "bus error", {"BUS", kMachine, 0.9}},
    {4, "ILL", "illegal", {"ILLEGAL_INSTRUCTION", kMachine, 0.8}},
    {5, "TRAP", "trace", {"ABORT", kMachine, 0.7}},
    {9, "KILL", "killed", {"KILLED_EXTERNAL", kVerdict, 0.6}},
    {24, "XCPU", "cpu", {"RESOURCE_LIMIT", kMachine, 0.9}},
    {25, "XFSZ", "file size", {"RESOURCE_LIMIT", kMachine, 0.9}},
    {31, "SYS", "bad system call", {"KILLED_EXTERNAL", kVerdict, 0.7}},
};

struct StatusRow {
  uint32_t status;
  ToldDeath death;
};

constexpr StatusRow kWindows[] = {
    {0xc0000005, {"WILD_ACCESS", kMachine, 0.75}},
    {0xc0000006, {"BUS", kMachine, 0.8}},  // in-page error
    {0xc0000017, {"OOM", kMachine, 0.9}},
    {0xc000012d, {"OOM", kMachine, 0.9}},  // commitment limit
    {0xc000001d, {"ILLEGAL_INSTRUCTION", kMachine, 0.8}},
    {0xc0000094, {"FPE", kMachine, 0.95}},
    {0xc000008e, {"FPE", kMachine, 0.95}},
    {0xc0000096, {"ILLEGAL_INSTRUCTION", kMachine, 0.7}},
    {0xc00000fd, {"STACK_OVERFLOW_EXHAUSTION", kMachine, 0.95}},
    {0xc0000374, {"HEAP_OVERFLOW", kMachine, 0.8}},
    {0xc0000409, {"STACK_BUFFER_OVERFLOW", kMachine, 0.55}},  // also every other "fail fast"
    {0x80000003, {"ABORT", kMachine, 0.7}},
    {0x40000015, {"ABORT", kMachine, 0.75}},
    {0xe06d7363, {"EXCEPTION", kMachine, 0.9}},  // a C++ exception
    {0xe0434352, {"EXCEPTION", kMachine, 0.9}},  // one of the common language runtime
};

constexpr struct {
  int number;
  const char* cause;
} kErrors[] = {{ENOSPC, "DISK_FULL"}, {EDQUOT, "DISK_FULL"},      {EIO, "IO_ERROR"},          {EROFS, "IO_ERROR"},
               {ENOMEM, "OOM"},       {EMFILE, "RESOURCE_LIMIT"}, {ENFILE, "RESOURCE_LIMIT"}, {EUCLEAN, "IO_ERROR"}};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string_view behind_brackets(std::string_view words) {
  const size_t begin = words.find_first_not_of(" \t[(<:='\"");
  words.remove_prefix(std::min(begin, words.size()));
  if (words.starts_with("Signals.")) words.remove_prefix(8);
  return words;
}

const SignalRow* row_of(int number) {
  const auto found = std::ranges::find(kSignals, number, &SignalRow::number);
  return found == std::end(kSignals) ? nullptr : found;
}

const SignalRow* row_of(std::string_view words) {
  const bool prefixed = words.starts_with("SIG");
  if (prefixed) words.remove_prefix(3);
  size_t end = 0;
  while (end < words.size() && is_letter(words[end])) ++end;
  const std::string_view name = words.substr(0, end);
  for (const SignalRow& row : kSignals) {
    if (name == row.name) return &row;
    if (prefixed || words.size() < row.words.size()) continue;
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    if (std::equal(row.words.begin(), row.words.end(), words.begin(), [&](char b, char a) { return same(a, b); })) {
      return &row;
    }
  }
  return nullptr;
}

bool ends_number(std::string_view rest) {
  return rest.empty() || (!is_letter(rest[0]) && (rest[0] != '.' || rest.size() == 1 || rest[1] == ' '));
}

// A decimal number, or a hexadecimal one with its mark or of eight digits that a status of Windows begins with.
std::optional<int64_t> number_in(std::string_view words) {
  constexpr size_t kStatusDigits = 8;
  const bool marked = words.starts_with("0x") || words.starts_with("0X");
  const std::string_view digits = words.substr(marked ? 2 : 0);
  const size_t hex = std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
  const bool status = hex == kStatusDigits && std::string_view("cCeE8").find(digits[0]) != std::string_view::npos;
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, marked || status ? 16 : 10);
  if (error != std::errc() || !ends_number(digits.substr(static_cast<size_t>(end - digits.data())))) {
    return std::nullopt;
  }
  return value;
}

// Where a shell made 128 + signal of it; whoever sent SIGKILL or a limit's signal may be anybody.
std::optional<ToldDeath> death_by_code(int signal) {
  const SignalRow* const row = row_of(signal);
  if (row == nullptr) return std::nullopt;
  if (row->death.tier != kMachine) return ToldDeath{"UNKNOWN", kStatus, 0.3};
  return ToldDeath{row->death.cause, kStatus, row->death.strength < 0.8 ? 0.9 : 1.0};
}

// "139 (Segmentation fault)": who names the signal beside the status saw it. Of SIGKILL nobody knows the reason.
std::optional<ToldDeath> signal_beside(std::string_view words, int signal) {
  const size_t open = words.find('(');
  const SignalRow* const row = open == std::string_view::npos ? nullptr : row_of(behind_brackets(words.substr(open)));
  const bool same = row != nullptr && row->number == signal && row->death.tier == kMachine;
  return same ? std::optional(row->death) : std::nullopt;
}

}  // namespace

std::optional<ToldDeath> death_by_signal(std::string_view words) {
  words = behind_brackets(words);
  if (words.empty()) return std::nullopt;
  const SignalRow* row = nullptr;
  if (words[0] >= '0' && words[0] <= '9') {
    int number = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), number);
    const std::string_view rest = words.substr(static_cast<size_t>(end - words.data()));
    if (error == std::errc() && (rest.empty() || !is_letter(rest[0]))) row = row_of(number);
  } else {
    row = row_of(words);
  }
  return row == nullptr ? std::nullopt : std::optional(row->death);
}

std::optional<ToldDeath> death_by_status(std::string_view words) {
  constexpr int64_t kShell = 128;
  constexpr int64_t kSignalMax = 64;
  constexpr int64_t kNotRun = 126;  // a shell could not run it; 127: nor find it
  const auto value = number_in(behind_brackets(words));
  if (!value) return std::nullopt;
  if (*value < 0 && *value >= -kSignalMax) return death_by_code(static_cast<int>(-*value));
  if (*value > kShell && *value <= kShell + kSignalMax) {
    const auto named = signal_beside(words, static_cast<int>(*value - kShell));
    return named ? named : death_by_code(static_cast<int>(*value - kShell));
  }
  if (*value == kNotRun || *value == kNotRun + 1) return ToldDeath{"UNKNOWN", kStatus, 0.3};
  const auto status = std::ranges::find(kWindows, static_cast<uint32_t>(*value), &StatusRow::status);
  return status == std::end(kWindows) ? std::nullopt : std::optional(status->death);
}

std::optional<ToldDeath> cause_of_errno(std::string_view words) {
  constexpr double kStrength = 0.85;
  const auto value = number_in(behind_brackets(words));
  for (const auto& error : kErrors) {
    if (value == error.number) return ToldDeath{error.cause, EvidenceTier::kLibraryMessage, kStrength};
  }
  return std::nullopt;
}

}  // namespace crashwright::rca
