#include "verifiers/audit_witnesses.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

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
    witness.remarks = store->refused;
  } else {
    witness.trouble = store->refused.empty() ? "it holds no snapshot" : store->refused.front();
  }
  return witness;
}

// The first file of a log other than `log_id`, by its block 0. The bytes of a torn tail and copies of this log's files
// begin with the magic as well, and are none.
bool is_other_log(const fs::path& path, uint32_t log_id) {
  const auto head = postmortem::read_audit_head({1, path, 0, {}});
  return head && postmortem::check_block(*head, 0, 0) == postmortem::AuditBlockState::kIntact &&
         head->header.log_id != log_id;
}

// A store does not say whose it is: beside two logs it may be either's.
void doubt(std::vector<AuditWitness>& stores, const std::string& other_log) {
  for (AuditWitness& store : stores) {
    if (store.trouble.empty()) store.trouble = "it may belong to " + other_log + ", another log";
    store.sequence = 0;
  }
}

}  // namespace

Result<std::vector<AuditWitness>> find_audit_witnesses(const postmortem::AuditSegments& segments) {
  const fs::path log = segments.log;
  std::vector<AuditWitness> witnesses;
  std::string other_log;
  std::error_code trouble;
  for (fs::directory_iterator at(log.has_parent_path() ? log.parent_path() : ".", trouble), end; !trouble && at != end;
       at.increment(trouble)) {
    const uint64_t magic = at->is_regular_file(trouble) ? magic_of(at->path()) : 0;
    const bool stranger = magic == postmortem::kAuditMagic && at->path().filename() != log.filename();
    if (stranger && is_other_log(at->path(), segments.log_id)) other_log = at->path();
    if (magic == postmortem::kStateFileMagic) witnesses.push_back(store_witness(at->path()));
  }
  if (trouble) return fail(ErrorKind::kIo, "list the folder of " + segments.log + ": " + trouble.message());
  if (!other_log.empty()) doubt(witnesses, other_log);
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
