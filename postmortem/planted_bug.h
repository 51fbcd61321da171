// Planted bugs: deliberate defects that prove a verifier works. Compiled in only with CRASHWRIGHT_PLANTED_BUGS (the
// mock_engine_planted binary); in the shipped kit every test of one is the constant false.
//
//   if (CRASHWRIGHT_PLANTED("no_fsync")) return;   // skips the sync
//
// Threads: selected once before threads start, read by any. Signal context: yes.
#pragma once

namespace crashwright::postmortem {

// Switches the bug on; false when no code of this binary tests for that name (or the binary has none compiled in).
bool plant_bug(const char* name) noexcept;

// Signal context: yes.
[[nodiscard]] bool planted_bug_active(const char* name) noexcept;

// Prints the names that this binary can plant, one a line.
void print_planted_bugs();

struct PlantedBugSite {
  const char* name;
};

}  // namespace crashwright::postmortem

#if defined(CRASHWRIGHT_PLANTED_BUGS)
#define CRASHWRIGHT_PLANTED(bug_name)                                            \
  ([]() noexcept {                                                               \
    static ::crashwright::postmortem::PlantedBugSite site                        \
        __attribute__((section("crashwright_planted_bugs"), used)) = {bug_name}; \
    return ::crashwright::postmortem::planted_bug_active(site.name);             \
  }())
#else
#define CRASHWRIGHT_PLANTED(bug_name) false
#endif
