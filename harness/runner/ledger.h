// The ledger of a run: what it has made outside its folder, written before or as soon as it exists, so that the next
// start can undo it when this process dies of SIGKILL (cleanup.h).
//
// Format:  ledger_format.md. One text file `run-<id>.ledger` in ledger_folder(), one entry a line, appended with one
//          write(2) each:
//            crashwright-ledger 1 <run id> <owner's pid> <owner's start time> <boot id>
//            process <pid> <start time> <name>
//            cgroup <folder>
//            mount <mount point>
//            folder <path>
//          A last line without newline was torn and is ignored, as is any line that is not of this form. Entries are
//          never taken out: cleaning up looks whether the thing is still there.
// Threads: any. Errors: what cannot be recorded is an Error; the caller goes on or not.
// Durability: survives the death of the process. After a restart of the machine only `folder` entries mean anything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crashwright::harness {

// Environment entry that every process of a run carries: CRASHWRIGHT_RUN=<run id>.
inline constexpr const char* kRunVariable = "CRASHWRIGHT_RUN";

// $CRASHWRIGHT_STATE_DIR, else $XDG_RUNTIME_DIR/crashwright, else /tmp/crashwright-<uid>; made when absent.
[[nodiscard]] Result<std::string> ledger_folder();

class Ledger {
 public:
  // A fresh ledger with a random run id; the calling process is the owner.
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> create();
  // Removes the file: everything was undone.
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] const std::string& run_id() const { return run_id_; }
  [[nodiscard]] std::string mark() const { return std::string(kRunVariable) + "=" + run_id_; }
  [[nodiscard]] Status add_process(int32_t pid, uint64_t start_time, std::string_view name);
  [[nodiscard]] Status add_cgroup(const std::string& folder);
  [[nodiscard]] Status add_mount(const std::string& mount_point);
  [[nodiscard]] Status add_folder(const std::string& path);

 private:
  Ledger() = default;
  [[nodiscard]] Status append(const std::string& line);

  std::string path_;
  std::string run_id_;
  UniqueFd fd_;
};

struct LedgerProcess {
  int32_t pid = 0;
  uint64_t start_time = 0;
  std::string name;
};

// What a ledger says.
struct LedgerContent {
  std::string run_id;
  int32_t owner_pid = 0;
  uint64_t owner_start_time = 0;
  std::string boot_id;
  std::vector<LedgerProcess> processes;
  std::vector<std::string> cgroups;
  std::vector<std::string> mounts;
  std::vector<std::string> folders;
};

// kCorrupt when the first line is not that of a ledger.
[[nodiscard]] Result<LedgerContent> parse_ledger(std::string_view text);

}  // namespace crashwright::harness
