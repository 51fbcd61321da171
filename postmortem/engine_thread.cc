#include "postmortem/engine_thread.h"

#include "postmortem/control_block.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem {

EngineThread::EngineThread(const char* name, Watchdog* watchdog) {
  register_thread(name);
  prepare_flight_thread();  // the ring is there, and carries the name, before the first log call
  if (watchdog != nullptr) heartbeat_.emplace(*watchdog, name);
}

EngineThread::~EngineThread() { thread_leaves(); }

}  // namespace crashwright::postmortem
