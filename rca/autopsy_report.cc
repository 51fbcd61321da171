// AutopsyReport as a person reads it at three in the morning: the answer first, then why, then where, then the rest.
#include <fmt/format.h>

#include <algorithm>

#include "rca/autopsy.h"
#include "rca/evidence_ranking.h"
#include "rca/function_name.h"
#include "rca/report_parts.h"

namespace crashwright::rca {
namespace {

constexpr size_t kLabel = 11;        // columns of "signature  "
constexpr size_t kFramesShort = 12;  // of the thread that died
constexpr size_t kFramesAll = 96;
constexpr size_t kEvidenceShort = 5;
constexpr size_t kEventsShort = 8;
constexpr size_t kVariablesShort = 8;
constexpr size_t kOrdersShort = 2;

// As much of the name as says which function it is: first arguments and namespaces give way, then the beginning.
std::string name_within(const Frame& frame, size_t width) {
  std::string name = printable(name_of_frame(frame));
  if (name.size() <= width) return name;
  Frame plain = frame;
  plain.function = short_function_name(plain_function_name(frame.function));
  name = printable(name_of_frame(plain));
  return clip_front(name, width);
}

class Page {
 public:
  Page(const AutopsyReport& report, const TextOptions& options) : report_(report), options_(options) {}

  std::string write() {
    line(0, fmt::format("{}  confidence {:.2f}", report_.cause, report_.confidence));
    line(0, report_.detail);
    write_place();
    write_cycle();
    write_waits();
    write_story();
    write_evidence();
    write_missing();
    write_stacks();
    if (options_.all) write_machine();
    return std::move(text_);
  }

 private:
  void line(size_t indent, const std::string& content) {
    text_ += wrap_text(printable(content), indent, options_.width) + "\n";
  }
  void labelled(const char* label, const std::string& content) {
    if (!content.empty()) line(kLabel, fmt::format("{:<{}}", label, kLabel) + content);
  }
  void heading(const std::string& content) { text_ += "\n" + clip(printable(content), options_.width) + "\n"; }

  void write_place() {
    if (!report_.function.empty()) labelled("function", report_.function + " (" + report_.function_reason + ")");
    std::string process = report_.pid == 0 ? "" : fmt::format("{}", report_.pid);
    if (report_.tid != 0) process += fmt::format(", thread {}", report_.tid);
    if (report_.tid != 0 && !report_.thread_name.empty()) process += " " + report_.thread_name;
    labelled("process", process);
    if (report_.signal_number != 0) {
      std::string signal = signal_words(report_);
      if (report_.fault_address) signal += fmt::format(", address {:#x}", *report_.fault_address);
      if (!report_.fault_address_is.empty()) signal += ": " + report_.fault_address_is;
      labelled("signal", signal);
      labelled("at", report_.instruction);
    }
    labelled("killed by", report_.killer);
    labelled("signature", report_.signature);
  }

  void write_cycle() {
    if (report_.wait_for_cycle.empty()) return;
    heading("waiting in a circle");
    for (const std::string& edge : report_.wait_for_cycle) line(4, "  " + edge);
  }

  // Of interest where nothing moves, and to those who want all.
  void write_waits() {
    if (report_.waits.empty() || (!options_.all && report_.family != "CONCURRENCY")) return;
    heading("who waits for what");
    for (const std::string& wait : report_.waits) line(4, "  " + wait);
  }

  void write_story() {
    if (report_.story.empty()) return;
    heading("the last moments");
    const auto orders = static_cast<size_t>(std::ranges::count_if(
        report_.story, [](const std::string& event) { return event.find(" in flight") != std::string::npos; }));
    const auto is_at_rest = [](const std::string& event) { return event.starts_with("at rest: "); };
    const auto at_rest = static_cast<size_t>(std::ranges::count_if(report_.story, is_at_rest));
    const size_t events = report_.story.size() - orders - at_rest;
    for (size_t i = 0; i < report_.story.size(); ++i) {
      const bool recent = i == 0 || (i < events && i + kEventsShort >= events);
      const bool order = i >= events && i < events + kOrdersShort;
      if (options_.all || recent || order || is_at_rest(report_.story[i])) line(4, "  " + report_.story[i]);
    }
    if (!options_.all && orders > kOrdersShort) {
      line(4, fmt::format("  {} more: --all", orders - kOrdersShort));
    }
  }

