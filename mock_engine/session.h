// One session of the engine: locks the data folder, starts the threads, recovers, trades, writes what is left of it.
//
// Threads: run_session() from main, before any other thread exists; it joins all it starts.
// Errors:  the exit code; the reason is written to standard error and into the flight recorder.
// Signal context: no.
#pragma once

#include "mock_engine/engine_options.h"
#include "mock_engine/stop_reason.h"

namespace crashwright::mock_engine {

[[nodiscard]] ExitCode run_session(const EngineOptions& options);

}  // namespace crashwright::mock_engine
