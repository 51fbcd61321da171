#include "postmortem/audit_segment_choice.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr size_t kCompareBytes = 64 * kAuditBlockBytes;

bool same_content(const AuditSegmentFile& left, const AuditSegmentFile& right) {
  if (left.size != right.size) return false;
  const UniqueFd left_fd(::open(left.path.c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd right_fd(::open(right.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!left_fd || !right_fd) return false;
  std::vector<std::byte> one(kCompareBytes);
  std::vector<std::byte> other(kCompareBytes);
  for (uint64_t offset = 0; offset < left.size; offset += kCompareBytes) {
    const auto got = read_fully(left_fd.get(), one, offset);
    const auto too = read_fully(right_fd.get(), other, offset);
    if (!got || !too || *got != *too || std::memcmp(one.data(), other.data(), *got) != 0) return false;
  }
  return true;
}

// Of a first block that is intact where it was made, which need not be here: a stranger's file may have any number.
uint32_t log_id_of(const AuditSegmentFile& file) {
  const auto head = file.unusable.empty() ? read_audit_head(file) : std::nullopt;
  if (!head) return 0;
  return check_block(*head, head->header.block_number, 0) == AuditBlockState::kIntact ? head->header.log_id : 0;
}

// The one that most of them name, of equally many the one that comes first; 0: none.
uint32_t most_named(const std::vector<uint32_t>& ids) {
  std::map<uint32_t, size_t> counts;
  for (const uint32_t id : ids) ++counts[id];
  uint32_t winner = 0;
  for (const uint32_t id : ids) {
    if (id != 0 && (winner == 0 || counts[id] > counts[winner])) winner = id;
  }
  return winner;
}

}  // namespace

void join_duplicates(AuditSegments& segments) {
  std::vector<AuditSegmentFile> once;
  for (AuditSegmentFile& file : segments.files) {
    if (once.empty() || once.back().number != file.number) {
      once.push_back(std::move(file));
      continue;
    }
    AuditSegmentFile& first = once.back();
    const std::string which = "segment " + std::to_string(file.number) + " is there twice, ";
    const std::string both = first.path + " and " + file.path;
    if (same_content(first, file)) {
      segments.remarks.push_back(which + "with the same content, and read once: " + both);
    } else {
      first.unusable = which + "with different content: " + both;
    }
  }
  segments.files = std::move(once);
}

void name_strangers(AuditSegments& segments) {
  std::vector<uint32_t> ids;
  ids.reserve(segments.files.size());
  for (const AuditSegmentFile& file : segments.files) ids.push_back(log_id_of(file));
  segments.log_id = most_named(ids);
  if (CRASHWRIGHT_PLANTED("audit_salt_not_checked")) return;
  const auto own = std::count(ids.begin(), ids.end(), segments.log_id);
  for (size_t place = 0; place < ids.size(); ++place) {
    if (ids[place] == 0 || ids[place] == segments.log_id) continue;
    const bool even = std::count(ids.begin(), ids.end(), ids[place]) == own;
    AuditSegmentFile& file = segments.files[place];
    file.unusable = file.path + " is of another log: log id " + audit_log_id_text(ids[place]) + ", the log's is " +
                    audit_log_id_text(segments.log_id) +
                    (even ? " by its first segment, which may be the stranger as well" : "");
  }
}

}  // namespace crashwright::postmortem
