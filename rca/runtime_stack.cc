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

// The stack in this layout, and in `end` the line behind it.
std::vector<Frame> stack_in(const Layout& layout, const std::vector<std::string_view>& lines, size_t from,
                            size_t& end) {
  std::vector<Frame> frames;
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
      frames.push_back(std::move(*frame));
    } else if (!frames.empty() && !layout.cause.empty() && line.starts_with(layout.cause)) {
      of_cause = true;
    } else if (!frames.empty() && !layout.belongs(line, frames.back())) {
      break;
    }
  }
  if (layout.outermost_first) std::ranges::reverse(frames);
  return frames;
}

std::vector<Frame> first_stack(const std::vector<std::string_view>& lines, size_t from) {
  for (const Layout& layout : kLayouts) {
    size_t end = from;
    std::vector<Frame> frames = stack_in(layout, lines, from, end);
    // What was raised last ended the program: earlier ones were caught, or led to it.
    while (layout.outermost_first && end < lines.size()) {
      std::vector<Frame> later = stack_in(layout, lines, end, end);
      if (!later.empty()) frames = std::move(later);
    }
    if (!frames.empty()) return frames;
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

std::vector<Frame> read_runtime_stack(const std::vector<std::string_view>& lines,
                                      const std::vector<Evidence>& evidence) {
  const size_t from = std::min(line_of(evidence), lines.size());
  std::vector<Frame> frames = from == 0 ? std::vector<Frame>() : first_stack(lines, from);
  return frames.empty() ? first_stack(lines, 0) : frames;
}

}  // namespace crashwright::rca
