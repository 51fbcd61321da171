// The smallest engine that a case can run: one log of fixed records, a fault point per step, recovery by counting.
// For the runner's own tests, so that they do not depend on the mock engine's behaviour.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace crashwright {
namespace {

constexpr char kRecord[] = "record!\n";
constexpr size_t kRecordBytes = sizeof kRecord - 1;
constexpr int kExitRefused = 3;
constexpr int kExitSealed = 4;

std::string option(int argc, char** argv, const char* name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return {};
}

bool has_flag(int argc, char** argv, const char* name) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return true;
  }
  return false;
}

// Whole records of the log; -1 when one of them is damaged.
long count_records(const std::string& path) {
  const std::string log = read_file(path).value_or("");
  const size_t records = log.size() / kRecordBytes;
  for (size_t i = 0; i < records; ++i) {
    if (log.compare(i * kRecordBytes, kRecordBytes, kRecord) != 0) return -1;
  }
  return static_cast<long>(records);
}

void step() { CRASHWRIGHT_FAULT_POINT("stub.step"); }

int trade(const std::string& log_path, long done, long messages) {
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  auto& engine = postmortem::control_block().engine;
  engine.resumed_ns.store(monotonic_ns());
  for (long i = done + 1; i <= messages; ++i) {
    step();
    if (::write(log, kRecord, kRecordBytes) != static_cast<ssize_t>(kRecordBytes)) return kExitSealed;
    engine.feed_applied.store(static_cast<uint64_t>(i));
  }
  return 0;
}

int run(int argc, char** argv) {
  const std::string folder = option(argc, argv, "--postmortem");
  const std::string log_path = option(argc, argv, "--data") + "/audit.log";
  if (folder.empty() || !postmortem::attach_control_block()) return 2;
  postmortem::register_thread("trading");
  const long done = count_records(log_path);
  if (done < 0) {
    std::fputs("stub engine: the log is damaged\n", stderr);
    return kExitRefused;
  }
  const std::string state = "{\"records\":" + std::to_string(done) + "}";
  if (has_flag(argc, argv, "--recover-only")) return write_file(folder + "/recovered_state.json", state) ? 0 : 2;
  const long messages = std::atol(option(argc, argv, "--feed-messages").c_str());
  if (const int trouble = trade(log_path, done, messages); trouble != 0) return trouble;
  const std::string end = "{\"records\":" + std::to_string(count_records(log_path)) + "}";
  if (!write_file(folder + "/final_state.json", end)) return 2;
  postmortem::control_block().engine.finished.store(1);
  return 0;
}

}  // namespace
}  // namespace crashwright

int main(int argc, char** argv) { return crashwright::run(argc, argv); }
