#include "postmortem/control_block.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "postmortem/fault_point.h"

namespace crashwright::postmortem {
namespace {

ControlBlock g_private_block{};
ControlBlock* g_block = &g_private_block;
std::atomic<uint32_t> g_threads_claimed{0};
thread_local ThreadWitness* t_witness = nullptr;
ThreadWitness g_overflow_witness{};

// kFaultPointsMax when every counter is taken by another name.
uint32_t claim_counter(ControlBlock& block, const char* name) {
  const uint32_t count = block.fault_point_count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    if (block.fault_points[i].name == name) return i;
  }
  if (count == kFaultPointsMax) return count;
  block.fault_points[count].name.assign(name);
  block.fault_point_count.store(count + 1, std::memory_order_release);
  return count;
}

}  // namespace

namespace detail {

constinit thread_local std::atomic<uint64_t>* t_log_committed = nullptr;

// Threads beyond the last slot share a witness, and so a name that is none of theirs.
const BoundedString<16>* registered_thread_name() noexcept {
  return t_witness == nullptr || t_witness == &g_overflow_witness ? nullptr : &t_witness->name;
}

}  // namespace detail

void initialise_control_block(ControlBlock& block) noexcept {
  block.magic = kControlBlockMagic;
  block.version = kControlBlockVersion;
  block.size_bytes = sizeof(ControlBlock);
}

void begin_incarnation(ControlBlock& block, uint32_t incarnation) noexcept {
  block.incarnation = incarnation;
  // Everything from engine_pid to the end is the previous incarnation's witness.
  auto* const begin = reinterpret_cast<std::byte*>(&block.engine_pid);
  auto* const end = reinterpret_cast<std::byte*>(&block) + sizeof(ControlBlock);
  std::memset(begin, 0, static_cast<size_t>(end - begin));
}

Status check_control_block(const ControlBlock& block) {
  if (block.magic != kControlBlockMagic) return fail(ErrorKind::kCorrupt, "control block: wrong magic");
  if (block.version != kControlBlockVersion || block.size_bytes != sizeof(ControlBlock)) {
    return fail(ErrorKind::kCorrupt,
                "control block: version " + std::to_string(block.version) + " of " + std::to_string(block.size_bytes) +
                    " bytes, this program speaks version " + std::to_string(kControlBlockVersion) + " of " +
                    std::to_string(sizeof(ControlBlock)),
                "build engine and harness from the same release");
  }
  return {};
}

Status attach_control_block() {
  const char* const variable = std::getenv(kControlFdVariable);
  if (variable == nullptr) return {};
  const int fd = std::atoi(variable);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, std::string(kControlFdVariable) + "=" + variable);
  if (info.st_size < static_cast<off_t>(sizeof(ControlBlock))) {
    return fail(ErrorKind::kCorrupt, "control block: the descriptor holds too few bytes");
  }
  void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) return fail_errno(errno, "map the control block");
  auto& block = *static_cast<ControlBlock*>(mapping);
  if (auto good = check_control_block(block); !good) return good;
  for (FaultPoint& point : fault_points()) {
    point.counter = claim_counter(block, point.name);
    if (point.counter < kFaultPointsMax) continue;
    return fail(ErrorKind::kUsage, "control block: no counter left for fault point " + std::string(point.name),
                "a program has at most " + std::to_string(kFaultPointsMax) + " fault points");
  }
  detail::resolve_armed_faults(block);
  block.engine_pid.store(static_cast<uint32_t>(::getpid()), std::memory_order_relaxed);
  block.attached_ns.store(monotonic_ns(), std::memory_order_relaxed);
  g_block = &block;
  detail::g_fault_points_live = 1;
  return {};
}

ControlBlock& control_block() noexcept { return *g_block; }

bool control_block_attached() noexcept { return g_block != &g_private_block; }

ThreadWitness& register_thread(const char* name) noexcept {
  if (t_witness != nullptr) return *t_witness;
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  const uint32_t slot = g_threads_claimed.fetch_add(1, std::memory_order_relaxed);
  ThreadWitness& witness = slot < kThreadsMax ? g_block->threads[slot] : g_overflow_witness;
  witness.name.assign(name);
  witness.tid.store(static_cast<uint32_t>(::gettid()), std::memory_order_release);
  witness.registered_ns.store(monotonic_ns(), std::memory_order_release);
  t_witness = &witness;
  detail::t_log_committed = &witness.log_committed;
  return witness;
}

void thread_leaves() noexcept {
  if (t_witness != nullptr) t_witness->ended.store(1, std::memory_order_release);
}

}  // namespace crashwright::postmortem
