// What the power-loss file system costs: SQLite commits (WAL, FULL) a second inside it beside the bare folder on the
// same disk, and the memory of its process while 1 GiB is written. Reports to `crashwright bench` (README.md).
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bench/samples.h"
#include "harness/storage/storage_mount.h"

namespace {

using crashwright::bench::Samples;
using crashwright::harness::StorageMount;
using crashwright::harness::StorageOptions;

constexpr std::chrono::milliseconds kRound{700};
constexpr size_t kWriteBytes = 64 * 1024;
constexpr size_t kWrittenBytes = size_t{1} << 30;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "storage_bench: %s\n", why.c_str());
  std::exit(1);
}

// A folder on a disk, not in memory: without one a bare commit costs nothing and nothing can be compared.
struct Workplace {
  Workplace() {
    char path[] = "/var/tmp/crashwright-bench-XXXXXX";
    if (::mkdtemp(path) == nullptr) give_up("cannot make a folder in /var/tmp");
    root = path;
    for (const char* name : {"backing", "mount", "bare"}) ::mkdir((root + "/" + name).c_str(), 0755);
  }
  ~Workplace() { std::filesystem::remove_all(root); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::string root;
};

void run_sql(sqlite3* database, const char* sql) {
  char* trouble = nullptr;
  if (sqlite3_exec(database, sql, nullptr, nullptr, &trouble) != SQLITE_OK) give_up(std::string(sql) + ": " + trouble);
}

double commits_per_s(const std::string& path) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) give_up("cannot open " + path);
  run_sql(database, "PRAGMA journal_mode=WAL");
  run_sql(database, "PRAGMA synchronous=FULL");
  run_sql(database, "CREATE TABLE IF NOT EXISTS entries(id INTEGER PRIMARY KEY, content TEXT)");
  const auto begun = std::chrono::steady_clock::now();
  std::chrono::duration<double> passed{};
  unsigned commits = 0;
  do {
    run_sql(database, "INSERT INTO entries(content) VALUES('an order, a fill and a position, all of it in here')");
    ++commits;
    passed = std::chrono::steady_clock::now() - begun;
  } while (passed < kRound);
  sqlite3_close(database);
  return commits / passed.count();
}

// The most that process `pid` ever had resident, mapped files included.
double peak_mib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  give_up("no VmHWM in /proc");
}

void write_a_gibibyte(const std::string& path) {
  const crashwright::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const std::vector<char> block(kWriteBytes, 'x');
  for (size_t at = 0; at < kWrittenBytes; at += block.size()) {
    if (::pwrite(fd.get(), block.data(), block.size(), static_cast<off_t>(at)) < 0) give_up("cannot write " + path);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Samples samples;
  const Workplace workplace;
  StorageOptions options;
  options.backing = workplace.root + "/backing";
  options.mount_point = workplace.root + "/mount";
  auto mount = StorageMount::start(options);
  if (!mount) {
    for (const char* name : {"inside.sqlite_commits_per_s", "memory_1gib_mib"}) {
      samples.absent(name, mount.error().message);
    }
    samples.print();
    return 0;
  }
  crashwright::bench::interleave(
      crashwright::bench::repetitions(argc, argv, 5),
      {[&] { samples.add("bare.sqlite_commits_per_s", commits_per_s(workplace.root + "/bare/data.db")); },
       [&] { samples.add("inside.sqlite_commits_per_s", commits_per_s(options.mount_point + "/data.db")); }});
  write_a_gibibyte(options.mount_point + "/large");
  samples.add("memory_1gib_mib", peak_mib((*mount)->daemon_pid()));
  if (auto stopped = (*mount)->stop(); !stopped) give_up(stopped.error().message);
  samples.print();
}
