#include "rca/runtime_frames.h"

#include <charconv>
#include <string>

#include "rca/frame_text.h"

namespace crashwright::rca {
namespace {

void replace_all(std::string& text, std::string_view part, std::string_view by) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size())) {
    text.replace(at, part.size(), by);
  }
}

// "/opt/risk/limits.py" is "limits".
std::string_view stem_of(std::string_view path) {
  path = path.substr(path.find_last_of("/\\") + 1);
  return path.substr(0, path.rfind('.'));
}

// A script's functions have short names: the file tells them apart.
std::string script_function(std::string_view file, std::string_view name) {
  std::string function(stem_of(file));
  if (name.empty() || name == "<module>" || name == "<main>") return function;
  if (name.starts_with('<') && name.ends_with('>')) name = name.substr(1, name.size() - 2);
  return function + "." + std::string(name);
}

// Where the bracket opens that closes at the end of the line.
size_t opening_bracket(std::string_view line) {
  int depth = 0;
  for (size_t i = line.size(); i > 0; --i) {
    if (line[i - 1] == ')') ++depth;
    if (line[i - 1] == '(' && --depth == 0) return i - 1;
  }
  return std::string_view::npos;
}

std::string_view without_carriage_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Takes the frame's number off the front: "3: ", " 0# ", "2  "; `mark` is what stands behind it.
bool take_frame_number(std::string_view& rest, std::string_view mark) {
  uint64_t number = 0;
  rest = trimmed(rest);
  if (!take_number(rest, number) || !rest.starts_with(mark)) return false;
  rest = trimmed(rest.substr(mark.size()));
  return !rest.empty();
}

// Java's, .NET's and node's names of what has none.
std::string readable_member(std::string_view name) {
  std::string text(name);
  replace_all(text, "<init>", "init");
  replace_all(text, "<clinit>", "clinit");
  replace_all(text, "<anonymous>", "anonymous");
  return text;
}

bool is_script(std::string_view file) {
  for (const std::string_view ending : {".js", ".mjs", ".cjs", ".ts"}) {
    if (file.ends_with(ending)) return true;
  }
  return false;
}

