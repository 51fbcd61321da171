// One session of the naive engine: maps the position file, replays what it finds, trades the feed to its end.
//
// Threads: run_session() from main; it starts feed and gateway_rx and joins them. Errors: the exit code, a line on
// standard error. Signal context: no.
#pragma once

#include "mock_engine/engine_options.h"
#include "mock_engine/stop_reason.h"

namespace crashwright::mock_engine::naive {

[[nodiscard]] ExitCode run_session(const EngineOptions& options);

}  // namespace crashwright::mock_engine::naive
