#include "postmortem/state_store.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/unique_fd.h"
#include "postmortem/audit_segments.h"
#include "postmortem/device_wait.h"
#include "postmortem/fault_point.h"
#include "postmortem/planted_bug.h"
#include "postmortem/state_slot.h"

namespace crashwright::postmortem {
namespace {

// What is on the medium, and which slot the next snapshot may take.
struct StoreContent {
  StateReadout readout;
  StateFileHeader file{};
  uint32_t newest_slot = kStateSlots - 1;  // of an empty store: the first write takes slot 0
  uint64_t generation = 0;
};

// Up to `size` bytes at `offset`; fewer where the file ends.
Result<std::vector<std::byte>> read_at(int fd, uint64_t offset, uint64_t size) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, "stat");
  const auto file_bytes = static_cast<uint64_t>(std::max<off_t>(info.st_size, 0));
  std::vector<std::byte> bytes(std::min(size, file_bytes - std::min(offset, file_bytes)));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

void take_slot(uint32_t slot, std::span<const std::byte> bytes, StoreContent& content) {
  if (all_zero(bytes.first(std::min(bytes.size(), sizeof(StateSlotHeader))))) return;  // never written
  StateReadout& readout = content.readout;
  std::string reason = "the file ends inside the header";
  StateSlotHeader header{};
  if (bytes.size() >= sizeof header) {
    std::memcpy(&header, bytes.data(), sizeof header);
    reason = check_state_slot(header, bytes, content.file);
  }
  if (!reason.empty()) {
    readout.refused.push_back("slot " + std::to_string(slot) + ": " + reason);
    return;
  }
  readout.slots_intact += 1;
  if (header.generation <= content.generation) return;
  content.generation = header.generation;
  content.newest_slot = slot;
  const auto payload = bytes.subspan(sizeof header, static_cast<size_t>(header.payload_bytes));
  readout.newest = StateSnapshot{{header.sequence, header.state_hash, header.log_id}, {payload.begin(), payload.end()}};
}

// A slot as far as it is in use: a start reads what was written, not what there is room for.
Result<std::vector<std::byte>> read_slot(int fd, uint64_t offset, uint64_t slot_bytes) {
  auto bytes = read_at(fd, offset, std::min<uint64_t>(slot_bytes, sizeof(StateSlotHeader)));
  if (!bytes || bytes->size() < sizeof(StateSlotHeader)) return bytes;
  StateSlotHeader header{};
  std::memcpy(&header, bytes->data(), sizeof header);
  const uint64_t payload_max = slot_bytes - sizeof header;
  const auto payload = read_at(fd, offset + sizeof header, std::min(header.payload_bytes, payload_max));
  if (!payload) return payload;
  bytes->insert(bytes->end(), payload->begin(), payload->end());
  return bytes;
}

constexpr const char* kRemedy = "use the release that wrote it";

// The one trouble that another release mends, in the words of state_slot.cc.
bool is_of_another_version(const std::string& reason) {
  return reason.find("this program reads version") != std::string::npos;
}

Result<StoreContent> read_content(int fd, const std::string& path) {
  StoreContent content;
  const auto head = read_at(fd, 0, sizeof content.file);
  if (!head) return fail(head.error().kind, path + ": " + head.error().message);
  if (head->empty()) return content;
  std::memcpy(&content.file, head->data(), head->size());
  const std::string reason =
      head->size() < sizeof content.file ? "the file ends inside its header" : check_state_file(content.file);
  if (!reason.empty()) {
    return fail(ErrorKind::kCorrupt, "state store " + path + ": " + reason,
                is_of_another_version(reason) ? kRemedy : "");
  }
  for (uint32_t slot = 0; slot < kStateSlots; ++slot) {
    const uint64_t slot_bytes = content.file.slot_bytes;
    const auto bytes = read_slot(fd, state_slot_offset(slot, slot_bytes), slot_bytes);
    if (!bytes) return fail(bytes.error().kind, path + ": " + bytes.error().message);
    take_slot(slot, *bytes, content);
  }
  return content;
}

// A snapshot of a later version must not be overwritten by a program that cannot read it.
Status refuse_newer_slots(const StoreContent& content, const std::string& path) {
  for (const std::string& line : content.readout.refused) {
    if (!is_of_another_version(line)) continue;
    return fail(ErrorKind::kCorrupt, "state store " + path + ": " + line, kRemedy);
  }
  return {};
}

// Under another name first, so that the store's name never shows a half-made file.
Status create(const StateStoreOptions& options) {
  StateFileHeader header{};
  header.magic = kStateFileMagic;
  header.version = kStateVersion;
  header.slot_bytes = options.slot_bytes;
  while (header.salt == 0) {
    if (::getrandom(&header.salt, sizeof header.salt, 0) != static_cast<ssize_t>(sizeof header.salt)) header.salt = 0;
  }
  header.crc = state_file_checksum(header);
  const std::string temporary = options.path + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno(errno, "create " + temporary);
  if (auto put = write_all(fd.get(), std::as_bytes(std::span(&header, 1))); !put) {
    return fail(put.error().kind, temporary + ": " + put.error().message);
  }
  const uint64_t size = state_slot_offset(kStateSlots, options.slot_bytes);
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "truncate " + temporary);
  const bool power_loss = options.durability == Durability::kPowerLoss;
  if (power_loss && ::fsync(fd.get()) != 0) return fail_errno(errno, "fsync " + temporary);
  if (::rename(temporary.c_str(), options.path.c_str()) != 0) return fail_errno(errno, "rename " + temporary);
  return power_loss ? sync_folder_of(options.path) : Status{};
}

