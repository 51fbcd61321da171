#include "rca/report_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "rca/frame_rules.h"

namespace crashwright::rca {
namespace {

constexpr size_t kNamesShown = 4;

bool same_stack(const ThreadStack& a, const ThreadStack& b) {
  return std::ranges::equal(a.frames, b.frames, [](const Frame& x, const Frame& y) {
    return x.pc == y.pc && x.function == y.function && x.line == y.line;
  });
}

// Bytes of the UTF-8 character at the beginning, 0 when it is none. Long forms and surrogates are let pass: they do no
// harm here.
size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if ((first >= 0x80 && first < 0xc2) || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::vector<StackGroup> fold_stacks(const AutopsyReport& report) {
  std::vector<StackGroup> groups;
  for (const ThreadStack& thread : report.threads) {
    const auto same = std::ranges::find_if(groups, [&](const StackGroup& group) {
      return !group.faulting && !thread.faulting && same_stack(*group.threads.front(), thread);
    });
    if (same != groups.end()) {
      same->threads.push_back(&thread);
    } else {
      groups.push_back({{&thread}, thread.faulting});
    }
  }
  std::ranges::stable_sort(groups, [](const StackGroup& a, const StackGroup& b) {
    return a.faulting != b.faulting ? a.faulting : a.threads.size() > b.threads.size();
  });
  return groups;
}

std::string title_of(const StackGroup& group) {
  const auto words = [](const ThreadStack& thread) {
    return fmt::format("{}{}{}", thread.tid, thread.name.empty() ? "" : " ", thread.name);
  };
  if (group.threads.size() == 1) {
    const ThreadStack& only = *group.threads.front();
    const char* const role = only.live ? ", the one to look at" : ", the one that died";
    if (only.tid == 0) return "the stack";  // a text knows no thread
    return "thread " + words(only) + (group.faulting ? role : "");
  }
  std::string title = fmt::format("{} threads alike: ", group.threads.size());
  for (size_t i = 0; i < group.threads.size() && i < kNamesShown; ++i) {
    title += (i == 0 ? "" : ", ") + words(*group.threads[i]);
  }
  return group.threads.size() > kNamesShown ? title + ", ..." : title;
}

std::string short_place(const Frame& frame) {
  const std::string& path = frame.file.empty() ? frame.module : frame.file;
  size_t from = path.rfind('/');
  if (from != std::string::npos && from > 0) from = path.rfind('/', from - 1);
  std::string place = from == std::string::npos ? path : path.substr(from + 1);
  if (!frame.file.empty()) place += fmt::format(":{}", frame.line);
  return place;
}

std::string name_of_frame(const Frame& frame) {
  if (!frame.function.empty()) return frame.function + (frame.inlined ? " (inlined)" : "");
  if (frame.offset == 0 || frame.module.empty()) return fmt::format("{:#x}", frame.pc);
  return fmt::format("{}+{:#x}", frame.module.substr(frame.module.rfind('/') + 1), frame.offset);
}

std::string signal_words(const AutopsyReport& report) {
  const char* const name = ::sigabbrev_np(report.signal_number);
  return name == nullptr ? fmt::format("signal {}, code {}", report.signal_number, report.signal_code)
                         : fmt::format("SIG{} ({}), code {}", name, report.signal_number, report.signal_code);
}

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = character_length(text.substr(at));
    const auto first = static_cast<unsigned char>(text[at]);
    const bool c1_control = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (length == 0 || c1_control) {
      safe += '?';
    } else if (length == 1 && (first < 32 || first == 127)) {
      safe += ' ';
    } else {
      safe += text.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return safe;
}

bool is_involved(const AutopsyReport& report, const StackGroup& group) {
  return std::ranges::any_of(group.threads, [&](const ThreadStack* thread) {
    return std::ranges::find(report.involved, thread->tid) != report.involved.end();
  });
}

size_t chosen_frame(const AutopsyReport& report, const StackGroup& group) {
  const std::vector<Frame>& frames = group.threads.front()->frames;
  if (!group.faulting) return frames.size();
  if (const auto chosen = frame_of(frames, report.function); chosen) return *chosen;
  const BlamedFrame blamed = blame(frames);
  return blamed.function.empty() ? frames.size() : blamed.index;
}

std::string clip(const std::string& text, size_t width) {
  if (text.size() <= width) return text;
  size_t kept = width < 3 ? 0 : width - 3;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xc0) == 0x80) --kept;  // not within a character
  return text.substr(0, kept) + "...";
}

std::string clip_front(const std::string& text, size_t width) {
  if (text.size() <= width) return text;
  size_t from = text.size() - (width < 3 ? 0 : width - 3);
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xc0) == 0x80)
    ++from;  // not within a character
  return "..." + text.substr(from);
}

std::string wrap_text(const std::string& text, size_t indent, size_t width) {
  std::string result;
  size_t column = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t begin = at;
    while (begin < text.size() && text[begin] == ' ') ++begin;
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = clip(text.substr(begin, end - begin), width > indent ? width - indent : 1);
    if (column + (begin - at) + word.size() > width && column > indent) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    } else {
      result.append(begin - at, ' ');
      column += begin - at;
    }
    result += word;
    column += word.size();
    at = end;
  }
  return result;
}

}  // namespace crashwright::rca
