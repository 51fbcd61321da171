#include "rca/crash_text.h"

#include <algorithm>
#include <charconv>

#include "rca/debugger_locks.h"
#include "rca/evidence.h"
#include "rca/frame_rules.h"
#include "rca/frame_text.h"
#include "rca/function_name.h"
#include "rca/gdb_context.h"
#include "rca/runtime_stack.h"
#include "rca/text_address.h"
#include "rca/text_lines.h"
#include "rca/text_pattern.h"
#include "rca/text_reasons.h"
#include "rca/text_rules.h"
#include "rca/text_signs.h"
#include "rca/text_stack.h"
#include "rca/text_talk.h"
#include "rca/told_death.h"

namespace crashwright::rca {
namespace {

constexpr size_t kStackWithin = 12;   // lines between a report's header and its stack
constexpr size_t kAddressWithin = 4;  // lines between a signal's name and its address
constexpr size_t kEvidencePerCause = 4;
constexpr uint64_t kNullPage = 64 * 1024;
constexpr double kLaterReport = 0.3;  // what a second report counts: it is a consequence
constexpr double kUnsupported = 0.4;  // what a header in the middle of a line counts without a stack behind it

// "==123==" or "==123== " in front of a header.
int32_t pid_before(std::string_view before) {
  const size_t end = before.rfind("==");
  const size_t begin = end == std::string_view::npos || end == 0 ? end : before.rfind("==", end - 1);
  if (begin == std::string_view::npos) return 0;
  int32_t pid = 0;
  std::from_chars(before.data() + begin + 2, before.data() + end, pid);
  return pid;
}

// The process that says "==123==ABORTING", where only one does: a report of another one in the same text was survived,
// or of another run. 0 for none.
int32_t aborting_pid(const std::vector<std::string_view>& lines) {
  int32_t found = 0;
  for (const std::string_view line : lines) {
    if (!line.starts_with("==") || line.find("==ABORTING") == std::string_view::npos) continue;
    const int32_t pid = pid_before(line);
    if (found != 0 && pid != found) return 0;
    found = pid;
  }
  return found;
}

class Reader {
 public:
  Reader(std::string_view text, int32_t pid, const std::string& source)
      : text_(text),
        whole_(text_.whole()),
        lines_(text_.bare()),
        pid_(pid == 0 ? aborting_pid(lines_) : pid),
        source_(source) {}

  CrashText read() {
    for (size_t i = 0; i < lines_.size(); ++i) {
      const bool is_prefixed = lines_[i].size() < whole_[i].size();
      if (!read_line(i, whole_[i]) && is_prefixed) read_line(i, lines_[i]);
    }
    if (result_.stack.empty()) result_.stack = read_text_stack(lines_, 0, lines_.size());
    drop_terminate_of_pure_call();
    judge_survival();
    take_assertion_place();
    const bool crash_stack = !result_.evidence.empty() || result_.crash_seen || starts_with_frame();
    if (crash_stack) {
      for (Evidence& evidence : stack_evidence(result_.stack, source_)) result_.evidence.push_back(std::move(evidence));
    }
    take_recursion();
    for (Evidence& evidence : gdb_context_evidence(lines_, source_)) result_.evidence.push_back(std::move(evidence));
    for (Evidence& evidence : debugger_lock_evidence(lines_, source_)) result_.evidence.push_back(std::move(evidence));
    const bool met = std::ranges::any_of(result_.evidence, [](const Evidence& piece) { return piece.strength > 0; });
    result_.crash_seen = result_.crash_seen || met || has_stack() || has_sign();
    if (result_.stack.empty() && result_.crash_seen) {
      RuntimeStack runtime = read_runtime_stack(lines_, result_.evidence);
      result_.stack = std::move(runtime.frames);
      result_.raised = std::move(runtime.raised);
    }
    result_.memory = scope_in_lines(whole_);
    return std::move(result_);
  }

 private:
  // A pure virtual call ends in std::terminate, which then misses an exception.
  void drop_terminate_of_pure_call() {
    const auto says = [](std::string_view words) {
      return [words](const Evidence& evidence) { return evidence.excerpt.find(words) != std::string::npos; };
    };
    if (std::ranges::none_of(result_.evidence, says("pure virtual"))) return;
    std::erase_if(result_.evidence, says("without an active exception"));
  }