class DoubleSlotStore final : public StateStore {
 public:
  DoubleSlotStore(UniqueFd fd, const StoreContent& content, Durability durability)
      : fd_(std::move(fd)),
        durability_(durability),
        file_(content.file),
        newest_slot_(content.newest_slot),
        generation_(content.generation),
        sequence_(content.readout.newest ? content.readout.newest->sequence : 0) {}

  [[nodiscard]] Status write(const AuditMark& mark, std::span<const std::byte> payload) override;

 private:
  [[nodiscard]] std::vector<std::byte> encode(const AuditMark& mark, std::span<const std::byte> payload) const;
  [[nodiscard]] Status put(std::span<const std::byte> bytes, uint64_t offset);
  [[nodiscard]] Status put_in_place(std::span<const std::byte> bytes);
  [[nodiscard]] Status sync();

  UniqueFd fd_;
  Durability durability_;
  StateFileHeader file_;
  uint32_t newest_slot_;
  uint64_t generation_;
  uint64_t sequence_;
  std::optional<Error> sync_error_;
};

Status DoubleSlotStore::write(const AuditMark& mark, std::span<const std::byte> payload) {
  if (sync_error_) return tl::unexpected(*sync_error_);
  if (generation_ > 0 && mark.sequence <= sequence_) {
    return fail(ErrorKind::kInternal,
                "snapshot of sequence " + std::to_string(mark.sequence) + " after one of " + std::to_string(sequence_));
  }
  if (payload.size() > file_.slot_bytes - sizeof(StateSlotHeader)) {
    return fail(ErrorKind::kUsage, "snapshot of " + std::to_string(payload.size()) + " bytes in a slot of " +
                                       std::to_string(file_.slot_bytes));
  }
  const std::vector<std::byte> bytes = encode(mark, payload);
  const uint32_t slot = (newest_slot_ + 1) % kStateSlots;
  if (CRASHWRIGHT_PLANTED("state_updated_in_place")) {
    if (auto written = put_in_place(bytes); !written) return written;
  } else {
    CRASHWRIGHT_FAULT_POINT("state.before_write");
    if (auto written = put(bytes, state_slot_offset(slot, file_.slot_bytes)); !written) return written;
  }
  if (auto synced = sync(); !synced) return synced;
  CRASHWRIGHT_FAULT_POINT("state.after_write");
  newest_slot_ = slot;
  generation_ += 1;
  sequence_ = mark.sequence;
  return {};
}

