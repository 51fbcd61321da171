#include "harness/storage/explore/recovery_judge.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "harness/runner/engine_command.h"
#include "harness/runner/engine_exit.h"
#include "harness/storage/explore/program_call.h"
#include "postmortem/audit_log.h"
#include "postmortem/state_store.h"
#include "verifiers/engine_state.h"

namespace crashwright::harness {
namespace {

using postmortem::AuditRecord;

// Exit statuses of the engine that say that nothing could be judged.
constexpr int kCouldNotJudge[] = {kEngineUsage, kEngineSealed, kEngineLocked, kEngineEnvironment, kProgramNotStarted};

// The newest checkpoint that the log knows of must be in the store: its record is made after its sync returned.
std::string checkpoint_missing(const std::string& image) {
  uint64_t logged = 0;
  const auto log = postmortem::scan_audit_log(image + "/audit.log", [&](std::span<const AuditRecord> records) {
    for (const AuditRecord& record : records) {
      if (record.type == postmortem::AuditRecordType::kCheckpoint) logged = record.match_id;
    }
  });
  if (!log || logged == 0) return {};  // a log that cannot be read is for the recovery to refuse
  const auto store = postmortem::read_state_store(image + "/state.bin");
  const uint64_t newest = store && store->newest ? store->newest->sequence : 0;
  if (newest >= logged) return {};
  return "the log says that checkpoint " + std::to_string(logged) + " was written, the state store holds " +
         (newest == 0 ? std::string("none") : std::to_string(newest)) +
         (store && !store->refused.empty() ? ": " + store->refused.front() : "");
}

class RecoveryJudge final : public ImageJudge {
 public:
  RecoveryJudge(const RecoveryJudgeOptions& options, const SessionPromises& promises, std::string folder)
      : options_(options), promises_(promises), folder_(std::move(folder)) {}

  Result<ImageVerdict> judge(const std::string& image, uint32_t acked, uint32_t /*point*/) override {
    const std::string missing = checkpoint_missing(image);
    if (!missing.empty()) return violated(missing);
    if (!call_) prepare(image);
    auto end = call_->run(folder_);
    if (!end) return tl::unexpected(end.error());
    remove_traces(end->pid);
    if (end->exited_with(0)) return judge_state(end->output, acked);
    const bool unjudged = !end->in_time || (WIFEXITED(end->wait_status) &&
                                            std::find(std::begin(kCouldNotJudge), std::end(kCouldNotJudge),
                                                      WEXITSTATUS(end->wait_status)) != std::end(kCouldNotJudge));
    const std::string said = end->output.empty() ? "" : ": " + end->output;
    if (!unjudged) return violated("recovery " + call_->describe(*end) + said);
    return ImageVerdict{ImageVerdict::Kind::kError, "recovery " + call_->describe(*end) + said};
  }

 private:
  static ImageVerdict violated(std::string reason) { return {ImageVerdict::Kind::kViolated, std::move(reason)}; }

  void prepare(const std::string& image) {
    EngineCommand command;
    command.program = options_.program;
    command.data = image;
    command.folder = folder_;
    command.exchange = "127.0.0.1:1";  // never spoken to
    command.recover_only = true;
    call_.emplace(engine_arguments(*options_.plan, command), engine_environment(options_.plan->build, folder_),
                  options_.patience);
  }

  [[nodiscard]] ImageVerdict judge_state(const std::string& output, uint32_t acked) const {
    const auto recovered = verifiers::parse_engine_state(output.substr(std::min(output.find('{'), output.size())));
    if (!recovered) return violated("recovery tells no state: " + output);
    std::string broken = promises_.broken(*recovered, acked);
    if (broken.empty()) return {};
    return violated(std::move(broken) + "\n" + output);
  }

  // Crash record and flight recorder of a process that is gone would fill the disk.
  void remove_traces(pid_t pid) const {
    for (const char* const name : {"/crash-", "/flight-"}) {
      ::unlink((folder_ + name + std::to_string(pid) + ".rec").c_str());
    }
  }

  const RecoveryJudgeOptions options_;
  const SessionPromises& promises_;
  const std::string folder_;
  std::optional<ProgramCall> call_;
};

}  // namespace

JudgeFactory recovery_judges(const RecoveryJudgeOptions& options, const SessionPromises& promises) {
  return [options, &promises](const std::string& scratch) -> Result<std::unique_ptr<ImageJudge>> {
    const std::string folder = scratch + "/recovery";
    if (::mkdir(folder.c_str(), 0700) != 0) return fail_errno(errno, "make " + folder);
    return std::make_unique<RecoveryJudge>(options, promises, folder);
  };
}

}  // namespace crashwright::harness
