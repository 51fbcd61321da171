#include "harness/storage/fs_core.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/check.h"
#include "base/clock.h"
#include "harness/storage/tree_model.h"

namespace crashwright::harness {
namespace {

using postmortem::FaultAction;

constexpr std::chrono::milliseconds kKillPatience{3000};
constexpr mode_t kPermissionBits = 07777;

}  // namespace

StorageCore::StorageCore(const StorageCoreOptions& options)
    : options_(options), gate_(options.block, options.power_end), acks_(options.ack_pipes, options.echo_fd) {
  incarnation_ = gate_.incarnation();
}

Status StorageCore::begin() {
  const std::string beside = options_.backing.substr(0, options_.backing.rfind('/') + 1) + ".";
  auto writer = options_.record_folder.empty() ? RecordWriter::create_unnamed(beside)
                                               : RecordWriter::create(options_.record_folder);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  if (options_.places) {
    auto stacks = CallerStacks::create(options_.record_folder);
    if (!stacks) return tl::unexpected(stacks.error());
    stacks_ = std::move(*stacks);
  }
  return scan();
}

std::string StorageCore::real(const ServedNode& node) const {
  const std::string path = NodeTable::path(node);
  return path.empty() ? path : options_.backing + path;
}

std::string StorageCore::real(const ServedNode& folder, std::string_view name) const {
  return real(folder) + "/" + std::string(name);
}

Operation StorageCore::operation(OperationKind kind, const Caller& caller, const ServedNode& node) {
  note_acknowledgements();
  Operation made;
  made.kind = kind;
  made.node = node.id;
  made.tid = caller.tid;
  made.pid = callers_.process_of(caller.tid);
  if (stacks_) made.place = stacks_->place(made.pid, made.tid);
  made.time_ns = monotonic_ns();
  return made;
}

void StorageCore::mark(const std::string& what, uint64_t counter, pid_t tid) {
  Operation made;
  made.kind = OperationKind::kAcknowledge;
  made.tid = tid;
  made.pid = callers_.process_of(tid);
  made.time_ns = monotonic_ns();
  made.name = what;
  made.size = counter;
  static_cast<void>(writer_->append(made));  // a mark that is missing asks for less, never for more
}

void StorageCore::note_acknowledgements() {
  acks_.drain([this](const std::string& token) {
    mark(token, 0, acknowledger_);
    gate_.acknowledged(token);
  });
  const postmortem::EngineWitness* const engine = gate_.engine();
  if (engine == nullptr) return;
  const auto note = [this](const char* what, uint64_t value, uint64_t& known) {
    if (value == known) return;
    known = value;
    mark(what, value);
  };
  note("audit_durable", engine->audit_durable.load(std::memory_order_acquire), audit_durable_);
  note("last_sent_sequence", engine->last_sent_sequence.load(std::memory_order_acquire), last_sent_);
}

int StorageCore::stat_node(const ServedNode& node, struct stat& info) const {
  const std::string path = node.fd ? std::string() : real(node);
  if (node.fd ? ::fstat(node.fd.get(), &info) != 0 : ::lstat(path.c_str(), &info) != 0) return -errno;
  info.st_ino = node.id + 1;
  info.st_mode = node.mode;
  return 0;
}

// Gives the node to the kernel.
int StorageCore::answer(ServedNode& node, struct stat& info) {
  if (const int trouble = stat_node(node, info); trouble < 0) return trouble;
  ++node.lookups;
  return 0;
}

// Records `operation` exactly if `change` (0 or a negative errno) succeeds. What cannot be recorded does not happen.
int StorageCore::perform(const Operation& operation, const std::function<int()>& change) {
  if (!writer_->prepare(operation)) return -ENOSPC;
  if (const int trouble = change(); trouble < 0) return trouble;
  writer_->commit();
  return 0;
}

int StorageCore::lookup(NodeId parent, std::string_view name, struct stat& info) {
  const std::lock_guard guard(lock_);
  ServedNode* const folder = nodes_.find(parent);
  ServedNode* const node = folder == nullptr ? nullptr : NodeTable::child(*folder, name);
  return node == nullptr ? -ENOENT : answer(*node, info);
}

void StorageCore::forget(NodeId id, uint64_t lookups) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return;
  node->lookups -= std::min(lookups, node->lookups);
  nodes_.drop_if_unused(*node);
}

int StorageCore::attributes(NodeId id, struct stat& info, bool remember) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  return remember ? answer(*node, info) : stat_node(*node, info);
}

int StorageCore::set_mode(const Caller& caller, NodeId id, mode_t mode) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kAny, *node); refused < 0) return refused;
  const mode_t permissions = mode & kPermissionBits;
  Operation made = operation(OperationKind::kSetMode, caller, *node);
  made.size = permissions;
  const int result = perform(made, [&] {
    // The layer itself must still be able to read and write it.
    const mode_t kept = permissions | (S_ISDIR(node->mode) ? 0700 : 0600);
    const int set = node->fd ? ::fchmod(node->fd.get(), kept) : ::chmod(real(*node).c_str(), kept);
    return set == 0 ? 0 : -errno;
  });
  if (result == 0) node->mode = (node->mode & ~kPermissionBits) | permissions;
  return result;
}

int StorageCore::set_owner(const Caller& caller, NodeId id, uid_t uid, gid_t gid) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kAny, *node); refused < 0) return refused;
  struct stat before {};
  if (const int trouble = stat_node(*node, before); trouble < 0) return trouble;
  const uint64_t user = uid == static_cast<uid_t>(-1) ? before.st_uid : uid;
  const uint64_t group = gid == static_cast<gid_t>(-1) ? before.st_gid : gid;
  Operation made = operation(OperationKind::kSetOwner, caller, *node);
  made.size = user << 32 | group;
  return perform(made, [&] {
    const int set = node->fd ? ::fchown(node->fd.get(), uid, gid) : ::lchown(real(*node).c_str(), uid, gid);
    return set == 0 ? 0 : -errno;
  });
}

