// The harness's handle on one mounted power-loss file system, served by a process of its own (crashwright_storage).
//
// The daemon unmounts and ends when its socket closes, so a killed harness leaves no mount behind.
// Threads: one owner; several mounts may live at once. Errors: kEnvironment when the layer is not possible here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "harness/storage/file_range.h"

namespace crashwright::harness {

struct StorageOptions {
  std::string backing;      // existing folder that holds the files
  std::string mount_point;  // existing empty folder: what the engine gets as its data folder
  int control_fd = -1;      // descriptor of the case's control block; -1: no engine of ours
  char profile = 'E';       // what a power loss may take away: K, E or S
  uint64_t seed = 1;
  uint32_t tear_unit_bytes = 512;
  std::string record_folder = {};   // existing folder for a record that can be followed; empty: one without a name
  std::vector<int> ack_pipes = {};  // read ends with lines `ack TOKEN`, for the record
  uint64_t lost_max = UINT64_MAX;   // PowerLossOptions::lost_max
  int power_end = -1;               // socket: a byte when a rule takes the power, one back once nobody runs on
  int echo_fd = -1;                 // gets a copy of what comes out of the first of them
  bool places = false;              // the record says where in its program each caller stood; needs record_folder
};

class StorageMount {
 public:
  // Starts the daemon and returns once the mount serves.
  // kEnvironment, with its path, when the layer's program does not stand beside this one.
  [[nodiscard]] static Status program_exists();
  [[nodiscard]] static Result<std::unique_ptr<StorageMount>> start(const StorageOptions& options);
  ~StorageMount();  // as stop(), without the report
  StorageMount(const StorageMount&) = delete;
  StorageMount& operator=(const StorageMount&) = delete;

  [[nodiscard]] int daemon_pid() const { return pid_; }
  // The record replayed equals the backing folder byte for byte; otherwise no verdict may rest on it.
  [[nodiscard]] Status verify_record();
  // Writes what the profile lets survive of everything recorded until the power loss (or now) into the existing, empty
  // `folder`, and returns one line for people: operations lost, writes torn.
  [[nodiscard]] Result<std::string> materialise(const std::string& folder);
  // A program was seen to acknowledge `token` by other means than the pipes: a mark in the record.
  [[nodiscard]] Status acknowledge(const std::string& token);
  // Every acknowledgement written so far is in the record when this returns.
  [[nodiscard]] Status settle();
  // Arms a fault, in the words of storage_fault_rule.h.
  [[nodiscard]] Status arm(const std::string& fault);
  // One line for each armed fault: its name, "armed", "fired" or "confirmed", and what was seen of it.
  [[nodiscard]] Result<std::string> faults();
  // How many operations happened until a fault took the power, or until now.
  [[nodiscard]] Result<uint64_t> operations_until_cut();
  // The kernel hands over what it still holds of shared mappings, as it does sooner or later when a process just dies.
  [[nodiscard]] Status flush();
  // The daemon serves no longer and begins to unmount; nobody may use the mount point any more. stop() waits for it.
  void hang_up() { socket_.reset(); }
  // Process `pid` called sync(2) or syncfs(2): what is stored to mappings is handed over, then a mark says that
  // everything before it is durable.
  [[nodiscard]] Status sync_all(int pid);
  // Thread `tid` is about to call msync: its next sync of these files is about these bytes and no others.
  [[nodiscard]] Status announce_msync(int tid, const std::vector<FileRange>& ranges);
  // Thread `tid` asked for these bytes to be written, which makes nothing durable.
  [[nodiscard]] Status note_asked_for(int tid, WriteBackRequest how, const std::vector<FileRange>& ranges);
  // Stores through mappings that come down from now on stand where thread `tid` stands.
  [[nodiscard]] Status stores_come_down_before(int tid);
  // What comes out of the pipes for acknowledgements from now on thread `tid` writes.
  [[nodiscard]] Status acknowledgements_are_of(int tid);
  // Unmounts and waits for the daemon.
  [[nodiscard]] Status stop();

 private:
  StorageMount(UniqueFd socket, int pid, std::string mount_point)
      : socket_(std::move(socket)), pid_(pid), mount_point_(std::move(mount_point)) {}
  [[nodiscard]] Result<std::string> ask(const std::string& request);
  [[nodiscard]] Status tell(const std::string& request);
  [[nodiscard]] Status tell_ranges(const std::string& what, int tid, const std::vector<FileRange>& ranges);

  UniqueFd socket_;
  int pid_;
  std::string mount_point_;
};

}  // namespace crashwright::harness