  // assert() names the function by itself: "prog: file.cc:12: void Book::add(int): Assertion `x > 0' failed."
  void take_assertion_place() {
    if (!result_.stack.empty()) return;
    for (const std::string_view line : whole_) {
      const size_t end = line.find(": Assertion `");
      const size_t name = end == std::string_view::npos || end == 0 ? end : line.rfind(": ", end - 1);
      if (name == std::string_view::npos || name == 0 || name == end) continue;
      const size_t before = line.rfind(": ", name - 1);
      const size_t file = before == std::string_view::npos ? 0 : before + 2;
      if (is_talk(line, end)) continue;
      Frame frame;
      const std::string_view place = line.substr(file, name - file);
      const size_t colon = place.rfind(':');
      frame.file = std::string(place.substr(0, colon));
      if (colon != std::string_view::npos) {
        std::from_chars(place.data() + colon + 1, place.data() + place.size(), frame.line);
      }
      frame.function = std::string(line.substr(name + 2, end - name - 2));
      result_.stack.push_back(std::move(frame));
      return;
    }
  }

  // Whoever says at the end that it ended in order has survived what it complained about before.
  void judge_survival() {
    const auto end = orderly_end(lines_);
    if (!end || *end <= last_taken_ || !std::ranges::all_of(result_.evidence, is_survivable)) return;
    for (Evidence& evidence : result_.evidence) {
      evidence.strength = -evidence.strength;
      evidence.where += ", survived: line " + std::to_string(*end + 1);
    }
    result_.crash_seen = false;
    survived_ = true;
  }

  // A debugger shows one function calling itself without end, the innermost of them without a stack to stand on.
  void take_recursion() {
    constexpr size_t kDeep = 40;
    constexpr size_t kShallow = 3;
    size_t same = 0;
    const std::vector<Frame>& stack = result_.stack;
    while (same < stack.size() && plain_function_name(stack[same].function) == plain_function_name(stack[0].function)) {
      ++same;
    }
    const bool no_stack = std::ranges::any_of(lines_, [](std::string_view line) {
      const bool innermost = line.starts_with("#0 ") || line.starts_with("0x");  // where a debugger stopped
      return innermost && (line.find("error reading variable") != std::string_view::npos ||
                           line.find("Cannot access memory at address") != std::string_view::npos);
    });
    if (same < (no_stack ? kShallow : kDeep)) return;
    result_.evidence.push_back(make_evidence(EvidenceTier::kMachineState, source_, "STACK_OVERFLOW_EXHAUSTION", 0.8,
                                             "stack", stack[0].function + " calls itself again and again"));
  }

  // A bare backtrace, as a debugger prints it.
  [[nodiscard]] bool starts_with_frame() const { return !lines_.empty() && parse_frame_line(lines_[0]).has_value(); }

  // Frames that know where they are: somebody printed a stack, and a process that is well prints none.
  [[nodiscard]] bool has_stack() const {
    constexpr ptrdiff_t kFramesMin = 2;
    return !survived_ && kFramesMin <= std::ranges::count_if(result_.stack, [](const Frame& frame) {
                           return frame.pc != 0 || !frame.file.empty() || !frame.module.empty();
                         });
  }

  // Behind the line that says that all ended in order, or anywhere where none does.
  [[nodiscard]] bool has_sign() const {
    const size_t from = orderly_end(lines_).value_or(0);
    return std::any_of(lines_.begin() + static_cast<ptrdiff_t>(std::min(from, lines_.size())), lines_.end(),
                       has_sign_of_death);
  }

  // Takes what `line` says: a line as it stands, or without its prefix. False when it says nothing.
  bool read_line(size_t index, std::string_view line) {
    constexpr std::string_view kSummary = "SUMMARY: ";
    const bool is_prefixed = line.size() < whole_[index].size();
    std::string reworded;
    if (line.starts_with(kSummary)) {
      if (reports_ > 0 || of_another_) return true;  // says what the report's header said
      reworded = "ERROR: " + std::string(line.substr(kSummary.size()));
      line = reworded;
    } else if (const std::string_view said = message_in_frame(line); !said.empty()) {
      line = said;
    } else if (const size_t end = end_of_old_header(line); end != std::string_view::npos) {
      reworded = std::string(line.substr(0, end)) + ":" + std::string(line.substr(end));
      line = reworded;
    }
    LineRules rules(line);
    bool taken = false;
    while (const auto found = rules.next()) {
      const TextRule& rule = *found->rule;
      if (taken && !is_reason(rule)) continue;
      if (is_talk(line, found->match, rule.pattern)) continue;
      // A word like "Aborted" begins many a healthy line of a log.
      const bool is_shell = rule.tier == EvidenceTier::kExitCode && rule.pattern[0] == '^';
      if (is_prefixed && is_shell && line.find("(core dumped)") == std::string_view::npos) continue;
      if (!take(rule, index, line, found->match)) continue;
      taken = true;
      last_taken_ = index;
      if (!may_have_a_reason(rule)) break;
    }
    return taken;
  }

