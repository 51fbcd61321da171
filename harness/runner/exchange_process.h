// The mock exchange of a case, a process of its own that outlives the engine's deaths.
//
// Threads: one owner, the thread that started it. Errors: kEnvironment / kInternal when it does not come up or does not
// end in order; its standard error is part of the message.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "harness/runner/process.h"
#include "harness/scenario/plan.h"

namespace crashwright::harness {

struct ExchangeOptions {
  std::string program;
  std::string folder;  // existing; drop_copy.jsonl, exchange.json, stdout.txt, stderr.txt
  ExchangeBehaviour behaviour;
  std::vector<std::string> environment;
};

class ExchangeProcess {
 public:
  // Returns once it listens.
  [[nodiscard]] static Result<std::unique_ptr<ExchangeProcess>> start(const ExchangeOptions& options);
  ExchangeProcess(const ExchangeProcess&) = delete;
  ExchangeProcess& operator=(const ExchangeProcess&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }  // "127.0.0.1:4711"
  [[nodiscard]] Child& child() const { return *child_; }
  // SIGTERM, and waits until it has written exchange.json and ended.
  [[nodiscard]] Status stop();

 private:
  ExchangeProcess() = default;

  std::string folder_;
  std::string address_;
  std::unique_ptr<Child> child_;
};

}  // namespace crashwright::harness
