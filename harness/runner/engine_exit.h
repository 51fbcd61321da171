// Exit codes by which an engine says why it ended (`mock_engine --help`), as far as a run depends on them.
//
// Threads: constants. Errors: none.
#pragma once

namespace crashwright::harness {

enum EngineExit : int {
  kEngineUsage = 2,         // its command line is wrong
  kEngineRefused = 3,       // damage found: it does not trade
  kEngineEnvironment = 10,  // this machine lacks something that it needs
};

}  // namespace crashwright::harness
