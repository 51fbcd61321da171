// Around a call that a device may hold up for any time: to the watchdog the calling thread waits meanwhile.
//
//   { const DeviceWait wait; ::fdatasync(fd); }
//
// No fault point and no loop that can go wrong belongs inside: what stalls there goes unseen.
// Threads: a stack object of its thread. Nothing on a thread without an EngineThread, and inside another wait.
// Errors:  none. Signal context: no.
#pragma once

#include "postmortem/engine_thread.h"

namespace crashwright::postmortem {

class DeviceWait {
 public:
  DeviceWait() noexcept : thread_(EngineThread::current()) {
    if (thread_ != nullptr && thread_->waiting()) thread_ = nullptr;
    if (thread_ != nullptr) thread_->begin_wait();
  }
  ~DeviceWait() {
    if (thread_ != nullptr) thread_->end_wait();
  }
  DeviceWait(const DeviceWait&) = delete;
  DeviceWait& operator=(const DeviceWait&) = delete;

 private:
  EngineThread* thread_;
};

}  // namespace crashwright::postmortem
