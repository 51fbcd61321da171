// Stack frames as sanitizers, gdb and glog print them.
//
// Threads: any. Signal context: no. Errors: nullopt for a line that is no frame.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rca/autopsy.h"

namespace crashwright::rca {

// "#0 0x4f13bb in f(int) a.cc:7:3", "#1  0x00 in f (x=1) at a.c:7", "    @  0x5605 f()".
[[nodiscard]] std::optional<Frame> parse_frame_line(std::string_view line);

// The frames from the first frame line in `lines[from ..]` on, looked for over `within` lines, up to the next gap.
[[nodiscard]] std::vector<Frame> read_text_stack(const std::vector<std::string_view>& lines, size_t from,
                                                 size_t within);

}  // namespace crashwright::rca
