#include "postmortem/crash_handler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "postmortem/core_self_writer.h"
#include "postmortem/crash_modules.h"
#include "postmortem/crash_record_writer.h"
#include "postmortem/crash_state.h"
#include "postmortem/crash_terminate.h"
#include "postmortem/crash_texts.h"
#include "postmortem/crash_threads.h"
#include "postmortem/planted_bug.h"

// Present only in a program built with AddressSanitizer.
extern "C" void __asan_init() __attribute__((weak));

namespace crashwright::postmortem {
namespace {

using crash::g_state;
using signal_safe::KernelAction;

// What a record takes at most with a dozen threads; kept free for it, so that a full disk does not lose it.
constexpr off_t kReservedBytes = 512 * 1024;

crash_record::Section<crash_format::Installed> g_installed;

Result<int> open_record(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create the crash record " + path);
  const int high = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, crash::kDescriptorMin);
  if (high >= 0) fd.reset(high);  // refused under a low descriptor limit: then the low one does
  // Not an error where the file system cannot: then the record needs room when the time comes.
  static_cast<void>(::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, kReservedBytes));
  return fd.release();
}

// glibc's restorer, which unwinders know; the raw system call below must name one.
Result<KernelAction> install_deadline_action() {
  struct sigaction action {};
  action.sa_sigaction = crash::on_deadline;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  const int signal = crash::deadline_signal();
  KernelAction kernel{};
  if (::sigaction(signal, &action, nullptr) != 0 || signal_safe::set_action(signal, nullptr, &kernel) != 0) {
    return fail_errno(errno, "install the crash handler's deadline signal");
  }
  kernel.mask = crash::handler_mask();
  signal_safe::set_action(signal, &kernel, nullptr);
  return kernel;
}

// By system call: AddressSanitizer ignores sigaction() for the signals that it keeps to itself.
Status install_fatal_actions(KernelAction action) {
  action.handler = reinterpret_cast<void*>(crash::on_fatal_signal);
  if (CRASHWRIGHT_PLANTED("handler_without_alternate_stack")) action.flags &= ~uint64_t{SA_ONSTACK};
  for (const int signal : crash::kFatalSignals) {
    if (signal == SIGFPE && CRASHWRIGHT_PLANTED("handler_deaf_to_sigfpe")) continue;
    if (signal == SIGILL && CRASHWRIGHT_PLANTED("handler_deaf_to_sigill")) continue;
    if (signal == SIGABRT && CRASHWRIGHT_PLANTED("handler_deaf_to_sigabrt")) continue;
    if (signal == SIGBUS && CRASHWRIGHT_PLANTED("handler_deaf_to_sigbus")) continue;
    KernelAction old{};
    if (signal_safe::set_action(signal, &action, &old) != 0) {
      return fail_errno(errno, "install the crash handler for signal " + std::to_string(signal));
    }
    const bool sanitizer = __asan_init != nullptr && (old.flags & SA_SIGINFO) != 0 && old.handler != nullptr;
    if (sanitizer && old.handler != action.handler) g_state.chained[signal] = old.handler;
  }
  return {};
}

Status install_own_core(const CrashHandlerOptions& options) {
  const char* const variable = std::getenv(kOwnCoreVariable);
  const std::string folder =
      options.own_core_folder.empty() && variable != nullptr ? variable : options.own_core_folder;
  g_state.own_core_deadline_ns = static_cast<uint64_t>(std::chrono::nanoseconds(options.own_core_deadline).count());
  return folder.empty() ? Status() : prepare_own_core(folder);
}

}  // namespace

Status install_crash_handler(const CrashHandlerOptions& options) {
  // Never destroyed: whoever calls exit() may be another thread than this one. Marked as used, or the optimizer forgets
  // the pointer, and a leak checker complains.
  [[gnu::used]] static const auto* const main_stack = new AlternateStack;
  auto record = open_record(options.record_path);
  if (!record) return tl::unexpected(record.error());
  crash_record::set_descriptor(*record);
  if (CRASHWRIGHT_PLANTED("handler_opens_its_record_late")) crash::forget_record(options.record_path, *record);
  g_state.installed_pid.store(static_cast<uint32_t>(::getpid()), std::memory_order_relaxed);
  g_state.deadline_ns = static_cast<uint64_t>(std::chrono::nanoseconds(options.deadline).count());
  g_installed.payload = {crash_format::kVersion, static_cast<uint32_t>(::getpid()), wall_ns(), monotonic_ns()};
  crash_record::append(g_installed.header, crash_format::SectionType::kInstalled, &g_installed.payload,
                       sizeof g_installed.payload);
  collect_modules();
  set_abort_message_address(::dlsym(RTLD_DEFAULT, "__abort_msg"));
  install_terminate_handler();
  if (auto prepared = install_own_core(options); !prepared) return prepared;
  if (auto prepared = crash::prepare_thread_capture(); !prepared) return prepared;
  crash::make_deadline();
  crash::rehearse_stages();
  auto action = install_deadline_action();
  if (!action) return tl::unexpected(action.error());
  return install_fatal_actions(*action);
}

void refresh_crash_modules() { collect_modules(); }

}  // namespace crashwright::postmortem
