// Every power loss of a session of the mock engine: its recorded run, the exchange's drop copy, and the engine's own
// recovery as the judge of each crash image.
//
// Threads: one owner; run() works with `jobs` threads of its own. Errors: kCorrupt for a record or drop copy that
// cannot be read or is not whole, otherwise as run_campaign().
#pragma once

#include <memory>
#include <string>

#include "harness/storage/explore/campaign.h"
#include "harness/storage/explore/recovery_judge.h"
#include "harness/storage/storage_record.h"

namespace crashwright::harness {

class SessionExploration {
 public:
  // `record_folder` of the mount that held the data folder, `exchange_folder` with drop copy and books of an exchange
  // that has ended.
  [[nodiscard]] static Result<std::unique_ptr<SessionExploration>> open(const std::string& record_folder,
                                                                        const std::string& exchange_folder);
  SessionExploration(const SessionExploration&) = delete;
  SessionExploration& operator=(const SessionExploration&) = delete;

  [[nodiscard]] const Recording& recording() const { return recording_; }
  [[nodiscard]] Result<CampaignResult> run(const RecoveryJudgeOptions& engine, const CampaignOptions& options) const;

 private:
  SessionExploration(std::unique_ptr<StorageRecord> record, std::vector<verifiers::ExchangeEvent> drop_copy);

  std::unique_ptr<StorageRecord> record_;
  Recording recording_;
  SessionPromises promises_;
};

}  // namespace crashwright::harness