  void write_evidence() {
    if (report_.evidence.empty()) return;
    heading("evidence");
    size_t shown = 0;
    for (const Evidence& evidence : report_.evidence) {
      if (!options_.all && shown++ == kEvidenceShort) {
        line(2, fmt::format("  {} more: --all", report_.evidence.size() - kEvidenceShort));
        break;
      }
      line(8, fmt::format("  {:+.2f} {}  {}, {} ({}): {}", evidence.strength, evidence.cause, tier_name(evidence.tier),
                          evidence.source, evidence.where, evidence.excerpt));
    }
    if (report_.candidates.size() < 2 || (!options_.all && report_.cause != "UNKNOWN")) return;
    heading("candidates");
    for (const Candidate& candidate : report_.candidates) {
      line(2, fmt::format("  {:.2f} {}", candidate.confidence, candidate.cause));
    }
  }

  void write_missing() {
    if (report_.missing.empty()) return;
    heading("not looked at");
    for (const std::string& missing : report_.missing) line(4, "  " + missing);
  }

  void write_stacks() {
    size_t left_out = 0;
    for (const StackGroup& group : fold_stacks(report_)) {
      if (!options_.all && !group.faulting && report_.threads.size() > 1 && !is_involved(report_, group)) {
        left_out += group.threads.size();
        continue;
      }
      write_stack(group);
    }
    if (left_out > 0) text_ += fmt::format("\n{} more threads: --all shows them\n", left_out);
  }

  void write_stack(const StackGroup& group) {
    heading(title_of(group));
    const std::vector<Frame>& frames = group.threads.front()->frames;
    const size_t limit = options_.all ? kFramesAll : kFramesShort;
    const size_t chosen = chosen_frame(report_, group);
    for (size_t i = 0; i < frames.size(); ++i) {
      if (i == limit) {
        text_ += fmt::format("  ... {} more\n", frames.size() - i);
        break;
      }
      const std::string place = printable(short_place(frames[i]));
      const std::string number = fmt::format("  #{:<2} ", i);
      const size_t room = options_.width - number.size();
      // The name gives way to the place, which is short.
      const size_t for_name = place.size() + 2 < room / 2 ? room - place.size() - 2 : room / 2;
      const std::string name = name_within(frames[i], for_name);
      text_ += number + name + (place.empty() ? "" : "  " + clip(place, room - name.size() - 2)) + "\n";
      if (!options_.all && i != chosen) continue;
      for (size_t k = 0; k < frames[i].variables.size(); ++k) {
        if (!options_.all && k == kVariablesShort) {
          line(10, fmt::format("        {} more: --all", frames[i].variables.size() - k));
          break;
        }
        line(10, "        " + frames[i].variables[k]);
      }
    }
  }

  void write_machine() {
    if (!report_.registers.empty()) heading("registers");
    for (size_t i = 0; i < report_.registers.size(); ++i) {
      text_ += fmt::format("  {:<7} {:016x}", report_.registers[i].name, report_.registers[i].value);
      if (i % 3 == 2 || i + 1 == report_.registers.size()) text_ += "\n";
    }
    if (!report_.memory.empty()) heading("memory around the address");
    for (const std::string& dump : report_.memory) text_ += "  " + clip(printable(dump), options_.width - 2) + "\n";
    if (!report_.system.empty()) heading("system");
    for (const std::string& fact : report_.system) line(4, "  " + fact);
  }

  const AutopsyReport& report_;
  const TextOptions& options_;
  std::string text_;
};

}  // namespace

std::string autopsy_to_text(const AutopsyReport& report, const TextOptions& options) {
  return Page(report, options).write();
}

}  // namespace crashwright::rca
