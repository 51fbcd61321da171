// The process that dies for crash_handler_bench.
//
//   crash_handler_victim HANDLER DEATH FOLDER FD
//
// HANDLER: a name of crash_handler_peers.h or a plug-in's path. DEATH: one of postmortem/testing/deaths.h, or for our
// own handler alone "second_fault:STAGE" and "hang:STAGE". FOLDER holds the page and takes what the handler writes to
// files, FD what it writes to a descriptor. Exit 91: the handler could not be installed.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "bench/crash_handler_page.h"
#include "bench/crash_handler_peers.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"
#include "postmortem/testing/deaths.h"

namespace crashwright::postmortem {

// Replaced by the interposed variant, which counts library calls from here on.
[[gnu::weak]] void about_to_crash() {}

}  // namespace crashwright::postmortem

namespace crashwright::bench {
namespace {

using postmortem::testing::Death;

constexpr int kNotInstalled = 91;

VictimPage* g_page = nullptr;

void note_fault() {
  postmortem::about_to_crash();
  static thread_local const auto tid = static_cast<uint32_t>(::syscall(SYS_gettid));
  g_page->dying_tid.store(tid, std::memory_order_relaxed);
  g_page->fault_ns.store(monotonic_ns(), std::memory_order_relaxed);
}

bool map_page(const std::string& folder) {
  const int fd = ::open((folder + "/page").c_str(), O_RDWR | O_CLOEXEC);
  void* const mapping =
      fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(VictimPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) ::close(fd);
  if (mapping == MAP_FAILED) return false;
  g_page = static_cast<VictimPage*>(mapping);
  return true;
}

// The handler's own stages are made to fail through its fault points, which live once a control block is attached.
bool arm_stage(postmortem::FaultAction action, uint64_t stage) {
  using namespace postmortem;
  const int fd = ::memfd_create("control", 0);
  if (fd < 0 || ::ftruncate(fd, sizeof(ControlBlock)) != 0) return false;
  void* const mapping = ::mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) return false;
  auto& block = *static_cast<ControlBlock*>(mapping);
  initialise_control_block(block);
  block.fault_count = 1;
  ArmedFault& fault = block.faults[0];
  fault.point.assign("handler.stage");
  fault.action = action;
  fault.incarnation = kAnyIncarnation;
  fault.hit = stage;
  fault.state.store(FaultState::kArmed);
  ::setenv(kControlFdVariable, std::to_string(fd).c_str(), 1);
  return attach_control_block().has_value();
}

// "second_fault:3" and "hang:3": a plain death, in which the stage fails.
const Death* prepare_death(std::string_view name) {
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return postmortem::testing::find_death(name);
  const bool hang = name.substr(0, colon) == "hang";
  const auto action = hang ? postmortem::FaultAction::kStalledThread : postmortem::FaultAction::kNullDereference;
  if (!arm_stage(action, std::strtoull(name.data() + colon + 1, nullptr, 10))) return nullptr;
  return postmortem::testing::find_death("null_dereference");
}

int run(const char* handler, const char* death_name, const std::string& folder, int fd) {
  const Death* const death = prepare_death(death_name);
  if (death == nullptr || !map_page(folder)) return 2;
  const postmortem::testing::Marker marker = postmortem::testing::marker_of(*death);
  g_page->marker_begin = marker.begin;
  g_page->marker_end = marker.begin + marker.size;
  std::snprintf(g_page->marker_name, sizeof g_page->marker_name, "%s", marker.name);
  if (death->before_install != nullptr) death->before_install();
  const crashwright_handler_peer* const peer = find_handler(handler);
  if (peer == nullptr || peer->install(folder.c_str(), fd) != 0) return kNotInstalled;
  g_page->installed.store(1);
  postmortem::testing::die(*death, {peer->prepare_thread, note_fault});
  return 2;
}

}  // namespace
}  // namespace crashwright::bench

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  return crashwright::bench::run(argv[1], argv[2], argv[3], std::atoi(argv[4]));
}
