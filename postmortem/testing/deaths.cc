#include "postmortem/testing/deaths.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "postmortem/injection_faults.h"

// glibc's end of a function whose stack guard was overwritten.
extern "C" [[noreturn]] void __stack_chk_fail();

namespace crashwright::postmortem::testing {
namespace {

DeathHooks g_hooks{};
std::atomic<int> g_ready{0};
std::mutex g_held;  // by main, for good

void prepare(const char* name) {
  if (g_hooks.prepare_thread != nullptr) g_hooks.prepare_thread(name);
}

void null_dereference() {
  about_to_die();
  injection::null_dereference();
}
void division_by_zero() {
  about_to_die();
  injection::division_by_zero();
}
void illegal_instruction() {
  about_to_die();
  __builtin_trap();
}
void misaligned_access() {
  about_to_die();
  injection::misaligned_access();
}
void heap_corrupted() {
  about_to_die();
  injection::heap_overflow();
}
void double_free() {
  about_to_die();
  injection::double_free();
}
void stack_guard() {
  about_to_die();
  __stack_chk_fail();
}
void uncaught_exception() {
  about_to_die();
  injection::uncaught_exception();
}
[[gnu::noinline]] void throw_disagreement() { throw std::logic_error("position and fills disagree"); }
void exception_through_noexcept() noexcept {
  about_to_die();
  throw_disagreement();
}

}  // namespace

// Not in the unnamed namespace: there the compiler knows all derived classes, and calls theirs.
struct Strategy {
  Strategy() { announce(*this); }
  virtual ~Strategy() = default;
  virtual void decide() = 0;
  [[gnu::noinline]] static void announce(Strategy& strategy) {
    about_to_die();
    injection::opaque(&strategy)->decide();
  }
};
struct Quoting : Strategy {
  void decide() override {}
};

namespace {

void pure_virtual_call() { injection::opaque(new Quoting); }

constexpr Death kDeaths[] = {
    {"null_dereference", "null dereference", Dies::kOnThread, SIGSEGV, SEGV_MAPERR, null_dereference, nullptr},
    {"wild_write", "write to a wild address", Dies::kOnThread, SIGSEGV, SI_KERNEL, die_of_a_wild_write, nullptr},
    {"bus_error", "truncated mapping", Dies::kOnThread, SIGBUS, BUS_ADRERR, die_of_a_bus_error, nullptr},
    {"misaligned_access", "unaligned, with the alignment check on", Dies::kOnThread, SIGBUS, BUS_ADRALN,
     misaligned_access, nullptr},
    {"division_by_zero", "division by zero", Dies::kOnThread, SIGFPE, FPE_INTDIV, division_by_zero, nullptr},
    {"illegal_instruction", "illegal instruction", Dies::kOnThread, SIGILL, ILL_ILLOPN, illegal_instruction, nullptr},
    {"on_main", "null dereference on the main thread", Dies::kOnMain, SIGSEGV, SEGV_MAPERR, null_dereference, nullptr},
    {"null_call", "call through a null pointer", Dies::kOnThread, SIGSEGV, SEGV_MAPERR, die_of_a_null_call, nullptr},
    {"heap_lock_held", "heap lock held by the dying thread", Dies::kOnThread, SIGSEGV, SEGV_MAPERR,
     die_with_the_heap_lock, nullptr},
    {"loader_lock_held", "loader lock held by another thread", Dies::kOnThread, SIGSEGV, SEGV_MAPERR, null_dereference,
     nullptr},
    {"heap_corrupted", "heap corrupted", Dies::kOnThread, SIGABRT, SI_TKILL, heap_corrupted, nullptr},
    {"allocator_abort", "abort from the allocator", Dies::kOnThread, SIGABRT, SI_TKILL, double_free, nullptr},
    {"stack_exhausted", "stack exhausted on a thread", Dies::kOnThread, SIGSEGV, SEGV_ACCERR, die_of_an_exhausted_stack,
     nullptr},
    {"stack_exhausted_on_main", "stack exhausted on the main thread", Dies::kOnMain, SIGSEGV, SEGV_MAPERR,
     die_of_an_exhausted_stack, nullptr},
    {"stack_smashed", "stack smashed", Dies::kOnThread, SIGSEGV, SI_KERNEL, die_of_a_smashed_stack, nullptr},
    {"stack_guard", "stack guard overwritten", Dies::kOnThread, SIGABRT, SI_TKILL, stack_guard, nullptr},
    {"two_at_once", "two threads at once", Dies::kOnTwoThreads, SIGSEGV, SEGV_MAPERR, null_dereference, nullptr},
    {"late_thread", "a thread created after installation", Dies::kOnUnpreparedThread, SIGSEGV, SEGV_MAPERR,
     null_dereference, nullptr},
    {"foreign_handler", "another library's handler on top", Dies::kOnThread, SIGSEGV, SEGV_MAPERR,
     die_with_a_foreign_handler, nullptr},
    {"foreign_handler_first", "another library's handler below", Dies::kOnThread, SIGSEGV, SEGV_MAPERR,
     null_dereference, install_a_foreign_handler_first},
    {"uncaught_exception", "uncaught exception", Dies::kOnThread, SIGABRT, SI_TKILL, uncaught_exception, nullptr},
    {"noexcept_exception", "exception through noexcept", Dies::kOnThread, SIGABRT, SI_TKILL, exception_through_noexcept,
     nullptr},
    {"pure_virtual", "pure virtual call", Dies::kOnThread, SIGABRT, SI_TKILL, pure_virtual_call, nullptr},
    {"out_of_descriptors", "out of descriptors", Dies::kOnThread, SIGSEGV, SEGV_MAPERR, die_without_descriptors,
     nullptr},
    {"disk_full", "disk full", Dies::kOnThread, SIGSEGV, SEGV_MAPERR, die_on_a_full_disk, nullptr},
};

void* wait_with_signals_blocked(void*) {
  prepare("sleeper");
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  g_ready.fetch_add(1);
  for (;;) ::pause();
}

void* wait_for_the_mutex(void*) {
  prepare("waiter");
  g_ready.fetch_add(1);
  const std::lock_guard lock(g_held);
  return nullptr;
}

void* keep_the_loader(void*) {
  prepare("loader");
  hold_the_loader_lock();
  return nullptr;
}

void* wait_in_the_kernel(void*) {
  prepare("reader");
  int ends[2];
  char byte = 0;
  if (::pipe(ends) != 0) cannot_die("pipe");
  g_ready.fetch_add(1);
  return ::read(ends[0], &byte, 1) == 1 ? &g_ready : nullptr;
}

void* die_on_this_thread(void* death) {
  if (static_cast<const Death*>(death)->where != Dies::kOnUnpreparedThread) prepare("trading");
  descend(kDepth, static_cast<const Death*>(death)->last);
  return nullptr;
}

void* die_with_the_other(void* death) {
  prepare("trading");
  g_ready.fetch_add(1);
  while (g_ready.load() < kThreads - 1) ::usleep(0);
  descend(kDepth, static_cast<const Death*>(death)->last);
  return nullptr;
}

pthread_t start(void* (*function)(void*), const Death& death) {
  pthread_t thread{};
  if (::pthread_create(&thread, nullptr, function, const_cast<Death*>(&death)) != 0) cannot_die("pthread_create");
  return thread;
}

// Threads until kThreads are there with the one (or two) that die.
void gather_company(const Death& death) {
  const bool loader = std::string_view(death.name) == "loader_lock_held";
  start(wait_with_signals_blocked, death);
  start(loader ? keep_the_loader : wait_for_the_mutex, death);
  int company = 2;
  if (death.where != Dies::kOnTwoThreads) {
    start(wait_in_the_kernel, death);
    ++company;
  }
  if (death.where == Dies::kOnMain) {
    start(wait_in_the_kernel, death);
    ++company;
  }
  while (g_ready.load() < company) ::usleep(100);
}

}  // namespace

std::span<const Death> deaths() { return kDeaths; }

const Death* find_death(std::string_view name) {
  for (const Death& death : kDeaths) {
    if (name == death.name) return &death;
  }
  return nullptr;
}

Marker marker_of(const Death& death) {
  constexpr size_t kCodeBytes = 96;  // these functions are small
  const auto at = [](auto* function) { return reinterpret_cast<uintptr_t>(function); };
  if (death.last == die_of_an_exhausted_stack) {
    return {"recurse_without_end", at(&recurse_without_end), 2 * kCodeBytes};
  }
  if (death.last == die_of_a_smashed_stack) return {"smash_own_frame", at(&smash_own_frame), kCodeBytes};
  return {"descend", at(&descend), kCodeBytes};
}

void announce_loader_lock() { g_ready.fetch_add(1); }

void about_to_die() {
  if (g_hooks.about_to_die != nullptr) g_hooks.about_to_die();
}

void cannot_die(const char* why) {
  std::fprintf(stderr, "this death cannot be had here: %s\n", why);
  std::_Exit(kCannotDie);
}

int descend(int depth, void (*last)()) {
  if (depth == 0) {
    last();
    return 0;
  }
  return descend(injection::opaque(depth - 1), last) + injection::opaque(1);
}

void die(const Death& death, const DeathHooks& hooks) {
  g_hooks = hooks;
  g_held.lock();
  gather_company(death);
  if (death.where == Dies::kOnMain) {
    descend(kDepth, death.last);
    return;
  }
  if (death.where == Dies::kOnTwoThreads) {
    start(die_with_the_other, death);
    ::pthread_join(start(die_with_the_other, death), nullptr);
  } else {
    ::pthread_join(start(die_on_this_thread, death), nullptr);
  }
  cannot_die("it returned");
}

}  // namespace crashwright::postmortem::testing
