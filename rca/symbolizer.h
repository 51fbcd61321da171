// Which function, file and line an address of a dead process belongs to, inlined calls included.
//
// Built from a core's memory map, or from the module list of a crash record. Only files of this machine are read:
// nothing is fetched from a network, and a module whose build id differs from what was mapped is refused.
// Threads: one owner. Signal context: no.
// Errors:  what cannot be found leaves the fields of a frame empty; notes() says which modules are missing, and why.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "postmortem/crash_record_reader.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"

struct Dwfl;

namespace crashwright::rca {

struct CodePlace;

// Where the files of a dead process's modules may be, besides where the process had them.
struct ModuleSources {
  std::string executable;          // stands for the main program (which may have moved since)
  std::vector<std::string> files;  // programs and debug files, taken where the build id fits
};

class Symbolizer {
 public:
  [[nodiscard]] static std::unique_ptr<Symbolizer> from_core(const CoreFile& core, const ModuleSources& sources);
  [[nodiscard]] static std::unique_ptr<Symbolizer> from_record(const postmortem::CrashRecord& record,
                                                               const std::string& executable);
  // Of a process that lives, or has just ended: the text of its /proc/PID/maps.
  [[nodiscard]] static std::unique_ptr<Symbolizer> from_mappings(std::string_view mappings);

  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;
  ~Symbolizer();

  // Innermost first: the inlined functions at `pc`, then the function itself; never empty. `exact` is true for the
  // interrupted instruction itself, false for a return address (the call lies before it).
  [[nodiscard]] std::vector<Frame> frames_at(uint64_t pc, bool exact) const;
  // The same place in the debug information itself (debug_info.h); without calls for a system module.
  [[nodiscard]] CodePlace place_of(uint64_t pc, bool exact) const;
  // True when some module covers the address.
  [[nodiscard]] bool knows(uint64_t pc) const;
  // The address of a dynamic or static symbol in the process, 0 for none.
  [[nodiscard]] uint64_t address_of(const std::string& module_part, const std::string& symbol) const;
  // The name of the variable that holds the address, empty when it has none.
  [[nodiscard]] std::string variable_at(uint64_t address) const;
  [[nodiscard]] const std::string& program_path() const;
  [[nodiscard]] const std::string& build_id() const;  // hex, of the main program; empty when unknown
  [[nodiscard]] const std::vector<std::string>& notes() const;
  [[nodiscard]] Dwfl* dwfl() const;

 private:
  struct Impl;
  Symbolizer();
  std::unique_ptr<Impl> impl_;
};

// `name` as a person writes it, or itself when it is no mangled name.
[[nodiscard]] std::string demangled(const std::string& name);

// True for what the distribution installs: never to blame, never in a signature.
[[nodiscard]] bool is_system_module(std::string_view path);

}  // namespace crashwright::rca
