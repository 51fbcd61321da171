#include "verifiers/audit_seal.h"

#include <sodium.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <span>

#include "base/file.h"
#include "base/regular_file.h"
#include "postmortem/audit_log.h"
#include "postmortem/audit_segments.h"

namespace crashwright::verifiers {
namespace {

constexpr std::string_view kMagic = "CWSEAL01";
constexpr size_t kTagBytes = 32;
constexpr size_t kKeyBytesMin = 16;

using Tag = std::array<unsigned char, kTagBytes>;

// The chain's next tag: keyed hash over the one before and the record.
class Chain {
 public:
  explicit Chain(const std::string& key) {
    ::crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                         nullptr, 0);
  }
  const Tag& next(const postmortem::AuditRecord& record) {
    std::array<unsigned char, kTagBytes + sizeof record> message;
    std::memcpy(message.data(), tag_.data(), kTagBytes);
    std::memcpy(message.data() + kTagBytes, &record, sizeof record);
    ::crypto_generichash(tag_.data(), tag_.size(), message.data(), message.size(), key_.data(), key_.size());
    return tag_;
  }

 private:
  Tag key_{};
  Tag tag_{};
};

Result<std::string> read_seal(const std::string& path) {
  if (auto regular = expect_regular_file(path); !regular) return tl::unexpected(regular.error());
  auto text = read_file(path);
  if (!text) return text;
  if (text->size() < kMagic.size() || text->compare(0, kMagic.size(), kMagic) != 0 ||
      (text->size() - kMagic.size()) % kTagBytes != 0) {
    return fail(ErrorKind::kCorrupt, path + ": not a seal of an audit log, or cut short");
  }
  return text->substr(kMagic.size());
}

// Walks the log along `tags`; the tags of records behind them are appended to `*more` when it is not null.
Result<SealState> walk(const std::string& log_path, const std::string& key, std::string_view tags, std::string* more) {
  if (key.size() < kKeyBytesMin) return fail(ErrorKind::kUsage, "a key has at least 16 bytes");
  if (::sodium_init() < 0) return fail(ErrorKind::kEnvironment, "libsodium cannot start");
  SealState state;
  state.sealed = tags.size() / kTagBytes;
  Chain chain(key);
  const auto take = [&](std::span<const postmortem::AuditRecord> records) {
    for (const postmortem::AuditRecord& record : records) {
      const Tag& tag = chain.next(record);
      const uint64_t index = state.records++;
      if (index >= state.sealed) {
        if (more != nullptr) more->append(reinterpret_cast<const char*>(tag.data()), tag.size());
      } else if (state.first_altered == 0 &&
                 ::sodium_memcmp(tag.data(), tags.data() + index * kTagBytes, kTagBytes) != 0) {
        state.first_altered = index + 1;
      }
    }
  };
  const auto readout = postmortem::scan_audit_log(log_path, take);
  if (!readout) return tl::unexpected(readout.error());
  if (!readout->damage.empty()) {
    const postmortem::AuditDamage& first = readout->damage.front();
    state.flaw = "damage at offset " + std::to_string(first.offset) + ": " + first.reason;
  } else if (readout->first_sequence > 1) {
    state.flaw = "its beginning is missing, it starts at sequence " + std::to_string(readout->first_sequence) +
                 ", and the chain begins at sequence 1";
  }
  if (state.first_altered == 0 && state.records < state.sealed) state.first_altered = state.records + 1;
  return state;
}

}  // namespace

Result<std::string> audit_seal_path(const std::string& log_path) {
  const auto segments = postmortem::find_audit_segments(log_path);
  if (!segments) return tl::unexpected(segments.error());
  return segments->log + ".seal";
}

Result<SealState> verify_audit_seal(const std::string& log_path, const std::string& key) {
  const auto path = audit_seal_path(log_path);
  if (!path) return tl::unexpected(path.error());
  const auto tags = read_seal(*path);
  if (!tags) return tl::unexpected(tags.error());
  return walk(log_path, key, *tags, nullptr);
}

Result<uint64_t> count_sealed(const std::string& seal_path) {
  const auto tags = read_seal(seal_path);
  if (!tags) return tl::unexpected(tags.error());
  return tags->size() / kTagBytes;
}

Result<SealState> seal_audit_log(const std::string& log_path, const std::string& key) {
  const auto path = audit_seal_path(log_path);
  if (!path) return tl::unexpected(path.error());
  std::string tags;
  if (std::filesystem::exists(*path)) {
    auto sealed = read_seal(*path);
    if (!sealed) return tl::unexpected(sealed.error());
    tags = std::move(*sealed);
  }
  std::string more;
  auto state = walk(log_path, key, tags, &more);
  if (!state) return state;
  if (!state->flaw.empty()) {
    return fail(ErrorKind::kCorrupt, log_path + ": " + state->flaw + "; nothing was sealed",
                "bring the whole log back, from the archive or a copy of it");
  }
  if (state->first_altered != 0) {
    return fail(ErrorKind::kCorrupt, log_path + ": record " + std::to_string(state->first_altered) +
                                         " is not what was sealed, or the key is another one; nothing was sealed");
  }
  if (auto written = write_file_atomic(*path, std::string(kMagic) + tags + more); !written) {
    return tl::unexpected(written.error());
  }
  state->sealed = state->records;
  return state;
}

}  // namespace crashwright::verifiers
