// Every kind of death that a crash handler must survive, by name: for the tests of our handler, and for the comparison
// of crash handlers in bench/.
//
// die() starts company first: threads that wait in a system call with all signals blocked, that wait for a mutex, and
// that hold the loader's lock where the death asks for it. Then the dying thread goes kDepth calls down and dies.
// Threads: main only. Errors: a death that cannot be had here ends the process with kCannotDie. Signal context: no.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace crashwright::postmortem::testing {

inline constexpr int kCannotDie = 90;  // exit status
inline constexpr int kDepth = 16;
inline constexpr int kThreads = 5;     // of the dying process, main included
inline constexpr int kAnyCode = 1000;  // si_code is not the same everywhere

enum class Dies : uint32_t { kOnMain, kOnThread, kOnUnpreparedThread, kOnTwoThreads };

struct Death {
  const char* name;
  const char* what;  // as a table calls it
  Dies where;
  int signal;
  int code;
  void (*last)();            // what the dying thread does last
  void (*before_install)();  // null, or what happened before the handler was installed
};

struct DeathHooks {
  void (*prepare_thread)(const char* name);  // what a thread does for the handler's sake; null: nothing
  void (*about_to_die)();                    // on the dying thread, as late as can be
};

[[nodiscard]] std::span<const Death> deaths();
[[nodiscard]] const Death* find_death(std::string_view name);

// The function whose frame a complete record of this death shows.
struct Marker {
  const char* name;
  uintptr_t begin;
  size_t size;
};
[[nodiscard]] Marker marker_of(const Death& death);

// Does not return unless the death failed.
void die(const Death& death, const DeathHooks& hooks);

// For the files of the deaths.
void about_to_die();
[[noreturn]] void cannot_die(const char* why);
// Deaths are called from here, but for those that leave no frame to show: there it is the innermost.
[[gnu::noinline]] int descend(int depth, void (*last)());

// deaths_of_memory.cc
void die_of_a_wild_write();
void die_of_a_bus_error();
void die_of_a_null_call();
void die_with_the_heap_lock();
void die_of_an_exhausted_stack();
void die_of_a_smashed_stack();
[[gnu::noinline]] uint64_t recurse_without_end(uint64_t depth);
[[gnu::noinline]] void smash_own_frame();

// deaths_of_surroundings.cc
void die_with_a_foreign_handler();
void install_a_foreign_handler_first();
void die_without_descriptors();
void die_on_a_full_disk();
void hold_the_loader_lock();  // does not return

}  // namespace crashwright::postmortem::testing
