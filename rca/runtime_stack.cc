#include "rca/runtime_stack.h"

#include <algorithm>

#include "rca/frame_text.h"
#include "rca/runtime_frames.h"

namespace crashwright::rca {
namespace {

constexpr size_t kFramesMax = 512;

// How one kind of stack stands in a text.
struct Layout {
  std::string_view heading;  // stands in the line before the first frame; empty: frames are known by themselves
  FrameReader read;
  bool (*belongs)(std::string_view line, Frame& frame);  // a line between frames; it may have the place of the last one
  std::string_view cause{};                              // what begins the stack of what caused this one
  bool outermost_first = false;
};

bool nothing_between(std::string_view, Frame&) { return false; }

bool go_place(std::string_view line, Frame& frame) {
  if (!line.starts_with('\t')) return false;
  line.remove_prefix(1);
  take_place_from_end(line.substr(0, line.find(" +0x")), frame);
  return true;
}

bool rust_place(std::string_view line, Frame& frame) {
  line = trimmed(line);
  if (!line.starts_with("at ")) return false;
  take_place_from_end(line.substr(3), frame);
  return true;
}

// The source of the line, and marks below it.
bool python_source(std::string_view line, Frame&) {
  return line.starts_with("    ") || line.starts_with("  [Previous line repeated");
}

// Registers, and how the frame was found.
bool breakpad_registers(std::string_view line, Frame&) { return line.starts_with("    "); }

bool java_omission(std::string_view line, Frame&) {
  while (line.starts_with('\t') || line.starts_with(' ')) line.remove_prefix(1);
  return line.starts_with("... ");
}

// The order decides where a line could be of several kinds.
constexpr Layout kLayouts[] = {
    {"goroutine ", go_frame, go_place},
    {"stack backtrace:", rust_frame, rust_place},
    {"(most recent call last)", python_frame, python_source, {}, true},
    {"(most recent call first)", python_frame, python_source},
    {" (crashed)", breakpad_frame, breakpad_registers},
    {" Crashed:", macos_frame, nothing_between},
    {"STACK_TEXT", windbg_frame, nothing_between},
    {"Problematic frame", jvm_frame, nothing_between},
    {"", kernel_frame, nothing_between},
    {"", at_frame, java_omission, "Caused by: "},
    {"", stacktrace_frame, nothing_between},
    {"", macos_frame, nothing_between},
    {"", ruby_frame, nothing_between},
};

bool is_of_type(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '_' || c == '$';
}

// "java.lang.NullPointerException" in "Caused by: java.lang.NullPointerException: no session".
std::string exception_in(std::string_view line) {
  while (!line.empty()) {
    const size_t size = static_cast<size_t>(std::ranges::find_if_not(line, is_of_type) - line.begin());
    const std::string_view word = line.substr(0, size);
    const bool is_type = word.ends_with("Exception") || word.ends_with("Error");
    if (is_type && word != "Exception") return std::string(word);  // "Exception in thread ..."
    line.remove_prefix(std::min(size + 1, line.size()));
  }
  return {};
}

// Python names it at the beginning of the line behind its stack.
std::string exception_at_start(std::string_view line) {
  const size_t size = static_cast<size_t>(std::ranges::find_if_not(line, is_of_type) - line.begin());
  const bool is_name =
      size > 0 && !is_digit(line[0]) && (size == line.size() || line[size] == ':' || line[size] == '\r');
  return is_name ? std::string(line.substr(0, size)) : std::string();
}

// The stack in this layout, and in `end` the line behind it.
RuntimeStack stack_in(const Layout& layout, const std::vector<std::string_view>& lines, size_t from, size_t& end) {
  RuntimeStack stack;
  std::vector<Frame>& frames = stack.frames;
  bool begun = layout.heading.empty();
  bool of_cause = false;  // its first frame is still to come
  for (end = from; end < lines.size() && frames.size() < kFramesMax; ++end) {
    const std::string_view line = lines[end];
    if (!begun) {
      begun = line.find(layout.heading) != std::string_view::npos;
      continue;
    }
    if (auto frame = layout.read(line); frame) {
      if (of_cause) frames.clear();
      of_cause = false;
      if (frames.empty() && end > 0) stack.raised = exception_in(lines[end - 1]);
      frames.push_back(std::move(*frame));
    } else if (!frames.empty() && !layout.cause.empty() && line.starts_with(layout.cause)) {
      of_cause = true;
    } else if (!frames.empty() && !layout.belongs(line, frames.back())) {
      break;
    }
  }
  if (layout.outermost_first) {
    std::ranges::reverse(frames);
    stack.raised = end < lines.size() ? exception_at_start(lines[end]) : std::string();
  }
  return stack;
}

RuntimeStack first_stack(const std::vector<std::string_view>& lines, size_t from) {
  for (const Layout& layout : kLayouts) {
    size_t end = from;
    RuntimeStack stack = stack_in(layout, lines, from, end);
    // What was raised last ended the program: earlier ones were caught, or led to it.
    while (layout.outermost_first && end < lines.size()) {
      RuntimeStack later = stack_in(layout, lines, end, end);
      if (!later.frames.empty()) stack = std::move(later);
    }
    if (!stack.frames.empty()) return stack;
  }
  return {};
}

// Where the first thing that counts stands ("line 17"), 0 for none.
size_t line_of(const std::vector<Evidence>& evidence) {
  constexpr std::string_view kLine = "line ";
  std::string_view where = evidence.empty() ? std::string_view() : evidence.front().where;
  if (!where.starts_with(kLine)) return 0;
  where.remove_prefix(kLine.size());
  uint64_t line = 0;
  return take_number(where, line) && line > 0 ? line - 1 : 0;
}

}  // namespace

RuntimeStack read_runtime_stack(const std::vector<std::string_view>& lines, const std::vector<Evidence>& evidence) {
  const size_t from = std::min(line_of(evidence), lines.size());
  RuntimeStack stack = from == 0 ? RuntimeStack() : first_stack(lines, from);
  return stack.frames.empty() ? first_stack(lines, 0) : stack;
}

}  // namespace crashwright::rca
