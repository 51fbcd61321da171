#include "rca/wait_for_graph.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <map>

namespace crashwright::rca {
namespace {

// Codes by which the kernel marks a call that a signal interrupted (linux/errno.h, not exported to programs).
constexpr int64_t kRestartFirst = 512;
constexpr int64_t kRestartLast = 516;

// struct __pthread_rwlock_arch_t of glibc on x86-64.
constexpr uint64_t kRwlockPhase = 8;
constexpr uint64_t kRwlockWriters = 12;
constexpr uint64_t kRwlockWriter = 24;  // tid of the writer that holds it

bool is_syscall_instruction(const CoreFile& core, uint64_t address) {
  std::array<uint8_t, 2> bytes{};
  return core.read(address, bytes.data(), bytes.size()) == bytes.size() && bytes[0] == 0x0f && bytes[1] == 0x05;
}

bool is_interrupted(int64_t result) {
  return result == -EINTR || (-result >= kRestartFirst && -result <= kRestartLast);
}

// The system call a thread was in: -1 for none, -2 for one whose number is lost.
//
// A thread that was still inside when the process died has its number in orig_rax. A signal handler that returned hides
// it: then the thread stands at the instruction about to be restarted, or behind it with EINTR.
int64_t system_call(const CoreFile& core, const CoreThread& thread) {
  const auto original = static_cast<int64_t>(thread.registers.orig_rax);
  const auto result = static_cast<int64_t>(thread.registers.rax);
  if (original >= 0) return original;
  if (is_syscall_instruction(core, thread.registers.rip)) return result;
  if (is_syscall_instruction(core, thread.registers.rip - 2) && is_interrupted(result)) return -2;
  return -1;
}

bool waits_on_futex(const CoreFile& core, const CoreThread& thread) {
  const int64_t call = system_call(core, thread);
  if (call != SYS_futex && call != -2) return false;
  switch (static_cast<int>(thread.registers.rsi) & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return true;
    default:
      return false;
  }
}

std::optional<int32_t> read_int(const CoreFile& core, uint64_t address) {
  int32_t number = 0;
  return core.read(address, &number, sizeof number) == sizeof number ? std::optional(number) : std::nullopt;
}

bool is_thread(const CoreFile& core, int32_t tid) {
  return tid != 0 && std::ranges::find(core.threads(), tid, &CoreThread::tid) != core.threads().end();
}

}  // namespace

bool is_blocked(const CoreFile& core, const CoreThread& thread) {
  const int64_t call = system_call(core, thread);
  return call != -1 && call != SYS_sched_yield;
}

std::optional<WaitEdge> wait_of(const CoreFile& core, const CoreThread& thread) {
  if (!waits_on_futex(core, thread)) return std::nullopt;
  const uint64_t word_at = thread.registers.rdi;
  struct Mutex {
    int32_t lock;
    uint32_t count;
    int32_t owner;
    uint32_t users;
  } mutex{};
  const size_t got = core.read(word_at, &mutex, sizeof mutex);
  if (got == sizeof mutex && mutex.lock != 0 && mutex.users > 0 && is_thread(core, mutex.owner)) {
    return WaitEdge{thread.tid, mutex.owner, word_at, false};
  }
  if (got >= sizeof mutex.lock && mutex.lock != thread.tid && is_thread(core, mutex.lock)) {
    return WaitEdge{thread.tid, mutex.lock, word_at, true};
  }
  // A reader sleeps on the word of the write phase, a writer on that or the next one; both lie at fixed places of the
  // lock. What readers hold names no owner.
  for (const uint64_t word_offset : {kRwlockPhase, kRwlockWriters}) {
    const auto writer = read_int(core, word_at - word_offset + kRwlockWriter);
    if (writer && *writer != thread.tid && is_thread(core, *writer)) {
      return WaitEdge{thread.tid, *writer, word_at - word_offset, false};
    }
  }
  return std::nullopt;
}

std::vector<WaitEdge> find_wait_cycle(const CoreFile& core) {
  // Each thread waits for at most one other: following the edges from each start finds every circle.
  std::map<int32_t, WaitEdge> edges;
  for (const CoreThread& thread : core.threads()) {
    if (const auto edge = wait_of(core, thread); edge) edges[thread.tid] = *edge;
  }
  for (const auto& [start, first] : edges) {
    std::vector<WaitEdge> path;
    for (int32_t at = start; edges.contains(at) && path.size() <= edges.size(); at = edges[at].owner) {
      path.push_back(edges[at]);
      if (edges[at].owner == start) return path;
    }
  }
  return {};
}

}  // namespace crashwright::rca