  // A debugger shows what the C library was about to print: malloc_printerr (str=0x7f "free(): invalid pointer").
  static std::string_view message_in_frame(std::string_view line) {
    const size_t call = line.find(" malloc_printerr (str=");
    const size_t open = call == std::string_view::npos ? call : line.find('"', call);
    if (open == std::string_view::npos || !parse_frame_line(line)) return {};
    const std::string_view said = line.substr(open + 1);
    return said.substr(0, said.find('"'));
  }

  // Early versions wrote "ERROR: AddressSanitizer heap-use-after-free", without the colon behind the tool.
  static size_t end_of_old_header(std::string_view line) {
    constexpr std::string_view kTool = "Sanitizer";
    const size_t header = line.find("ERROR: ");
    const size_t tool = header == std::string_view::npos ? header : line.find(kTool, header);
    if (tool == std::string_view::npos) return tool;
    const size_t end = tool + kTool.size();
    const std::string_view rest = line.substr(end);
    const bool old = rest.starts_with(' ') && !rest.starts_with(" CHECK") && !rest.starts_with(" failed");
    return old ? end : std::string_view::npos;
  }

  // False when the rule does not apply after all.
  bool take(const TextRule& rule, size_t index, std::string_view line, const TextMatch& match) {
    Evidence evidence =
        make_evidence(rule.tier, source_, rule.cause, rule.strength, "line " + std::to_string(index + 1), line);
    switch (rule.detail) {
      case TextDetail::kReport:
      case TextDetail::kSegv:
        if (!take_report(rule, index, line, match, evidence)) return true;
        break;
      case TextDetail::kAddress:
        take_address(index, line.substr(match.begin), evidence);
        break;
      case TextDetail::kExpression:
        take_expression(line, match);
        break;
      case TextDetail::kException:
        take_exception(index, line, match, evidence);
        break;
      case TextDetail::kFreedBlock:
        for (const Evidence& earlier : result_.evidence) {
          if (earlier.cause == "INVALID_FREE") evidence.cause = "DOUBLE_FREE";
        }
        break;
      case TextDetail::kOwnBlock:
        for (const Evidence& earlier : result_.evidence) {
          if (earlier.excerpt.find("== Invalid ") == std::string::npos) return true;
        }
        break;
      case TextDetail::kCount:
        if (line.substr(match.end).find_first_of("123456789") != 0) return true;
        break;
      case TextDetail::kSignal:
        return take_told(death_by_signal(line.substr(match.end)), index, line.substr(match.begin), evidence);
      case TextDetail::kExitStatus:
        return take_told(death_by_status(line.substr(match.end)), index, line.substr(match.begin), evidence);
      case TextDetail::kErrno:
        if (is_mended(line)) return false;
        return take_told(cause_of_errno(line.substr(match.end)), index, line.substr(match.begin), evidence);
      case TextDetail::kNothing:
        if (is_survivable(evidence) && is_mended(line)) return false;
        break;
    }
    add(std::move(evidence));
    return true;
  }

  bool take_told(const std::optional<ToldDeath>& death, size_t index, std::string_view from_match, Evidence& evidence) {
    if (!death) return false;
    evidence.cause = death->cause;
    evidence.tier = death->tier;
    evidence.strength = death->strength;
    const bool may_name_it = death->tier == EvidenceTier::kMachineState;
    if (may_name_it && evidence.cause == "WILD_ACCESS") take_address(index, from_match, evidence);
    add(std::move(evidence));
    return true;
  }

  void take_address(size_t index, std::string_view from_match, Evidence& evidence) {
    auto address = access_address(from_match);
    for (size_t i = index + 1; i < lines_.size() && i <= index + kAddressWithin && !address; ++i) {
      address = named_address(lines_[i]);
    }
    if (!address) return;
    evidence.cause = cause_of_access(*address);
    if (!result_.fault_address) result_.fault_address = address;
  }

