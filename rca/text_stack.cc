#include "rca/text_stack.h"

#include <algorithm>
#include <string>

#include "rca/frame_text.h"
#include "rca/symbolizer.h"

namespace crashwright::rca {
namespace {

constexpr size_t kFramesMax = 512;

// A tool that does not demangle leaves it to us.
std::string readable(std::string_view name) {
  const std::string as_printed(name);
  return name.starts_with("_Z") ? demangled(as_printed) : as_printed;
}

// Splits "f(int) a.cc:7:3", "f (/usr/lib/libx.so+0x12)" and "f (x=1) at a.c:7" into name and place.
void take_name_and_place(std::string_view rest, Frame& frame) {
  // systemd-coredump: "Ladder::check (desk + 0x1e10)", "n/a" for a name that is not known.
  if (const size_t plus = rest.rfind(" + 0x"); plus != std::string_view::npos && rest.ends_with(')')) {
    const size_t open = rest.rfind(" (", plus);
    if (open == std::string_view::npos) return;
    frame.module = std::string(rest.substr(open + 2, plus - open - 2));
    take_offset(rest.substr(plus + 3), frame);
    const std::string_view name = trimmed(rest.substr(0, open));
    frame.function = name == "n/a" ? std::string() : readable(name);
    return;
  }
  if (const size_t build = rest.rfind(" (BuildId: "); build != std::string_view::npos) rest = rest.substr(0, build);
  if (const size_t at = rest.rfind(") at "); at != std::string_view::npos) {  // gdb
    take_place(rest.substr(at + 5), frame);
    rest = rest.substr(0, at + 1);
  } else if (const size_t from = rest.rfind(") from "); from != std::string_view::npos) {
    frame.module = std::string(rest.substr(from + 7));
    rest = rest.substr(0, from + 1);
  } else if (const size_t space = rest.rfind(' '); space != std::string_view::npos) {
    const std::string_view last = rest.substr(space + 1);
    const size_t offset = last.rfind("+0x");
    const bool in_module = last.starts_with('(') && offset != std::string_view::npos;
    const bool in_file = last.find('/') != std::string_view::npos || last.find(":") != std::string_view::npos;
    if (in_module) {
      frame.module = std::string(last.substr(1, offset - 1));
      take_offset(last.substr(offset + 1), frame);
      return take_name_and_place(trimmed(rest.substr(0, space)), frame);  // ThreadSanitizer has a file before it
    }
    if (in_file && last.find("::") == std::string_view::npos) take_place(last, frame);
    if (!frame.file.empty() || last == "<null>") rest = rest.substr(0, space);
  } else if (const size_t offset = rest.rfind("+0x"); rest.starts_with('(') && offset != std::string_view::npos) {
    frame.module = std::string(rest.substr(1, offset - 1));
    take_offset(rest.substr(offset + 1), frame);
    return;
  }
  rest = trimmed(rest);
  frame.function = rest == "(unknown)" ? std::string() : readable(rest);
}

// "==410==    at 0x109201: Tape::push(int) (tape.cc:15)", "by 0x1: main (in /usr/bin/desk)".
std::optional<Frame> valgrind_frame(std::string_view rest) {
  const size_t marks = rest.find("== ", 2);
  if (marks == std::string_view::npos) return std::nullopt;
  rest = trimmed(rest.substr(marks + 3));
  if (!rest.starts_with("at 0x") && !rest.starts_with("by 0x")) return std::nullopt;
  rest = trimmed(rest.substr(3));
  const size_t colon = rest.find(": ");
  Frame frame;
  if (colon == std::string_view::npos || !take_address(rest, frame.pc)) return std::nullopt;
  const size_t open = rest.rfind(" (");
  if (open != std::string_view::npos && rest.ends_with(')')) {
    const std::string_view place = rest.substr(open + 2, rest.size() - open - 3);
    if (place.starts_with("in ")) {
      frame.module = std::string(place.substr(3));
    } else if (place.find(':') != std::string_view::npos) {
      take_place(place, frame);
    }
    if (!frame.module.empty() || !frame.file.empty()) rest = rest.substr(0, open);
  }
  frame.function = std::string(rest);
  return frame;
}

// "0: 0x0000555555555139 desk`Depth::best(this=0x0) at depth.cc:9:12".
std::optional<Frame> lldb_frame(std::string_view rest) {
  const size_t colon = rest.find(": ");
  Frame frame;
  if (colon == std::string_view::npos || colon == 0 || !is_digit(rest[0])) return std::nullopt;
  rest = trimmed(rest.substr(colon + 1));
  if (!take_address(rest, frame.pc)) return std::nullopt;
  if (const size_t tick = rest.find('`'); tick != std::string_view::npos) {
    frame.module = std::string(rest.substr(0, tick));
    rest = rest.substr(tick + 1);
  }
  if (const size_t at = rest.rfind(" at "); at != std::string_view::npos) {
    take_place(rest.substr(at + 4), frame);
    rest = rest.substr(0, at);
  }
  frame.function = std::string(trimmed(rest.substr(0, rest.find(" + "))));
  return frame;
}

// A line of the journal: "Oct 21 10:00:01 host systemd-coredump[701]: #0  0x1 f (desk + 0x1e10)".
std::string_view without_journal(std::string_view line) {
  const size_t at = line.find("]: #");
  return at == std::string_view::npos || line.substr(0, at).find("coredump[") == std::string_view::npos
             ? line
             : line.substr(at + 3);
}

}  // namespace

std::optional<Frame> parse_frame_line(std::string_view line) {
  std::string_view rest = trimmed(line);
  Frame frame;
  if (rest.starts_with("==")) return valgrind_frame(rest);
  if (const size_t at = rest.find("frame #"); at != std::string_view::npos && at <= 2) {
    return lldb_frame(rest.substr(at + 7));
  }
  rest = without_journal(rest);
  if (rest.starts_with("@ ")) {  // glog
    rest = trimmed(rest.substr(2));
    if (!take_address(rest, frame.pc) && !take_bare_address(rest, frame.pc)) return std::nullopt;
  } else {
    if (rest.size() < 2 || rest[0] != '#' || !is_digit(rest[1])) return std::nullopt;
    size_t at = 1;
    while (at < rest.size() && (is_digit(rest[at]) || rest[at] == '.')) ++at;
    if (at >= rest.size() || rest[at] != ' ') return std::nullopt;
    rest = trimmed(rest.substr(at));
    take_address(rest, frame.pc);
    if (rest.starts_with("in ")) rest = trimmed(rest.substr(3));
  }
  take_name_and_place(rest, frame);
  return frame;
}

std::vector<Frame> read_text_stack(const std::vector<std::string_view>& lines, size_t from, size_t within) {
  std::vector<Frame> frames;
  for (size_t i = from; i < lines.size() && frames.size() < kFramesMax; ++i) {
    if (auto frame = parse_frame_line(lines[i]); frame) {
      frames.push_back(std::move(*frame));
    } else if (!frames.empty() || i - from >= within) {
      break;
    }
  }
  return frames;
}

}  // namespace crashwright::rca
