#include "harness/runner/function_breakpoint.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "harness/scenario/suggest.h"
#include "rca/elf_function.h"

namespace crashwright::harness {
namespace {

constexpr uint8_t kInt3 = 0xcc;

// The address at which the program of `pid` begins to run, as the kernel told it.
std::optional<uint64_t> entry_of(int32_t pid) {
  const auto bytes = read_file(fmt::format("/proc/{}/auxv", pid));
  if (!bytes) return std::nullopt;
  for (size_t at = 0; at + sizeof(Elf64_auxv_t) <= bytes->size(); at += sizeof(Elf64_auxv_t)) {
    Elf64_auxv_t entry;
    std::memcpy(&entry, bytes->data() + at, sizeof entry);
    if (entry.a_type == AT_ENTRY) return entry.a_un.a_val;
  }
  return std::nullopt;
}

std::string name_of_thread(int32_t tid) {
  auto name = read_file(fmt::format("/proc/{}/comm", tid));
  if (!name) return {};
  if (!name->empty() && name->back() == '\n') name->pop_back();
  return *name;
}

// The path by which people know it, while it leads there.
std::string program_of(int32_t pid) {
  const std::string link = fmt::format("/proc/{}/exe", pid);
  std::error_code trouble;
  const auto path = std::filesystem::read_symlink(link, trouble);
  return !trouble && std::filesystem::exists(path, trouble) ? path.string() : link;
}

// The nearest name of a function of the program; first one that only lacks the scope that was left out.
std::string nearest_function(const std::string& program, const std::string& typed) {
  const std::vector<std::string> names = rca::elf_function_names(program);
  for (const std::string& name : names) {
    if (name.ends_with("::" + typed)) return name;
  }
  return nearest_word(typed, names);
}

tl::unexpected<Error> not_found(const std::string& program, const std::string& function, const Error& error) {
  const std::string nearest = nearest_function(program, function);
  const std::string hint = nearest.empty() ? error.remedy : fmt::format("did you mean \"{}\"?", nearest);
  return fail(error.kind, hint.empty() ? error.message : error.message + ": " + hint);
}

}  // namespace

Status FunctionBreakpoint::arm(int32_t pid) {
  armed_ = false;
  address_ = 0;
  const std::string program = program_of(pid);
  const auto found = rca::find_elf_function(program, function_);
  if (!found) return not_found(program, function_, found.error());
  const auto entry = entry_of(pid);
  if (!entry)
    return fail(ErrorKind::kEnvironment, fmt::format("/proc/{}/auxv does not tell where the program is", pid));
  address_ = found->address + (*entry - found->entry);
  if (!put(pid, kInt3, &original_)) return fail_errno(errno, "put a breakpoint at " + function_);
  armed_ = true;
  return {};
}

void FunctionBreakpoint::disarm(int32_t tid) {
  if (armed_) static_cast<void>(put(tid, original_, nullptr));
  armed_ = false;
}

void FunctionBreakpoint::clean(int32_t pid) const {
  if (armed_) static_cast<void>(put(pid, original_, nullptr));
}

bool FunctionBreakpoint::put(int32_t tid, uint8_t byte, uint8_t* previous) const {
  errno = 0;
  const long word = ::ptrace(PTRACE_PEEKTEXT, tid, reinterpret_cast<void*>(address_), nullptr);
  if (errno != 0) return false;
  if (previous != nullptr) *previous = static_cast<uint8_t>(word & 0xff);
  const long changed = (word & ~0xffL) | byte;
  return ::ptrace(PTRACE_POKETEXT, tid, reinterpret_cast<void*>(address_), reinterpret_cast<void*>(changed)) == 0;
}

bool FunctionBreakpoint::is_hit(int32_t tid) const {
  if (address_ == 0) return false;
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0 || registers.rip != address_ + 1) return false;
  registers.rip = address_;
  return ::ptrace(PTRACE_SETREGS, tid, nullptr, &registers) == 0;
}

bool FunctionBreakpoint::count(int32_t tid) {
  const bool again = unfinished_ == tid;
  unfinished_ = 0;
  if (again || (!thread_.empty() && name_of_thread(tid) != thread_)) return false;
  return ++calls_ == call_;
}

bool FunctionBreakpoint::step(int32_t tid) {
  static_cast<void>(put(tid, original_, nullptr));
  const bool went = ::ptrace(PTRACE_SINGLESTEP, tid, nullptr, nullptr) == 0;
  siginfo_t info{};
  const int events = WSTOPPED | WEXITED | __WALL;
  bool stepped = false;
  if (went && ::waitid(P_PID, static_cast<id_t>(tid), &info, events | WNOWAIT) == 0) {
    stepped = info.si_code == CLD_TRAPPED && info.si_status == SIGTRAP;
    if (stepped) ::waitid(P_PID, static_cast<id_t>(tid), &info, events);
  }
  static_cast<void>(put(tid, kInt3, nullptr));
  unfinished_ = stepped ? 0 : tid;
  return stepped;
}

bool FunctionBreakpoint::jump_to_null(int32_t tid) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0) return false;
  registers.rip = 0;
  return ::ptrace(PTRACE_SETREGS, tid, nullptr, &registers) == 0;
}

}  // namespace crashwright::harness
