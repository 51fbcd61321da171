// The peers of log_bench: those built in and those that plug-ins bring.
//
// Threads: one. Errors: what cannot be loaded says why.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bench/log_peer.h"

namespace crashwright::bench {

[[nodiscard]] const crashwright_log_peer& floor_log_peer();
[[nodiscard]] const crashwright_log_peer& recorder_log_peer();
[[nodiscard]] const crashwright_log_peer& spdlog_log_peer();
[[nodiscard]] const crashwright_log_peer& glog_log_peer();

struct LogPeer {
  std::string name;                                // "quill"
  const crashwright_log_peer* built_in = nullptr;  // null: in `file`
  std::string file;
};

// `list`: the value of CRASHWRIGHT_BENCH_PEERS, may be null.
[[nodiscard]] std::vector<LogPeer> find_log_peers(const char* list);

// Loads a plug-in, which stays until the process ends.
[[nodiscard]] Result<const crashwright_log_peer*> load_log_peer(const LogPeer& peer);

}  // namespace crashwright::bench
