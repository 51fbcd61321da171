#include "harness/storage/caller_stacks.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/file.h"
#include "harness/storage/record_layout.h"

namespace crashwright::harness {
namespace {

constexpr size_t kProcessesMax = 1024;
constexpr size_t kPlacesMax = 4096;
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kSeed = 0x9e3779b97f4a7c15U;

uint64_t mixed(uint64_t hash, uint64_t word) {
  hash ^= word + kSeed + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdU;
}

// "1 0x3 0x7f.. .. 0x7ffd.. 0x7f..": the last two words are stack pointer and program counter.
bool parse_syscall(const char* text, uint64_t& stack_pointer, uint64_t& pc) {
  unsigned long long words[2];
  const char* last = nullptr;
  const char* before = nullptr;
  for (const char* at = text; *at != '\0'; ++at) {
    if (*at != ' ') continue;
    before = last;
    last = at;
  }
  if (before == nullptr || std::sscanf(before, " 0x%llx 0x%llx", &words[0], &words[1]) != 2) return false;
  stack_pointer = words[0];
  pc = words[1];
  return true;
}

bool where_it_stands(pid_t tid, uint64_t& stack_pointer, uint64_t& pc) {
  char text[256] = {};
  const UniqueFd file(::open(("/proc/" + std::to_string(tid) + "/syscall").c_str(), O_RDONLY | O_CLOEXEC));
  return file && ::read(file.get(), text, sizeof text - 1) > 0 && parse_syscall(text, stack_pointer, pc);
}

// io_uring hands what would block to a worker, whose name says for which thread: "iou-wrk-1234".
pid_t submitter_of(pid_t tid) {
  constexpr std::string_view kWorker = "iou-wrk-";
  const std::string name = read_file("/proc/" + std::to_string(tid) + "/comm").value_or("");
  return name.starts_with(kWorker) ? static_cast<pid_t>(std::atoi(name.c_str() + kWorker.size())) : 0;
}

}  // namespace

Result<CallerStacks> CallerStacks::create(const std::string& record_folder) {
  const std::string path = record_places_path(record_folder);
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!file) return fail_errno(errno, "create " + path);
  return CallerStacks(std::move(file));
}

uint16_t CallerStacks::place(pid_t pid, pid_t tid) {
  uint64_t stack_pointer = 0;
  uint64_t pc = 0;
  if (pid == 0) return 0;
  if (!where_it_stands(tid, stack_pointer, pc) || pc == 0) {
    // The thread that submitted it may have gone on, but mostly it waits.
    const pid_t submitter = submitter_of(tid);
    if (submitter == 0 || !where_it_stands(submitter, stack_pointer, pc) || pc == 0) return 0;
  }
  const size_t bytes = read_stack(pid, stack_pointer);
  const Process& process = process_of(pid, pc);
  const uint64_t key = key_of(process, pc, bytes);
  if (const auto known = places_.find(key); known != places_.end()) return known->second;
  if (places_.size() >= kPlacesMax) return 0;
  const auto number = static_cast<uint16_t>(places_.size() + 1);
  if (!write_down(number, process, pc, stack_pointer, bytes)) return 0;
  places_[key] = number;
  return number;
}

// Read again when the counter is in none of its code: the process became another program, or loaded a library.
const CallerStacks::Process& CallerStacks::process_of(pid_t pid, uint64_t pc) {
  if (processes_.size() >= kProcessesMax) processes_.clear();
  Process& process = processes_[pid];
  const auto holds = [pc](const Range& range) { return pc >= range.begin && pc < range.end; };
  if (std::any_of(process.code.begin(), process.code.end(), holds)) return process;
  process = {};
  std::istringstream lines(read_file("/proc/" + std::to_string(pid) + "/maps").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char permissions[5] = {};
    if (std::sscanf(line.c_str(), "%llx-%llx %4s", &begin, &end, permissions) != 3) continue;
    if (permissions[2] == 'x') process.code.push_back({begin, end});
    if (line.find(" /") != std::string::npos) process.mappings += line + "\n";
  }
  return process;
}

size_t CallerStacks::read_stack(pid_t pid, uint64_t from) {
  // One element a page: the kernel does not promise to copy a part of one.
  iovec there[kStackBytes / kPageBytes + 1];
  size_t pages = 0;
  for (size_t wanted = 0; wanted < kStackBytes; ++pages) {
    const size_t in_page = std::min<size_t>(kPageBytes - (from + wanted) % kPageBytes, kStackBytes - wanted);
    there[pages] = {reinterpret_cast<void*>(from + wanted), in_page};
    wanted += in_page;
  }
  const iovec here{stack_.data(), kStackBytes};
  const ssize_t got = ::process_vm_readv(pid, &here, 1, there, pages, 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

// Same counter and same words that point to code: the same place, as far as the stack was copied.
uint64_t CallerStacks::key_of(const Process& process, uint64_t pc, size_t stack_bytes) const {
  uint64_t hash = mixed(kSeed, pc);
  for (size_t i = 0; i < stack_bytes / sizeof(uint64_t); ++i) {
    const uint64_t word = stack_[i];
    const auto holds = [word](const Range& range) { return word >= range.begin && word < range.end; };
    if (std::any_of(process.code.begin(), process.code.end(), holds)) hash = mixed(hash, word);
  }
  return hash;
}

bool CallerStacks::write_down(uint16_t number, const Process& process, uint64_t pc, uint64_t stack_pointer,
                              size_t stack_bytes) {
  PlaceHeader header{};
  header.number = number;
  header.stack_bytes = static_cast<uint32_t>(stack_bytes);
  header.mappings_bytes = static_cast<uint32_t>(process.mappings.size());
  header.pc = pc;
  header.stack_pointer = stack_pointer;
  std::string entry(reinterpret_cast<const char*>(&header), sizeof header);
  entry.append(reinterpret_cast<const char*>(stack_.data()), stack_bytes);
  entry += process.mappings;
  return ::write(file_.get(), entry.data(), entry.size()) == static_cast<ssize_t>(entry.size());
}

}  // namespace crashwright::harness
