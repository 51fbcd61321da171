// What a log call of the flight recorder costs, against the floor: a time stamp and one 64-byte store into mapped
// memory.
//
// Method: bursts of 20 calls with other work between them, as an engine logs; each burst is timed by itself with the
// time stamp counter. Reported per call: p50_ns and p99_9_ns over the bursts, without the cost of an empty burst.
// Run it pinned to one core (taskset -c 1). CRASHWRIGHT_BENCH_DIR names the folder of the mapped file, /dev/shm unless
// set: on a disk file system, write-back of the dirty pages shows in p99_9_ns.
#include <benchmark/benchmark.h>
#include <emmintrin.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "postmortem/flight_recorder.h"

namespace {

using namespace crashwright;

constexpr int kBurst = 20;
constexpr size_t kRingBytes = 1 << 20;

std::string bench_path(const char* name) {
  const char* const folder = std::getenv("CRASHWRIGHT_BENCH_DIR");
  return std::string(folder == nullptr ? "/dev/shm" : folder) + "/crashwright-bench-" + std::to_string(::getpid()) +
         "-" + name;
}

double ticks_per_ns() {
  static const double rate = [] {
    const uint64_t start_ns = monotonic_ns();
    const uint64_t start = __rdtsc();
    while (monotonic_ns() < start_ns + 50'000'000) {
    }
    return static_cast<double>(__rdtsc() - start) / static_cast<double>(monotonic_ns() - start_ns);
  }();
  return rate;
}

// Something to do between bursts, so that store buffers drain as they do in an engine.
void other_work() {
  static std::vector<uint64_t> memory(4096, 1);
  uint64_t sum = 0;
  for (size_t i = 0; i < 256; ++i) sum += memory[i * 16];
  benchmark::DoNotOptimize(sum);
}

template <typename Call>
void measure(benchmark::State& state, Call call) {
  std::vector<double> bursts;
  bursts.reserve(1 << 20);
  int64_t i = 0;
  for (auto _ : state) {
    other_work();
    unsigned processor = 0;
    const uint64_t start = __rdtscp(&processor);
    for (int n = 0; n < kBurst; ++n) call(++i);
    const uint64_t end = __rdtscp(&processor);
    if (bursts.size() < bursts.capacity()) bursts.push_back(static_cast<double>(end - start));
  }
  if (bursts.empty()) return;
  std::sort(bursts.begin(), bursts.end());
  const double scale = ticks_per_ns() * kBurst;
  state.counters["p50_ns"] = bursts[bursts.size() / 2] / scale;
  state.counters["p99_9_ns"] = bursts[bursts.size() * 999 / 1000] / scale;
  state.SetItemsProcessed(state.iterations() * kBurst);
}

void time_stamp_alone(benchmark::State& state) {
  measure(state, [](int64_t) { benchmark::DoNotOptimize(__rdtsc()); });
}

// The floor: nothing that keeps a record can cost less.
void time_stamp_and_one_line(benchmark::State& state) {
  const std::string path = bench_path("floor");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::posix_fallocate(fd, 0, kRingBytes) != 0) return state.SkipWithError("cannot make the file");
  void* const mapped = ::mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return state.SkipWithError("cannot map the file");
  ::madvise(mapped, kRingBytes, MADV_POPULATE_WRITE);
  auto* const lines = static_cast<long long*>(mapped);
  measure(state, [lines](int64_t i) {
    long long* const line = lines + (static_cast<size_t>(i) * 8) % (kRingBytes / 8);
    const auto now = static_cast<long long>(__rdtsc());
    for (int word = 0; word < 7; ++word) _mm_stream_si64(line + word, i + word);
    _mm_stream_si64(line + 7, now);
  });
  ::munmap(mapped, kRingBytes);
  ::close(fd);
  ::unlink(path.c_str());
}

template <typename Call>
void measure_recorder(benchmark::State& state, Call call) {
  const std::string path = bench_path("recorder");
  postmortem::FlightRecorderOptions options;
  options.path = path;
  options.ring_bytes_per_thread = kRingBytes;
  options.threads_max = 4;
  if (!postmortem::open_flight_recorder(options)) return state.SkipWithError("cannot open the recorder");
  call(0);
  measure(state, call);
  postmortem::close_flight_recorder();
  ::unlink(path.c_str());
}

void record_without_arguments(benchmark::State& state) {
  measure_recorder(state, [](int64_t) { CRASHWRIGHT_LOG_INFO("nothing to say"); });
}

void record_numbers(benchmark::State& state) {
  measure_recorder(state, [](int64_t i) {
    CRASHWRIGHT_LOG_INFO("order {} quantity {} value {}", i, static_cast<int>(i), static_cast<double>(i));
  });
}

// One time stamp for each burst, as an engine has one for each event.
void record_numbers_caller_stamp(benchmark::State& state) {
  measure_recorder(state, [](int64_t i) {
    static postmortem::FlightStamp stamp = postmortem::FlightStamp::now();
    if (i % kBurst == 1) stamp = postmortem::FlightStamp::now();
    CRASHWRIGHT_LOG_AT(stamp, postmortem::Severity::kInfo, "order {} quantity {} value {}", i, static_cast<int>(i),
                       static_cast<double>(i));
  });
}

void record_in_signal_ring(benchmark::State& state) {
  measure_recorder(state, [](int64_t i) {
    CRASHWRIGHT_LOG_IN_SIGNAL(postmortem::Severity::kInfo, "order {} quantity {}", i, static_cast<int>(i));
  });
}

void record_string_of_20(benchmark::State& state) {
  const std::string text = "twenty characters ok";
  measure_recorder(state, [text = std::string_view(text)](int64_t) {
    std::string_view view = text;
    benchmark::DoNotOptimize(view);
    CRASHWRIGHT_LOG_INFO("text {}", view);
  });
}

void record_string_of_100(benchmark::State& state) {
  const std::string text(100, 'x');
  measure_recorder(state, [text = std::string_view(text)](int64_t) {
    std::string_view view = text;
    benchmark::DoNotOptimize(view);
    CRASHWRIGHT_LOG_INFO("text {}", view);
  });
}

void record_while_closed(benchmark::State& state) {
  measure(state, [](int64_t i) { CRASHWRIGHT_LOG_INFO("order {}", i); });
}

BENCHMARK(time_stamp_alone);
BENCHMARK(time_stamp_and_one_line);
BENCHMARK(record_without_arguments);
BENCHMARK(record_numbers);
BENCHMARK(record_numbers_caller_stamp);
BENCHMARK(record_in_signal_ring);
BENCHMARK(record_string_of_20);
BENCHMARK(record_string_of_100);
BENCHMARK(record_while_closed);

}  // namespace

BENCHMARK_MAIN();
