#include "harness/storage/callers.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/unique_fd.h"

namespace crashwright::harness {
namespace {

constexpr size_t kRememberedMax = 4096;  // numbers of threads are used again: never remember for ever

}  // namespace

pid_t CallerTable::process_of(pid_t tid) {
  if (tid == 0) return 0;
  if (const auto known = processes_.find(tid); known != processes_.end()) return known->second;
  if (processes_.size() >= kRememberedMax) processes_.clear();
  char text[1024] = {};
  const UniqueFd status(::open(("/proc/" + std::to_string(tid) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  if (!status || ::read(status.get(), text, sizeof text - 1) <= 0) return 0;
  const char* const line = std::strstr(text, "\nTgid:");
  const pid_t process = line == nullptr ? 0 : static_cast<pid_t>(std::atoi(line + std::strlen("\nTgid:")));
  processes_.emplace(tid, process);
  return process;
}

}  // namespace crashwright::harness
