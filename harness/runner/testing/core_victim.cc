// A process for the tests of core capture and for their benchmark: as large, as threaded and as odd as it is told to
// be, then it dies or hangs.
//
//   core_victim RECORD segv|abort|hang [--threads N] [--memory-mb N] [--mappings N] [--uring]
//               [--file-limit BYTES] [--core-limit BYTES] [--address-space-left MB] [--no-descriptors]
//
// Prints "ready" and the time (CLOCK_MONOTONIC, ns) before its end. Its functions have plain names, the same in every
// tool.
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "base/clock.h"
#include "postmortem/crash_handler.h"

namespace {

struct Wishes {
  const char* record = nullptr;
  std::string end;
  size_t threads = 0;
  size_t memory_mb = 0;
  size_t mappings = 0;
  bool uring = false;
  rlim_t file_limit = RLIM_INFINITY;
  rlim_t core_limit = RLIM_INFINITY;
  size_t address_space_left_mb = 0;  // 0: no limit
  bool no_descriptors = false;
};

std::atomic<size_t> g_standing{0};
volatile int g_sink = 0;
io_uring g_ring;

void set_limit(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  if (wanted < limit.rlim_max) limit.rlim_cur = wanted;
  ::setrlimit(resource, &limit);
}

size_t address_space_bytes() {
  size_t pages = 0;
  std::FILE* const statm = std::fopen("/proc/self/statm", "r");
  if (statm == nullptr || std::fscanf(statm, "%zu", &pages) != 1) std::abort();
  std::fclose(statm);
  return pages * 4096;
}

// Pages that differ from each other and are not zero, as those of an engine in use are.
void fill_memory(size_t megabytes) {
  const size_t bytes = megabytes << 20;
  auto* const words =
      static_cast<uint64_t*>(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (words == MAP_FAILED) std::abort();
  for (size_t i = 0; i < bytes / sizeof *words; ++i) words[i] = i * 0x9e3779b97f4a7c15U + 1;
}

// Neighbours with another protection are never merged. The first word of each tells its number.
void make_mappings(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) std::abort();
    *static_cast<uint64_t*>(page) = i;
    if (i % 2 == 1) ::mprotect(page, 4096, PROT_READ);
  }
}

// A ring with a read that never completes, and with a registered buffer and file.
void use_io_uring() {
  static char buffer[65536];
  int ends[2];
  if (::pipe(ends) != 0 || ::io_uring_queue_init(64, &g_ring, 0) != 0) std::abort();
  const iovec registered{buffer, sizeof buffer};
  static_cast<void>(::io_uring_register_buffers(&g_ring, &registered, 1));
  static_cast<void>(::io_uring_register_files(&g_ring, ends, 1));
  io_uring_sqe* const read = ::io_uring_get_sqe(&g_ring);
  ::io_uring_prep_read(read, ends[0], buffer, sizeof buffer, 0);
  if (::io_uring_submit(&g_ring) != 1) std::abort();
}

void take_all_descriptors() {
  set_limit(RLIMIT_NOFILE, 512);
  while (::dup(0) >= 0) {
  }
}

}  // namespace

extern "C" {

[[gnu::noinline]] void victim_waits(size_t number) {
  g_standing.fetch_add(1);
  for (;;) ::pause();
  g_sink = static_cast<int>(number);
}

[[gnu::noinline]] void victim_calls(size_t number) {
  victim_waits(number);
  g_sink = g_sink + 1;  // no tail call
}

[[gnu::noinline]] void victim_thread(size_t number) {
  victim_calls(number);
  g_sink = g_sink + 1;
}

[[gnu::noinline]] void victim_faults(const std::string* end) {
  volatile int* volatile nowhere = reinterpret_cast<int*>(0x10);
  if (*end == "segv") *nowhere = 1;
  if (*end == "abort") std::abort();
  for (;;) ::pause();
  g_sink = 1;
}

[[gnu::noinline]] void victim_dies(const std::string* end) {
  victim_faults(end);
  g_sink = g_sink + 1;
}

}  // extern "C"

namespace {

Wishes parse(int argc, char** argv) {
  Wishes wishes;
  wishes.record = argv[1];
  wishes.end = argv[2];
  for (int i = 3; i < argc; ++i) {
    const std::string option = argv[i];
    const bool flag = option == "--uring" || option == "--no-descriptors";
    const size_t number = flag || i + 1 == argc ? 0 : std::strtoull(argv[++i], nullptr, 10);
    if (option == "--threads") wishes.threads = number;
    if (option == "--memory-mb") wishes.memory_mb = number;
    if (option == "--mappings") wishes.mappings = number;
    if (option == "--uring") wishes.uring = true;
    if (option == "--file-limit") wishes.file_limit = number;
    if (option == "--core-limit") wishes.core_limit = number;
    if (option == "--address-space-left") wishes.address_space_left_mb = number;
    if (option == "--no-descriptors") wishes.no_descriptors = true;
  }
  return wishes;
}

void become(const Wishes& wishes) {
  if (wishes.memory_mb > 0) fill_memory(wishes.memory_mb);
  make_mappings(wishes.mappings);
  if (wishes.uring) use_io_uring();
  for (size_t i = 0; i < wishes.threads; ++i) std::thread(victim_thread, i).detach();
  while (g_standing.load() < wishes.threads) std::this_thread::yield();
  set_limit(RLIMIT_CORE, wishes.core_limit);
  if (wishes.address_space_left_mb > 0) {
    set_limit(RLIMIT_AS, address_space_bytes() + (wishes.address_space_left_mb << 20));
  }
  if (wishes.no_descriptors) take_all_descriptors();
  std::printf("ready %llu\n", static_cast<unsigned long long>(crashwright::monotonic_ns()));
  std::fflush(stdout);
  set_limit(RLIMIT_FSIZE, wishes.file_limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const Wishes wishes = parse(argc, argv);
  crashwright::postmortem::CrashHandlerOptions handler;
  handler.record_path = wishes.record;
  if (const auto installed = crashwright::postmortem::install_crash_handler(handler); !installed) {
    std::fprintf(stderr, "core_victim: %s\n", installed.error().message.c_str());
    return 3;
  }
  become(wishes);
  victim_dies(&wishes.end);
  return 0;
}
