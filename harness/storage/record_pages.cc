#include "harness/storage/record_pages.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "harness/storage/storage_record.h"

namespace crashwright::harness::record_pages {
namespace {

constexpr size_t kWindowsMax = kRecordBytesResidentMax / kWindowBytes;

// Of this process.
struct ResidentRecords {
  std::mutex lock;
  std::set<const StorageRecord*> records;
  uint64_t windows[kWindowsMax] = {};
  size_t count = 0;
};

ResidentRecords& resident() {
  static ResidentRecords all;
  return all;
}

}  // namespace

void touch(uint64_t window) noexcept {
  ResidentRecords& all = resident();
  const std::scoped_lock guard(all.lock);
  uint64_t* const end = all.windows + all.count;
  if (std::find(all.windows, end, window) == end) {
    if (all.count == kWindowsMax) {
      for (const StorageRecord* const record : all.records) record->release_pages();
      round.fetch_add(1, std::memory_order_relaxed);
      all.count = 0;
    }
    all.windows[all.count++] = window;
  }
  const uint64_t now = round.load(std::memory_order_relaxed);
  if (touched_here.round != now) touched_here = {now, {}};
  touched_here.windows[window % kWindowsKnown] = window;
}

void add(const StorageRecord& record) {
  const std::scoped_lock guard(resident().lock);
  resident().records.insert(&record);
}

void remove(const StorageRecord& record) {
  const std::scoped_lock guard(resident().lock);
  resident().records.erase(&record);
}

}  // namespace crashwright::harness::record_pages
