// The crash handlers that are compiled into the victim, by name.
//
// Threads: one. Errors: null for a name that is none.
#pragma once

#include <string_view>

#include "bench/crash_handler_peer.h"

namespace crashwright::bench {

inline constexpr const char* kBuiltInHandlers[] = {"none", "crashwright", "naive",   "abseil",
                                                   "glog", "boost",       "backward"};

[[nodiscard]] const crashwright_handler_peer& crashwright_handler();
[[nodiscard]] const crashwright_handler_peer& naive_handler();
[[nodiscard]] const crashwright_handler_peer& abseil_handler();
[[nodiscard]] const crashwright_handler_peer& glog_handler();
[[nodiscard]] const crashwright_handler_peer& boost_handler();
[[nodiscard]] const crashwright_handler_peer& backward_handler();

// A name from above, or the path of a plug-in.
[[nodiscard]] const crashwright_handler_peer* find_handler(std::string_view name);

}  // namespace crashwright::bench
