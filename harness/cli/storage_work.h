// What a storage command makes outside of the folders it was given, noted so that it goes when the command is killed.
//
// begin() first undoes what killed ones left, as a run does, and says so on standard error; `crashwright cleanup` does
// the same. Threads: the main thread, before any other. Errors: of the ledger.
#pragma once

#include <memory>

#include "base/result.h"
#include "harness/runner/ledger.h"
#include "harness/runner/marked_environment.h"

namespace crashwright::harness::cli {

class StorageWork {
 public:
  [[nodiscard]] static Result<std::unique_ptr<StorageWork>> begin();
  [[nodiscard]] Ledger& ledger() { return *ledger_; }

 private:
  explicit StorageWork(std::unique_ptr<Ledger> ledger) : ledger_(std::move(ledger)), mark_(ledger_->run_id()) {}

  std::unique_ptr<Ledger> ledger_;
  MarkedEnvironment mark_;
};

}  // namespace crashwright::harness::cli
