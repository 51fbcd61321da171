// The audit log beside REF (4 KiB written and synced into a zero-filled file), SQLite, LevelDB, RocksDB and LMDB, all
// on one device in one run; README.md tells how the samples become figures.
//
//   audit_compare_bench [--repetitions N]
//
// Method: every contender gets a slice of 120 ms in turn, in an order drawn anew for each repetition. Between two
// slices nothing is measured for 100 ms: what a store does in the background (zeros ahead, compaction) is over before
// the next one begins, and REF's file is filled before as well. Files go below the folder that CRASHWRIGHT_BENCH_FOLDER
// names (default /tmp): put it on the device to be measured.
// Exit codes: 0 measured, 10 a store failed.
#include <unistd.h>
#include <x86intrin.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "bench/durable_peers.h"
#include "bench/samples.h"
#include "postmortem/audit_log.h"

namespace crashwright::bench {
namespace {

using postmortem::AuditLog;
using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::Durability;

constexpr auto kLong = std::chrono::seconds(60);
constexpr size_t kRecordsPerCommit = 31;  // fill one block of 4 KiB
constexpr size_t kDepth = 4;
constexpr int kBurst = 20;

constexpr uint64_t kSliceNs = 120'000'000;
constexpr auto kPauseBetweenSlices = std::chrono::milliseconds(100);

struct Slice {
  double per_second = 0;
  double p50_ns = 0;
};

AuditRecord intent() {
  AuditRecord record{};
  record.type = AuditRecordType::kIntentEnter;
  record.symbol.assign("AAPL");
  return record;
}

std::unique_ptr<AuditLog> open_log(const std::string& path, Durability durability) {
  auto log = AuditLog::open({.path = path, .durability = durability}, nullptr);
  if (log) return std::move(*log);
  std::fprintf(stderr, "audit_compare_bench: %s\n", log.error().message.c_str());
  std::exit(10);
}

void wait_for(AuditLog& log, uint64_t sequence) {
  if (log.wait_durable(sequence, kLong)) return;
  std::fprintf(stderr, "audit_compare_bench: the log never became durable\n");
  std::exit(10);
}

void commit(AuditLog& log, AuditRecord& record) {
  if (log.append_durable(record, kLong)) return;
  std::fprintf(stderr, "audit_compare_bench: the log never became durable\n");
  std::exit(10);
}

// Calls `commit` until the slice is over.
Slice run_slice(const std::function<void()>& commit) {
  std::vector<double> latencies;
  const uint64_t start = monotonic_ns();
  uint64_t before = start;
  while (before - start < kSliceNs) {
    commit();
    const uint64_t now = monotonic_ns();
    latencies.push_back(static_cast<double>(now - before));
    before = now;
  }
  const double seconds = static_cast<double>(before - start) / 1e9;
  return {static_cast<double>(latencies.size()) / seconds, percentile(latencies, 0.5)};
}

// Eight threads at once; all their commits count.
Slice run_together(const std::function<void()>& commit) {
  constexpr int kThreads = 8;
  std::vector<Slice> slices(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { slices[static_cast<size_t>(i)] = run_slice(commit); });
  }
  for (std::thread& thread : threads) thread.join();
  Slice all;
  for (const Slice& slice : slices) all.per_second += slice.per_second;
  all.p50_ns = slices.front().p50_ns;
  return all;
}

// Blocks of 31 records, four of them under way at any time.
Slice four_in_flight(AuditLog& log) {
  AuditRecord record = intent();
  return run_slice([&] {
    for (size_t i = 0; i < kRecordsPerCommit; ++i) log.append(record);
    const uint64_t ahead = (kDepth - 1) * kRecordsPerCommit;
    if (record.sequence > ahead) wait_for(log, record.sequence - ahead);
  });
}

void measure_one_in_flight(AuditLog& log, Samples& samples) {
  AuditRecord record = intent();
  const Slice one = run_slice([&] { commit(log, record); });
  samples.add("audit.depth1_commits_per_s", one.per_second);
  samples.add("audit.depth1_ack_p50_us", one.p50_ns / 1e3);
  samples.add("audit.one_producer_per_s", one.per_second);
}

void measure_four_in_flight(AuditLog& log, Samples& samples) {
  const Slice four = four_in_flight(log);
  samples.add("audit.depth4_commits_per_s", four.per_second);
  samples.add("audit.depth4_records_per_s", four.per_second * kRecordsPerCommit);
}

void measure_eight_producers(AuditLog& log, Samples& samples) {
  const Slice eight = run_together([&] {
    AuditRecord own = intent();
    commit(log, own);
  });
  samples.add("audit.eight_producers_per_s", eight.per_second);
}

void measure_peer(NamedPeer& named, std::atomic<uint64_t>& key, Samples& samples) {
  const std::string value(sizeof(AuditRecord), 'r');
  const std::string name = named.name;
  const auto commit = [&] { named.peer->commit(key.fetch_add(1), value); };
  const Slice one = run_slice(commit);
  samples.add(name + (name == "ref" ? ".commits_per_s" : ".one_producer_per_s"), one.per_second);
  samples.add(name + ".ack_p50_us", one.p50_ns / 1e3);
  if (named.many_threads) samples.add(name + ".eight_producers_per_s", run_together(commit).per_second);
}

double ticks_per_ns() {
  const uint64_t start_ns = monotonic_ns();
  const uint64_t start = __rdtsc();
  while (monotonic_ns() < start_ns + 20'000'000) {
  }
  return static_cast<double>(__rdtsc() - start) / static_cast<double>(monotonic_ns() - start_ns);
}

// Bursts of 20 appends as an engine makes them, each burst timed as a whole; between two bursts all becomes durable.
void measure_append(const std::string& folder, Samples& samples) {
  auto log = open_log(folder + "/append.log", Durability::kProcessDeath);
  AuditRecord record = intent();
  std::vector<double> bursts;
  for (int burst = 0; burst < 2'000; ++burst) {
    unsigned processor = 0;
    const uint64_t start = __rdtscp(&processor);
    for (int i = 0; i < kBurst; ++i) log->append(record);
    bursts.push_back(static_cast<double>(__rdtscp(&processor) - start));
    wait_for(*log, record.sequence);
  }
  samples.add("audit.append_p50_ns", percentile(bursts, 0.5) / kBurst / ticks_per_ns());
}

constexpr uint64_t kScanRecords = 1'000'000;

void write_long_log(const std::string& path) {
  auto log = open_log(path, Durability::kProcessDeath);
  AuditRecord record = intent();
  for (uint64_t i = 0; i < kScanRecords; ++i) log->append(record);
  wait_for(*log, kScanRecords);
}

// From the page cache: it was just written.
void measure_scan(const std::string& path, Samples& samples) {
  const uint64_t start = monotonic_ns();
  uint64_t records = 0;
  const auto readout =
      postmortem::scan_audit_log(path, [&](std::span<const AuditRecord> some) { records += some.size(); });
  const auto ns = static_cast<double>(monotonic_ns() - start);
  if (!readout || records != kScanRecords) std::exit(10);
  samples.add("audit.scan_records_per_s", kScanRecords / (ns / 1e9));
}

}  // namespace

