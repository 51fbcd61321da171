// Normal context: what core_self_writer.cc finds ready when the process dies.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/file.h"
#include "base/unique_fd.h"
#include "postmortem/core_self_ask.h"
#include "postmortem/core_self_maps.h"
#include "postmortem/core_self_state.h"
#include "postmortem/core_self_threads.h"
#include "postmortem/core_self_writer.h"

namespace crashwright::postmortem {
namespace {

using core_self::g_own_core;

// Above what a program's own loops over descriptors usually close or dup over.
constexpr int kDescriptorMin = 200;

Result<int> open_high(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + path);
  const int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kDescriptorMin);
  if (high >= 0) fd.reset(high);  // refused under a low descriptor limit: then the low one does
  return fd.release();
}

// Not part of any core, and without a page until it is used.
template <typename T>
Result<T*> map_scratch() {
  void* const memory =
      ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return fail_errno(errno, "map memory for the own core");
  ::madvise(memory, sizeof(T), MADV_DONTDUMP);
  return static_cast<T*>(memory);
}

void describe_process() {
  elf_prpsinfo& info = g_own_core.process;
  info = {};
  info.pr_sname = 'R';
  info.pr_pid = ::getpid();
  info.pr_ppid = ::getppid();
  info.pr_pgrp = ::getpgrp();
  info.pr_sid = ::getsid(0);
  info.pr_uid = ::getuid();
  info.pr_gid = ::getgid();
  if (const auto name = read_file("/proc/self/comm"); name) {
    std::strncpy(info.pr_fname, name->substr(0, name->find('\n')).c_str(), sizeof info.pr_fname - 1);
  }
  if (auto line = read_file("/proc/self/cmdline"); line) {
    std::replace(line->begin(), line->end(), '\0', ' ');
    std::strncpy(info.pr_psargs, line->c_str(), sizeof info.pr_psargs - 1);
  }
  if (const auto auxiliary = read_file("/proc/self/auxv"); auxiliary) {
    g_own_core.auxiliary_bytes = std::min(auxiliary->size(), sizeof g_own_core.auxiliary);
    std::memcpy(g_own_core.auxiliary, auxiliary->data(), g_own_core.auxiliary_bytes);
  }
}

// What an earlier call opened, possibly in the process that this one was forked from.
void forget() {
  for (const int fd :
       {g_own_core.folder_fd, g_own_core.smaps_fd, g_own_core.pagemap_fd, g_own_core.task_fd, g_own_core.spare_fd}) {
    ::close(fd);
  }
  ::munmap(g_own_core.threads, sizeof(core_self::ThreadList));
  ::munmap(g_own_core.scratch, sizeof(core_self::Scratch));
  g_own_core = {};
}

}  // namespace

Status prepare_own_core(const std::string& folder) {
  if (own_core_prepared()) forget();
  const struct {
    std::string path;
    int flags;
    int& fd;
  } files[] = {
      {folder, O_RDONLY | O_DIRECTORY, g_own_core.folder_fd},
      {"/proc/self/smaps", O_RDONLY, g_own_core.smaps_fd},
      {"/proc/self/pagemap", O_RDONLY, g_own_core.pagemap_fd},
      {"/proc/self/task", O_RDONLY | O_DIRECTORY, g_own_core.task_fd},
      {"/dev/null", O_RDONLY, g_own_core.spare_fd},
  };
  for (const auto& file : files) {
    const auto fd = open_high(file.path, file.flags);
    if (!fd) return tl::unexpected(fd.error());
    file.fd = *fd;
  }
  std::snprintf(g_own_core.name, sizeof g_own_core.name, "core.%d", static_cast<int>(::getpid()));
  describe_process();
  if (auto installed = core_self::install_core_ask(); !installed) return installed;
  const auto threads = map_scratch<core_self::ThreadList>();
  if (!threads) return tl::unexpected(threads.error());
  const auto scratch = map_scratch<core_self::Scratch>();
  if (!scratch) return tl::unexpected(scratch.error());
  g_own_core.threads = *threads;
  g_own_core.scratch = *scratch;
  return {};
}

}  // namespace crashwright::postmortem
