// What all pages for people share: threads with equal stacks folded, short places, short lines.
//
// Threads: any. Signal context: no. Errors: none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

struct StackGroup {
  std::vector<const ThreadStack*> threads;  // with one and the same stack; the first stands for all
  bool faulting = false;
};

// The thread that died first, then the largest groups. Valid as long as the report.
[[nodiscard]] std::vector<StackGroup> fold_stacks(const AutopsyReport& report);

// "thread 17 trading, the one that died", "3 threads: 18 feed, 19 gateway, 20".
[[nodiscard]] std::string title_of(const StackGroup& group);

// "mock_engine/order_gateway.cc:120", or the module; the last two parts of a path.
[[nodiscard]] std::string short_place(const Frame& frame);
// "OrderGateway::send(Order const&)"; without a name "engine+0x15ee", which addr2line takes, or the address.
[[nodiscard]] std::string name_of_frame(const Frame& frame);

// "SIGSEGV (11), code 1".
[[nodiscard]] std::string signal_words(const AutopsyReport& report);

// Broken at blanks so that no line is longer than `width`, every line after the first begins with `indent` blanks; a
// word that is too long by itself is cut.
[[nodiscard]] std::string wrap_text(const std::string& text, size_t indent, size_t width);

// One of its threads is of those that the answer speaks of: of the circle of a deadlock.
[[nodiscard]] bool is_involved(const AutopsyReport& report, const StackGroup& group);

// What a dead process left as a person may see it: no control characters (a terminal would obey them), no broken UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

// The frame of the group that is to blame: its variables are worth showing first. None for a thread that did not die.
[[nodiscard]] size_t chosen_frame(const AutopsyReport& report, const StackGroup& group);

// At most `width` bytes, the end, or the beginning, replaced by "...".
[[nodiscard]] std::string clip(const std::string& text, size_t width);
[[nodiscard]] std::string clip_front(const std::string& text, size_t width);

}  // namespace crashwright::rca
