#include "postmortem/engine_thread.h"

#include "postmortem/control_block.h"
#include "postmortem/flight_recorder.h"

namespace crashwright::postmortem {

namespace {

thread_local EngineThread* innermost = nullptr;

}  // namespace

EngineThread* EngineThread::current() noexcept { return innermost; }

EngineThread::EngineThread(const char* name, Watchdog* watchdog) : outer_(innermost) {
  innermost = this;
  register_thread(name);
  prepare_flight_thread();  // the ring is there, and carries the name, before the first log call
  if (watchdog != nullptr) heartbeat_.emplace(*watchdog, name);
}

EngineThread::~EngineThread() {
  innermost = outer_;
  thread_leaves();
}

}  // namespace crashwright::postmortem
