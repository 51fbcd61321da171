#include "verifiers/audit_witnesses.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/unique_fd.h"
#include "postmortem/audit_block.h"
#include "postmortem/state_slot.h"
#include "postmortem/state_store.h"
#include "verifiers/audit_seal.h"

namespace crashwright::verifiers {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStateStore = "the state store";
constexpr const char* kSeal = "the seal";

uint64_t magic_of(const fs::path& path) {
  uint64_t magic = 0;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || ::pread(fd.get(), &magic, sizeof magic, 0) != static_cast<ssize_t>(sizeof magic)) return 0;
  return magic;
}

AuditWitness store_witness(const std::string& path) {
  AuditWitness witness{path, kStateStore, 0, {}};
  const auto store = postmortem::read_state_store(path);
  if (!store) {
    witness.trouble = store.error().message;
  } else if (store->newest) {
    witness.sequence = store->newest->sequence;
    witness.mark = *store->newest;
    witness.remarks = store->refused;
  } else {
    witness.trouble = store->refused.empty() ? "it holds no snapshot" : store->refused.front();
  }
  return witness;
}

// The id of the log whose first file it is, by its block 0; else 0. The bytes of a torn tail and copies of this log's
// files begin with the magic as well.
uint32_t log_id_of(const fs::path& path) {
  const auto head = postmortem::read_audit_head({1, path, 0, {}});
  const bool intact = head && postmortem::check_block(*head, 0, 0) == postmortem::AuditBlockState::kIntact;
  return intact ? head->header.log_id : 0;
}

// Logs of the same folder, by id.
using OtherLogs = std::map<uint32_t, std::string>;

// A store that does not say whose it is may be any log's that it stands beside.
void doubt(std::vector<AuditWitness>& stores, const OtherLogs& others) {
  for (AuditWitness& store : stores) {
    const bool named = store.mark.log_id != 0;
    const auto owner = named ? others.find(store.mark.log_id) : others.begin();
    if (owner == others.end()) continue;
    if (store.trouble.empty()) {
      store.trouble = (named ? "it belongs to " : "it may belong to ") + owner->second + ", another log";
    }
    store.sequence = 0;
  }
}

}  // namespace

Result<std::vector<AuditWitness>> find_audit_witnesses(const postmortem::AuditSegments& segments) {
  const fs::path log = segments.log;
  std::vector<AuditWitness> witnesses;
  OtherLogs others;
  std::error_code trouble;
  for (fs::directory_iterator at(log.has_parent_path() ? log.parent_path() : ".", trouble), end; !trouble && at != end;
       at.increment(trouble)) {
    const uint64_t magic = at->is_regular_file(trouble) ? magic_of(at->path()) : 0;
    const bool stranger = magic == postmortem::kAuditMagic && at->path().filename() != log.filename();
    const uint32_t log_id = stranger ? log_id_of(at->path()) : 0;
    if (log_id != 0 && log_id != segments.log_id) others.emplace(log_id, at->path());
    if (magic == postmortem::kStateFileMagic) witnesses.push_back(store_witness(at->path()));
  }
  if (trouble) return fail(ErrorKind::kIo, "list the folder of " + segments.log + ": " + trouble.message());
  doubt(witnesses, others);
  std::sort(witnesses.begin(), witnesses.end(),
            [](const AuditWitness& left, const AuditWitness& right) { return left.path < right.path; });
  const std::string seal = segments.log + ".seal";
  if (!fs::exists(seal)) return witnesses;
  const auto sealed = count_sealed(seal);
  witnesses.push_back({seal, kSeal, sealed.value_or(0), sealed ? "" : sealed.error().message});
  return witnesses;
}

uint64_t snapshot_beside(const std::vector<AuditWitness>& witnesses) {
  uint64_t newest = 0;
  for (const AuditWitness& witness : witnesses) {
    if (witness.what == kStateStore) newest = std::max(newest, witness.sequence);
  }
  return newest;
}

}  // namespace crashwright::verifiers