// On record is what the backing folder makes of it: not each keeps nanoseconds.
int StorageCore::set_times(const Caller& caller, NodeId id, const timespec times[2]) {
  const std::lock_guard guard(lock_);
  ServedNode* const node = nodes_.find(id);
  if (node == nullptr) return -ENOENT;
  if (const int refused = refuse(OperationClass::kAny, *node); refused < 0) return refused;
  const int set = node->fd ? ::futimens(node->fd.get(), times)
                           : ::utimensat(AT_FDCWD, real(*node).c_str(), times, AT_SYMLINK_NOFOLLOW);
  if (set != 0) return -errno;
  if (times[1].tv_nsec == UTIME_OMIT) return 0;
  if (times[1].tv_nsec == UTIME_NOW) return forget_times(caller, *node);
  struct stat now {};
  if (const int trouble = stat_node(*node, now); trouble < 0) return trouble;
  Operation made = operation(OperationKind::kSetTimes, caller, *node);
  made.size = static_cast<uint64_t>(now.st_mtim.tv_sec);
  made.offset = static_cast<uint64_t>(now.st_mtim.tv_nsec);
  node->timed = true;
  return writer_->append(made) ? 0 : -ENOSPC;
}

// Its time of modification is the present, by other means than a change that is on record.
int StorageCore::forget_times(const Caller& caller, ServedNode& node) {
  if (!node.timed) return 0;
  Operation made = operation(OperationKind::kSetTimes, caller, node);
  made.offset = UTIME_NOW;
  node.timed = false;
  return writer_->append(made) ? 0 : -ENOSPC;
}

FaultSite StorageCore::site(OperationClass operation, const ServedNode& node, std::string_view name) const {
  FaultSite made;
  made.operation = operation;
  made.path = NodeTable::path(node);
  if (!name.empty()) made.path += (made.path == "/" ? "" : "/") + std::string(name);
  return made;
}

void StorageCore::forget_faults_of_earlier_starts() {
  if (incarnation_ == gate_.incarnation()) return;
  incarnation_ = gate_.incarnation();
  no_inodes_ = read_only_ = false;
}

// The errno with which a fault answers a change that is no write: of `node`, or of the entry `name` in it.
int StorageCore::refuse(OperationClass operation, const ServedNode& node, std::string_view name) {
  forget_faults_of_earlier_starts();
  if (power_lost_) return -EIO;
  if (!gate_.idle()) {
    if (const auto lost = gate_.power_loss()) lose_power(*lost);
    if (const auto met = gate_.meet(site(operation, node, name))) {
      const auto answered = [&](int error) {
        gate_.confirm(*met, error);
        return -error;
      };
      if (met->action == FaultAction::kReadOnly) read_only_ = true;
      if (met->action == FaultAction::kNoInodes) no_inodes_ = true;
      if (met->action == FaultAction::kPowerLoss && lose_power(*met)) return -EIO;
      if (met->action == FaultAction::kEioWrite) return answered(EIO);
      if (met->action == FaultAction::kEnospc || met->action == FaultAction::kNoInodes) return answered(ENOSPC);
      if (met->action == FaultAction::kReadOnly) return answered(EROFS);
    }
  }
  if (read_only_) return -EROFS;
  return no_inodes_ && operation == OperationClass::kCreate ? -ENOSPC : 0;
}

bool StorageCore::lose_power(const MetFault& fault) {
  cut_power(fault);
  gate_.confirm(fault, static_cast<int64_t>(cut_at_));
  return power_lost_;
}

// What was acknowledged before it counts; nobody runs on after it.
void StorageCore::cut_power(const MetFault& fault) {
  note_acknowledgements();
  cut_at_ = std::min(cut_at_, writer_->record().size());
  static_cast<void>(gate_.request_kill(fault, kKillPatience));
  if (fault.own != nullptr) power_lost_ = true;
}

void StorageCore::check_power_loss() {
  const std::lock_guard guard(lock_);
  if (const auto lost = gate_.power_loss()) lose_power(*lost);
}

void StorageCore::acknowledge(const std::string& token) {
  const std::lock_guard guard(lock_);
  mark(token, 0);
  gate_.acknowledged(token);
}

void StorageCore::take_acknowledgements() {
  const std::lock_guard guard(lock_);
  note_acknowledgements();
}

std::vector<int> StorageCore::ack_pipes() {
  const std::lock_guard guard(lock_);
  return acks_.open_pipes();
}

void StorageCore::arm(const StorageFaultRule& rule) {
  const std::lock_guard guard(lock_);
  gate_.arm(rule);
}

std::string StorageCore::fault_report() {
  const std::lock_guard guard(lock_);
  return gate_.report();
}

uint64_t StorageCore::operations_until_cut() {
  const std::lock_guard guard(lock_);
  return std::min(cut_at_, writer_->record().size());
}

Status StorageCore::record_equals_backing() {
  const std::lock_guard guard(lock_);
  TreeModel replay;
  const StorageRecord& all = writer_->record();
  const uint64_t count = all.size();
  for (uint64_t i = 0; i < count; ++i) replay.apply(all[i]);
  const Status same = replay.equals_folder(options_.backing);
  all.release_pages();
  return same;
}

}  // namespace crashwright::harness
