#include "harness/runner/session_exploration.h"

namespace crashwright::harness {

SessionExploration::SessionExploration(std::unique_ptr<StorageRecord> record,
                                       std::vector<verifiers::ExchangeEvent> drop_copy)
    : record_(std::move(record)),
      recording_(make_recording(record_->first(record_->size()))),
      promises_(recording_, std::move(drop_copy)) {}

Result<std::unique_ptr<SessionExploration>> SessionExploration::open(const std::string& record_folder,
                                                                     const std::string& exchange_folder) {
  auto record = StorageRecord::open(record_folder);
  if (!record) return tl::unexpected(record.error());
  auto drop_copy = verifiers::read_complete_drop_copy(exchange_folder);
  if (!drop_copy) return tl::unexpected(drop_copy.error());
  return std::unique_ptr<SessionExploration>(new SessionExploration(std::move(*record), std::move(*drop_copy)));
}

Result<CampaignResult> SessionExploration::run(const RecoveryJudgeOptions& engine,
                                               const CampaignOptions& options) const {
  return run_campaign(recording_, recovery_judges(engine, promises_), options);
}

}  // namespace crashwright::harness
