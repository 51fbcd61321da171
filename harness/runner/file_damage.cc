#include "harness/runner/file_damage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "harness/runner/files.h"
#include "postmortem/audit_block.h"

namespace crashwright::harness {
namespace {

// The last block of a preallocated file is not its last data: places are counted in what was ever written.
uint64_t written_bytes(int fd, uint64_t size) {
  char block[4096];
  for (uint64_t end = size; end > 0;) {
    const uint64_t begin = (end - 1) / sizeof block * sizeof block;
    const ssize_t got = ::pread(fd, block, end - begin, static_cast<off_t>(begin));
    for (ssize_t i = got; i > 0; --i) {
      if (block[i - 1] != 0) return begin + static_cast<uint64_t>(i);
    }
    end = begin;
  }
  return 0;
}

uint64_t place_offset(const DamagePlace& place, uint64_t bytes) {
  switch (place.from) {
    case DamagePlace::From::kStart:
      return std::min(place.offset_bytes, bytes - 1);
    case DamagePlace::From::kEnd:
      return bytes - std::clamp<uint64_t>(place.offset_bytes, 1, bytes);
    case DamagePlace::From::kFraction:
      break;
  }
  return std::min(bytes * place.fraction_ppm / 1'000'000, bytes - 1);
}

struct WrittenFile {
  UniqueFd fd;
  uint64_t bytes = 0;
};

// kUsage when there is nothing in it to damage.
Result<WrittenFile> open_written(const std::string& file) {
  WrittenFile open{UniqueFd(::open(file.c_str(), O_RDWR | O_CLOEXEC))};
  if (!open.fd && errno == ENOENT) return fail(ErrorKind::kUsage, file + ": nothing there to damage");
  if (!open.fd) return fail_errno(errno, "open " + file);
  struct stat info {};
  if (::fstat(open.fd.get(), &info) != 0) return fail_errno(errno, file);
  open.bytes = written_bytes(open.fd.get(), static_cast<uint64_t>(info.st_size));
  if (open.bytes == 0) return fail(ErrorKind::kUsage, file + ": nothing in it to damage");
  return open;
}

Result<std::string> flip_bit(const FaultPlan& fault, const std::string& file) {
  const auto open = open_written(file);
  if (!open) return tl::unexpected(open.error());
  const auto& [fd, bytes] = *open;
  const uint64_t offset = place_offset(fault.damage, bytes);
  const auto bit = static_cast<unsigned>(Random(fault.seed).below(8));
  char byte = 0;
  if (::pread(fd.get(), &byte, 1, static_cast<off_t>(offset)) != 1) return fail_errno(errno, "read " + file);
  byte = static_cast<char>(byte ^ (1 << bit));
  if (::pwrite(fd.get(), &byte, 1, static_cast<off_t>(offset)) != 1) return fail_errno(errno, "write " + file);
  return "bit " + std::to_string(bit) + " of byte " + std::to_string(offset) + " inverted";
}

Result<std::string> truncate_file(const FaultPlan& fault, const std::string& file) {
  const auto open = open_written(file);
  if (!open) return tl::unexpected(open.error());
  const auto& [fd, bytes] = *open;
  const uint64_t kept = place_offset(fault.damage, bytes);
  if (::ftruncate(fd.get(), static_cast<off_t>(kept)) != 0) return fail_errno(errno, "truncate " + file);
  return "cut to " + std::to_string(kept) + " of " + std::to_string(bytes) + " bytes";
}

Result<std::string> remove_file(const std::string& file) {
  if (!file_exists(file)) return fail(ErrorKind::kUsage, file + ": nothing to remove");
  if (::unlink(file.c_str()) != 0) return fail_errno(errno, "remove " + file);
  return std::string("removed");
}

Result<std::string> replace_file(const std::string& file, const std::string& other, const char* done) {
  if (!file_exists(other)) return fail(ErrorKind::kUsage, other + ": no other one is there");
  const auto other_content = read_file(other);
  if (!other_content) return tl::unexpected(other_content.error());
  const auto content = read_file(file);
  if (content && *content == *other_content) return fail(ErrorKind::kUsage, file + ": the other one is the same");
  if (auto written = write_file(file, *other_content); !written) return tl::unexpected(written.error());
  return std::string(done);
}

// The checksum of a later version keeps its place and its definition (audit_log_format.md).
Result<std::string> make_newer(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + file);
  postmortem::AuditBlock block;
  if (::pread(fd.get(), &block, sizeof block, 0) != sizeof block || block.header.magic != postmortem::kAuditMagic) {
    return fail(ErrorKind::kUsage, file + ": no audit log");
  }
  block.header.version = postmortem::kAuditVersion + 1;
  block.header.crc = postmortem::audit_block_checksum(block);
  if (::pwrite(fd.get(), &block, sizeof block, 0) != sizeof block) return fail_errno(errno, "write " + file);
  return "version " + std::to_string(block.header.version);
}

}  // namespace

Result<std::string> damage_file(const FaultPlan& fault, const std::string& data, const OtherData& others) {
  const std::string file = data + "/" + fault.file;
  if (fault.kind == "bit_flip") return flip_bit(fault, file);
  if (fault.kind == "truncated_file") return truncate_file(fault, file);
  if (fault.kind == "missing_file") return remove_file(file);
  if (fault.kind == "stale_file") {
    return replace_file(file, others.earlier + "/" + fault.file, "as it was after the death before");
  }
  if (fault.kind == "foreign_file") return replace_file(file, others.foreign + "/" + fault.file, "of another session");
  if (fault.kind == "newer_version") return make_newer(file);
  return fail(ErrorKind::kInternal, "no damage is known by the name " + fault.kind);
}

}  // namespace crashwright::harness