std::vector<std::byte> DoubleSlotStore::encode(const AuditMark& mark, std::span<const std::byte> payload) const {
  StateSlotHeader header{};
  header.magic = kStateSlotMagic;
  header.version = kStateVersion;
  header.salt = file_.salt;
  header.sequence = mark.sequence;
  header.state_hash = mark.state_hash;
  header.log_id = mark.log_id;
  header.payload_bytes = payload.size();
  header.generation = generation_ + 1;
  header.crc = state_slot_checksum(header, payload);
  std::vector<std::byte> bytes(sizeof header + payload.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::copy(payload.begin(), payload.end(), bytes.begin() + sizeof header);
  return bytes;
}

// The planted bug: one slot, overwritten in two steps.
Status DoubleSlotStore::put_in_place(std::span<const std::byte> bytes) {
  const uint64_t offset = state_slot_offset(0, file_.slot_bytes);
  if (auto head = put(bytes.first(sizeof(StateSlotHeader)), offset); !head) return head;
  CRASHWRIGHT_FAULT_POINT("state.before_write");
  return put(bytes.subspan(sizeof(StateSlotHeader)), offset + sizeof(StateSlotHeader));
}

Status DoubleSlotStore::put(std::span<const std::byte> bytes, uint64_t offset) {
  const DeviceWait wait;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "state store: write");
    if (written == 0) return fail(ErrorKind::kIo, "state store: write: the device takes no data");
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

// A failed sync is final: the next one would report success for pages that are gone.
Status DoubleSlotStore::sync() {
  if (durability_ != Durability::kPowerLoss || CRASHWRIGHT_PLANTED("no_fsync")) return {};
  if (CRASHWRIGHT_PLANTED("checkpoint_not_synced")) return {};
  const DeviceWait wait;
  if (::fdatasync(fd_.get()) == 0) return {};
  auto failed = fail_errno(errno, "state store: fdatasync");
  sync_error_ = failed.value();
  return failed;
}

}  // namespace

Result<StateReadout> read_state_store(const std::string& path) {
  const DeviceWait wait;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return StateReadout{};
  if (!fd) return fail_errno(errno, "open " + path);
  auto content = read_content(fd.get(), path);
  if (!content) return tl::unexpected(content.error());
  return std::move(content->readout);
}

Result<std::unique_ptr<StateStore>> StateStore::open(const StateStoreOptions& options) {
  if (options.slot_bytes <= sizeof(StateSlotHeader) || options.slot_bytes > kStateSlotBytesMax) {
    return fail(ErrorKind::kUsage, "state store: a slot of " + std::to_string(options.slot_bytes) + " bytes");
  }
  const DeviceWait wait;
  struct stat info {};
  const bool exists = ::stat(options.path.c_str(), &info) == 0;
  if (!exists && errno != ENOENT) return fail_errno(errno, "stat " + options.path);
  if (!exists || info.st_size == 0) {
    if (auto created = create(options); !created) return tl::unexpected(created.error());
  }
  UniqueFd fd(::open(options.path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + options.path);
  if (options.durability == Durability::kPowerLoss) {
    // What a crashed predecessor wrote may not be durable yet; nothing is built on it before it is.
    if (::fsync(fd.get()) != 0) return fail_errno(errno, "fsync " + options.path);
    if (auto synced = sync_folder_of(options.path); !synced) return tl::unexpected(synced.error());
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  }
  auto content = read_content(fd.get(), options.path);
  if (!content) return tl::unexpected(content.error());
  if (auto readable = refuse_newer_slots(*content, options.path); !readable) return tl::unexpected(readable.error());
  return std::make_unique<DoubleSlotStore>(std::move(fd), *content, options.durability);
}

}  // namespace crashwright::postmortem
