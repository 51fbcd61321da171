// What the audit log costs: the producer's append, a commit that somebody waits for, and the stream at full speed.
//
//   audit_log_bench --benchmark_filter=commit
//
// Files go to the folder named by CRASHWRIGHT_BENCH_FOLDER (default /tmp): put it on the device to be measured.
// "append_in_bursts" is the hot path of an engine: 20 records, then a pause until they are durable, which includes
// waking the sleeping committer once per burst.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "postmortem/audit_log.h"

namespace crashwright::postmortem {
namespace {

constexpr auto kLong = std::chrono::seconds(60);

class ScratchLog {
 public:
  explicit ScratchLog(Durability durability) {
    const char* const folder = std::getenv("CRASHWRIGHT_BENCH_FOLDER");
    folder_ = std::string(folder != nullptr ? folder : "/tmp") + "/crashwright-bench-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    auto opened = AuditLog::open({.path = folder_ + "/audit.log", .durability = durability}, nullptr);
    if (opened) log_ = std::move(*opened);
  }
  ScratchLog(const ScratchLog&) = delete;
  ScratchLog& operator=(const ScratchLog&) = delete;
  ~ScratchLog() {
    log_.reset();
    std::filesystem::remove_all(folder_);  // with all segments
  }
  [[nodiscard]] AuditLog* get() { return log_.get(); }

 private:
  std::string folder_;
  std::unique_ptr<AuditLog> log_;
};

Durability durability_of(const benchmark::State& state) {
  return state.range(0) == 0 ? Durability::kProcessDeath : Durability::kPowerLoss;
}

AuditRecord intent() {
  AuditRecord record{};
  record.type = AuditRecordType::kIntentEnter;
  record.symbol.assign("AAPL");
  return record;
}

void append_in_bursts(benchmark::State& state) {
  constexpr int kBurst = 20;
  ScratchLog log(durability_of(state));
  if (log.get() == nullptr) return state.SkipWithError("cannot open a log in the folder");
  AuditRecord record = intent();
  for (auto _ : state) {
    for (int i = 0; i < kBurst; ++i) benchmark::DoNotOptimize(log.get()->append(record));
    state.PauseTiming();
    static_cast<void>(log.get()->wait_durable(record.sequence, kLong));
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kBurst);
}

void commit_one(benchmark::State& state) {
  ScratchLog log(durability_of(state));
  if (log.get() == nullptr) return state.SkipWithError("cannot open a log in the folder");
  AuditRecord record = intent();
  for (auto _ : state) {
    log.get()->append(record);
    if (!log.get()->wait_durable(record.sequence, kLong)) return state.SkipWithError("not durable");
  }
  state.SetItemsProcessed(state.iterations());
}

void stream(benchmark::State& state) {
  constexpr int kRecords = 100'000;
  ScratchLog log(durability_of(state));
  if (log.get() == nullptr) return state.SkipWithError("cannot open a log in the folder");
  AuditRecord record = intent();
  for (auto _ : state) {
    for (int i = 0; i < kRecords; ++i) log.get()->append(record);
    if (!log.get()->wait_durable(record.sequence, kLong)) return state.SkipWithError("not durable");
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}

// Argument 0: process death, 1: power loss.
BENCHMARK(append_in_bursts)->ArgName("power_loss")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(commit_one)->ArgName("power_loss")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(stream)->ArgName("power_loss")->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crashwright::postmortem

BENCHMARK_MAIN();
