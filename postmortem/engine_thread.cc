#include "postmortem/engine_thread.h"

namespace crashwright::postmortem {

EngineThread::EngineThread(const char* name, Watchdog* watchdog) {
  register_thread(name);
  if (watchdog != nullptr) heartbeat_.emplace(*watchdog, name);
}

}  // namespace crashwright::postmortem
