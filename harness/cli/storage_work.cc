#include "harness/cli/storage_work.h"

#include <fmt/format.h>

#include "harness/cli/console.h"
#include "harness/runner/cleanup.h"

namespace crashwright::harness::cli {

Result<std::unique_ptr<StorageWork>> StorageWork::begin() {
  const auto cleaned = clean_up();
  if (!cleaned) return tl::unexpected(cleaned.error());
  for (const std::string& undone : cleaned->undone) {
    fmt::print(stderr, "note: left by a killed run, undone: {}\n", printable(undone));
  }
  for (const std::string& failure : cleaned->failures) {
    fmt::print(stderr, "note: left by a killed run, still there: {}\n", printable(failure));
  }
  auto ledger = Ledger::create();
  if (!ledger) return tl::unexpected(ledger.error());
  return std::unique_ptr<StorageWork>(new StorageWork(std::move(*ledger)));
}

}  // namespace crashwright::harness::cli