int run(int argc, char** argv) {
  const char* const parent = std::getenv("CRASHWRIGHT_BENCH_FOLDER");
  const std::string folder = std::string(parent == nullptr ? "/tmp" : parent) + "/crashwright-audit-compare-bench-" +
                             std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  Samples samples;
  {
    auto log = open_log(folder + "/audit.log", Durability::kPowerLoss);
    std::vector<NamedPeer> peers = make_peers(folder, samples);
    std::atomic<uint64_t> key{1};
    const std::string long_log = folder + "/scan.log";
    write_long_log(long_log);
    std::vector<std::function<void()>> parts;
    const auto add = [&parts](const std::function<void()>& part) {
      parts.emplace_back([part] {
        part();
        std::this_thread::sleep_for(kPauseBetweenSlices);
      });
    };
    add([&] { measure_one_in_flight(*log, samples); });
    add([&] { measure_four_in_flight(*log, samples); });
    add([&] { measure_eight_producers(*log, samples); });
    add([&] { measure_append(folder, samples); });
    add([&] { measure_scan(long_log, samples); });
    for (NamedPeer& peer : peers) add([&] { measure_peer(peer, key, samples); });
    interleave(repetitions(argc, argv, 9), parts);
  }
  std::filesystem::remove_all(folder);
  samples.print();
  return 0;
}

}  // namespace crashwright::bench

int main(int argc, char** argv) { return crashwright::bench::run(argc, argv); }