  // False for a report of another process.
  bool take_report(const TextRule& rule, size_t index, std::string_view line, const TextMatch& match,
                   Evidence& evidence) {
    const int32_t pid = pid_before(line.substr(0, match.begin));
    of_another_ = pid_ != 0 && pid != 0 && pid != pid_ && pid != 1;
    if (of_another_) return false;
    std::vector<Frame> stack = read_text_stack(lines_, index + 1, kStackWithin);
    if (stack.empty() && !at_line_start(index, line, match)) evidence.strength *= kUnsupported;
    evidence.pid = pid;
    if (reports_++ > 0) {
      evidence.strength *= kLaterReport;
      return true;
    }
    result_.pid = pid;
    if (auto address = hex_after(line, "address "); address) result_.fault_address = address;
    if (rule.detail == TextDetail::kSegv) judge_access(index, stack, evidence);
    result_.stack = std::move(stack);
    return true;
  }

  // A header, or the path that UBSan puts in front of its own, with nothing else before it.
  [[nodiscard]] bool at_line_start(size_t index, std::string_view line, const TextMatch& match) const {
    const size_t prefix = line.data() == whole_[index].data() ? whole_[index].size() - lines_[index].size() : 0;
    std::string_view before = line.substr(0, match.begin);
    before.remove_prefix(std::min(prefix, before.size()));
    const bool marks_only = before.find_first_not_of("= \t0123456789") == std::string_view::npos;
    const bool path_only = before.find(' ') == std::string_view::npos;
    return marks_only || path_only;
  }

  void judge_access(size_t index, const std::vector<Frame>& stack, Evidence& evidence) {
    if (result_.fault_address) evidence.cause = cause_of_access(*result_.fault_address);
    for (size_t i = index + 1; i < lines_.size() && i <= index + kStackWithin && !result_.fault_address; ++i) {
      if (match_line(lines_[i], "points to the zero page")) evidence.cause = "NULL_DEREF";
    }
    // The "address" of a signal that a process sent is made of its uid and pid.
    const std::string first = stack.empty() ? "" : plain_function_name(stack.front().function);
    for (const char* const sender : {"gsignal", "raise", "abort", "kill", "tgkill", "__pthread_kill", "pthread_kill"}) {
      if (first == sender || first.starts_with("__GI_raise") || first.starts_with("__pthread_kill")) {
        evidence.cause = "ABORT";
      }
    }
  }

  void take_expression(std::string_view line, const TextMatch& match) {
    if (!result_.expression.empty()) return;
    std::string_view rest = line.substr(match.end);
    // The pattern of assert() ends behind the expression.
    if (const size_t open = line.find('`', match.begin); open != std::string_view::npos && open < match.end) {
      rest = line.substr(open + 1);
      rest = rest.substr(0, rest.rfind("' failed"));
    }
    const size_t begin = rest.find_first_not_of(" :");
    if (begin != std::string_view::npos) result_.expression = std::string(rest.substr(begin, kExcerptMax));
  }

  void take_exception(size_t index, std::string_view line, const TextMatch& match, Evidence& evidence) {
    std::string_view type = line.substr(match.end);
    type = type.substr(0, type.find_first_of("'\r"));
    if (result_.exception_type.empty()) {
      result_.exception_type = std::string(type);
      if (index + 1 < lines_.size()) result_.exception_what = text_behind(lines_[index + 1], "  what():  ");
    }
    if (const char* const cause = cause_of_exception(type); cause != nullptr) evidence.cause = cause;
  }

  void add(Evidence evidence) {
    result_.crash_seen = true;
    if (evidence.cause == "UNKNOWN") return;
    const auto same = [&](const Evidence& other) { return other.cause == evidence.cause; };
    if (std::ranges::count_if(result_.evidence, same) < static_cast<ptrdiff_t>(kEvidencePerCause)) {
      result_.evidence.push_back(std::move(evidence));
    }
  }

  const TextLines text_;
  const std::vector<std::string_view>& whole_;
  const std::vector<std::string_view>& lines_;  // without prefixes
  int32_t pid_;
  std::string source_;
  size_t reports_ = 0;
  size_t last_taken_ = 0;    // the last line that said something
  bool of_another_ = false;  // the last report was another process's
  bool survived_ = false;
  CrashText result_;
};

}  // namespace

const char* cause_of_access(uint64_t address) { return address < kNullPage ? "NULL_DEREF" : "WILD_ACCESS"; }

CrashText read_crash_text(std::string_view text, int32_t pid, const std::string& source) {
  if (text.size() <= kCrashTextMax) return Reader(text, pid, source).read();
  std::string both(text.substr(0, kCrashTextMax / 2));
  both += '\n';
  both += text.substr(text.size() - kCrashTextMax / 2);
  return Reader(both, pid, source).read();
}

}  // namespace crashwright::rca
