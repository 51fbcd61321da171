// Tells the kernel to drop its pages of files, from a thread of its own: the kernel may hold locks of a file while it
// waits for the answer to a request on it, so that a worker that serves the request must not ask.
//
// Threads: drop() from any. Errors: none; a file that the kernel does not know has no pages.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "harness/storage/operation.h"

namespace crashwright::harness {

class PageDropper {
 public:
  explicit PageDropper(std::function<void(NodeId)> tell) : tell_(std::move(tell)), thread_([this] { run(); }) {}
  ~PageDropper() {
    {
      const std::lock_guard guard(lock_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  PageDropper(const PageDropper&) = delete;
  PageDropper& operator=(const PageDropper&) = delete;

  void drop(NodeId node) {
    const std::lock_guard guard(lock_);
    waiting_.push_back(node);
    changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock guard(lock_);
    for (;;) {
      changed_.wait(guard, [this] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      const NodeId node = waiting_.front();
      waiting_.pop_front();
      guard.unlock();
      tell_(node);
      guard.lock();
    }
  }

  std::function<void(NodeId)> tell_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<NodeId> waiting_;
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crashwright::harness