// "Gateway.cs:line 41" behind "in ".
void take_dotnet_place(std::string_view place, Frame& frame) {
  const size_t colon = place.rfind(":line ");
  frame.file = std::string(place.substr(0, colon));
  uint64_t line = 0;
  if (colon == std::string_view::npos) return;
  place.remove_prefix(colon + 6);
  if (take_number(place, line) && line < 1'000'000'000) frame.line = static_cast<int>(line);
}

// "desk!Blotter::selectedRow+0x1d", "engine!main [main.cc : 3 + 0x5]", "libpthread-2.31.so + 0x8609".
std::optional<Frame> module_frame(std::string_view rest) {
  Frame frame;
  if (const size_t open = rest.rfind(" ["); open != std::string_view::npos && rest.ends_with(']')) {
    const std::string_view place = rest.substr(open + 2, rest.size() - open - 3);
    const size_t colon = place.find(" : ");
    frame.file = std::string(place.substr(0, colon));
    uint64_t line = 0;
    std::string_view number = colon == std::string_view::npos ? std::string_view() : place.substr(colon + 3);
    if (take_number(number, line) && line < 1'000'000'000) frame.line = static_cast<int>(line);
    rest = rest.substr(0, open);
  }
  const size_t bang = rest.find('!');
  size_t plus = rest.rfind("+0x");
  size_t digits = plus == std::string_view::npos ? plus : plus + 1;
  if (const size_t spaced = rest.rfind(" + 0x"); spaced != std::string_view::npos) {
    plus = spaced;
    digits = spaced + 3;
  }
  if (bang == std::string_view::npos && plus == std::string_view::npos) return std::nullopt;
  frame.module = std::string(trimmed(rest.substr(0, bang == std::string_view::npos ? plus : bang)));
  if (frame.module.empty() || frame.module.find(' ') != std::string::npos) return std::nullopt;
  if (bang == std::string_view::npos) {
    take_offset(rest.substr(digits), frame);
  } else {
    const bool has_offset = plus != std::string_view::npos && plus > bang;
    frame.function = std::string(trimmed(rest.substr(bang + 1, has_offset ? plus - bang - 1 : std::string_view::npos)));
  }
  return frame;
}

}  // namespace

std::optional<Frame> go_frame(std::string_view line) {
  line = without_carriage_return(line);
  if (line.empty() || line[0] == ' ' || line[0] == '\t' || !line.ends_with(')')) return std::nullopt;
  const size_t open = opening_bracket(line);
  if (open == std::string_view::npos || open == 0) return std::nullopt;
  const std::string_view name = line.substr(0, open);
  if (name.find(' ') != std::string_view::npos) return std::nullopt;
  Frame frame;
  frame.function = std::string(name);
  replace_all(frame.function, "(*", "");
  replace_all(frame.function, ")", "");
  return frame;
}

std::optional<Frame> rust_frame(std::string_view line) {
  std::string_view rest = line;
  if (!take_frame_number(rest, ": ")) return std::nullopt;
  Frame frame;
  if (take_address(rest, frame.pc) && rest.starts_with("- ")) rest = trimmed(rest.substr(2));
  constexpr size_t kHash = 19;  // "::h0123456789abcdef"
  if (rest.size() > kHash && rest.substr(rest.size() - kHash).starts_with("::h") &&
      rest.find_last_not_of("0123456789abcdef") == rest.size() - kHash + 2) {
    rest.remove_suffix(kHash);
  }
  std::string name(rest);
  // "<engine::Book as core::ops::Drop>::drop" is "engine::Book::drop".
  const size_t as = name.find(" as ");
  const size_t close = name.find(">::", as == std::string::npos ? 0 : as);
  if (name.starts_with('<') && close != std::string::npos) {
    name = name.substr(1, (as == std::string::npos ? close : as) - 1) + name.substr(close + 1);
  }
  if (name.empty() || name == "<unknown>") return frame;
  frame.function = std::move(name);
  return frame;
}

std::optional<Frame> python_frame(std::string_view line) {
  constexpr std::string_view kFile = "File \"";
  std::string_view rest = trimmed(line);
  const size_t close = rest.starts_with(kFile) ? rest.find('"', kFile.size()) : std::string_view::npos;
  if (close == std::string_view::npos) return std::nullopt;
  Frame frame;
  frame.file = std::string(rest.substr(kFile.size(), close - kFile.size()));
  rest = rest.substr(close + 1);
  const size_t number = rest.find(" line ");
  const size_t name = rest.find(" in ");
  if (number == std::string_view::npos || name == std::string_view::npos) return std::nullopt;
  std::from_chars(rest.data() + number + 6, rest.data() + rest.size(), frame.line);
  frame.function = script_function(frame.file, trimmed(rest.substr(name + 4)));
  return frame;
}

std::optional<Frame> at_frame(std::string_view line) {
  if (!line.starts_with(' ') && !line.starts_with('\t')) return std::nullopt;
  std::string_view rest = trimmed(line);
  while (rest.starts_with('\t')) rest.remove_prefix(1);
  if (!rest.starts_with("at ") || rest.starts_with("at 0x")) return std::nullopt;
  rest = trimmed(rest.substr(3));
  for (const std::string_view word : {"async ", "new "}) {
    if (rest.starts_with(word)) rest = trimmed(rest.substr(word.size()));
  }
  if (rest.ends_with(" {")) rest = trimmed(rest.substr(0, rest.size() - 2));
  Frame frame;
  if (const size_t in = rest.find(") in "); in != std::string_view::npos) {
    take_dotnet_place(rest.substr(in + 5), frame);
    rest = rest.substr(0, in + 1);
  }
  const size_t open = rest.find('(');
  if (open == std::string_view::npos) {  // node, outside of any function
    if (!is_script(rest.substr(0, rest.find(':', rest.find('.')))) || !take_place_from_end(rest, frame)) {
      return std::nullopt;
    }
    frame.function = script_function(frame.file, "");
    return frame;
  }
  std::string_view name = trimmed(rest.substr(0, open));
  if (const size_t alias = name.find(" [as "); alias != std::string_view::npos) name = name.substr(0, alias);
  if (name.empty() || name.find(' ') != std::string_view::npos || !rest.ends_with(')')) return std::nullopt;
  if (frame.file.empty()) take_place_from_end(rest.substr(open + 1, rest.size() - open - 2), frame);
  name = name.substr(name.rfind('/') + 1);  // "java.base/java.lang.Thread.run"
  frame.function = is_script(frame.file) ? script_function(frame.file, readable_member(name)) : readable_member(name);
  return frame;
}

std::optional<Frame> ruby_frame(std::string_view line) {
  const size_t in = line.find(":in ");
  if (in == std::string_view::npos || in + 5 >= line.size() || (line[in + 4] != '`' && line[in + 4] != '\'')) {
    return std::nullopt;
  }
  Frame frame;
  std::string_view place = trimmed(line.substr(0, in));
  if (place.starts_with("from ")) place = trimmed(place.substr(5));
  if (!take_place_from_end(place, frame) || !frame.file.ends_with(".rb")) return std::nullopt;
  const std::string_view name = line.substr(in + 5);
  frame.function = script_function(frame.file, name.substr(0, name.find('\'')));
  return frame;
}

std::optional<Frame> stacktrace_frame(std::string_view line) {
  std::string_view rest = line;
  if (!take_frame_number(rest, "# ")) return std::nullopt;
  Frame frame;
  take_address(rest, frame.pc);
  if (const size_t at = rest.rfind(" at "); at != std::string_view::npos) {
    take_place_from_end(rest.substr(at + 4), frame);
    rest = rest.substr(0, at);
  } else if (const size_t in = rest.rfind(" in "); in != std::string_view::npos) {
    frame.module = std::string(trimmed(rest.substr(in + 4)));
    rest = rest.substr(0, in);
  } else if (rest.starts_with("in ")) {
    frame.module = std::string(trimmed(rest.substr(3)));
    rest = {};
  }
  frame.function = std::string(trimmed(rest));
  return frame;
}

std::optional<Frame> breakpad_frame(std::string_view line) {
  std::string_view rest = line;
  return take_frame_number(rest, "  ") ? module_frame(rest) : std::nullopt;
}

std::optional<Frame> macos_frame(std::string_view line) {
  std::string_view rest = line;
  if (!take_frame_number(rest, "  ")) return std::nullopt;
  const size_t end = rest.find_first_of(" \t");
  if (end == std::string_view::npos) return std::nullopt;
  Frame frame;
  frame.module = std::string(rest.substr(0, end));
  rest = trimmed(rest.substr(rest.find_first_not_of(" \t", end)));
  const size_t plus = rest.rfind(" + ");
  if (plus == std::string_view::npos || !take_address(rest, frame.pc)) return std::nullopt;
  const size_t sum = rest.rfind(" + ");
  if (sum == std::string_view::npos) return std::nullopt;
  const size_t open = rest.find('(', sum);
  if (open != std::string_view::npos && rest.ends_with(')')) {
    take_place_from_end(rest.substr(open + 1, rest.size() - open - 2), frame);
  }
  frame.function = std::string(trimmed(rest.substr(0, sum)));
  return frame;
}

std::optional<Frame> windbg_frame(std::string_view line) {
  constexpr size_t kAddress = 8;  // digits before the grave accent
  const size_t colon = line.rfind(" : ");
  if (colon == std::string_view::npos || line.find('`') != kAddress) return std::nullopt;
  const std::string_view rest = trimmed(line.substr(colon + 3));
  return rest.find('!') == std::string_view::npos ? std::nullopt : module_frame(rest);
}

std::optional<Frame> jvm_frame(std::string_view line) {
  std::string_view rest = trimmed(line);
  if (rest.starts_with('#')) rest = trimmed(rest.substr(1));
  const size_t close = rest.find(']');
  if (!rest.starts_with("C  [") && !rest.starts_with("V  [")) return std::nullopt;
  if (close == std::string_view::npos) return std::nullopt;
  auto frame = module_frame(rest.substr(4, close - 4));
  if (!frame) return std::nullopt;
  const std::string_view name = trimmed(rest.substr(close + 1));
  frame->function = std::string(name.substr(0, name.rfind("+0x")));
  return frame;
}

std::optional<Frame> kernel_frame(std::string_view line) {
  const bool fault = line.find(": segfault at ") != std::string_view::npos ||
                     line.find(" general protection") != std::string_view::npos ||
                     line.find(" trap ") != std::string_view::npos;
  const size_t ip = line.find(" ip");
  const size_t in = line.find(" in ", ip == std::string_view::npos ? 0 : ip);
  const size_t open = in == std::string_view::npos ? in : line.find('[', in);
  if (!fault || ip == std::string_view::npos || open == std::string_view::npos) return std::nullopt;
  Frame frame;
  frame.module = std::string(line.substr(in + 4, open - in - 4));
  std::from_chars(line.data() + ip + 4, line.data() + line.size(), frame.pc, 16);
  // "[121a0,55b20c1e0000+41000]" names the offset in the file, "[55b20c1e0000+41000]" where the mapping begins.
  uint64_t first = 0;
  const auto [end, error] = std::from_chars(line.data() + open + 1, line.data() + line.size(), first, 16);
  if (error != std::errc() || end == line.data() + line.size()) return std::nullopt;
  if (*end == ',') frame.pc = first;
  if (*end == '+' && frame.pc > first) frame.pc -= first;
  frame.offset = frame.pc;
  return frame;
}

}  // namespace crashwright::rca
