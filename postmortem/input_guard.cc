#include "postmortem/input_guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/unique_fd.h"
#include "postmortem/crash_handler.h"
#include "postmortem/planted_bug.h"

namespace crashwright::postmortem {
namespace {

constexpr uint64_t kMagic = 0x313054504e495743U;  // "CWINPT01"
constexpr uint32_t kVersion = 1;
constexpr size_t kHandsMax = 8;
constexpr size_t kQuarantinedMax = 64;
constexpr size_t kPageBytes = 4096;

}  // namespace

struct InputGuardPage {
  struct Place {
    InputKind kind;
    uint32_t deaths;
    uint64_t number;
  };
  struct HandSlot {
    uint32_t tid;
    InputKind kind;
    std::atomic<uint64_t> number;
  };

  uint64_t magic;
  uint32_t version;
  std::atomic<uint32_t> dead_tid;
  uint32_t futile_starts;
  uint32_t quarantined_count;
  Place last;
  HandSlot hands[kHandsMax];
  Place quarantined[kQuarantinedMax];
};
static_assert(sizeof(InputGuardPage) == 168 + kQuarantinedMax * 16, "input_guard_format.md");

InputGuard::InputGuard(const std::string& path, const Limits& limits) : limits_(limits) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd || ::ftruncate(fd.get(), kPageBytes) != 0) return;
  void* const mapped = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped == MAP_FAILED) return;
  page_ = static_cast<InputGuardPage*>(mapped);
  if (page_->magic != kMagic || page_->version != kVersion || page_->quarantined_count > kQuarantinedMax) {
    std::memset(static_cast<void*>(page_), 0, kPageBytes);
    page_->magic = kMagic;
    page_->version = kVersion;
  }
  judge_last_death();
  ++page_->futile_starts;
  page_->dead_tid.store(0);
  for (InputGuardPage::HandSlot& hand : page_->hands) new (&hand) InputGuardPage::HandSlot{};
  set_death_mark(&page_->dead_tid);
}

InputGuard::~InputGuard() {
  set_death_mark(nullptr);
  if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

void InputGuard::judge_last_death() {
  const uint32_t tid = page_->dead_tid.load();
  if (tid == 0) return;
  const auto* const hand =
      std::find_if(std::begin(page_->hands), std::end(page_->hands),
                   [tid](const InputGuardPage::HandSlot& slot) { return slot.tid == tid && slot.number.load() != 0; });
  if (hand == std::end(page_->hands)) return;
  InputGuardPage::Place& last = page_->last;
  const uint64_t number = hand->number.load();
  const bool again = last.kind == hand->kind && last.number == number;
  last = {hand->kind, again ? last.deaths + 1 : 1, number};
  const bool feed = hand->kind == InputKind::kFeedMessage;
  finding_ = std::string(feed ? "feed message " : "exchange message ") + std::to_string(number) +
             " was in hand at the last death, " + std::to_string(last.deaths) + " in a row";
  if (CRASHWRIGHT_PLANTED("poison_never_quarantined")) return;
  const uint32_t deaths_max =
      CRASHWRIGHT_PLANTED("quarantine_one_death_late") ? limits_.deaths_max + 1 : limits_.deaths_max;
  if (last.deaths < deaths_max || quarantined(hand->kind, number)) return;
  if (page_->quarantined_count == kQuarantinedMax) return;
  page_->quarantined[page_->quarantined_count++] = last;
  finding_ += ": quarantined";
}

InputGuard::Hand InputGuard::hand(InputKind kind) {
  if (page_ == nullptr) return Hand();
  const auto tid = static_cast<uint32_t>(::gettid());
  for (InputGuardPage::HandSlot& slot : page_->hands) {
    uint32_t nobody = 0;  // threads come at the same time
    if (!std::atomic_ref(slot.tid).compare_exchange_strong(nobody, tid)) continue;
    slot.kind = kind;
    return Hand(&slot.number);
  }
  return Hand();
}

bool InputGuard::quarantined(InputKind kind, uint64_t number) const noexcept {
  if (page_ == nullptr || page_->quarantined_count == 0) return false;
  const InputGuardPage::Place* const begin = page_->quarantined;
  return std::any_of(begin, begin + page_->quarantined_count,
                     [&](const InputGuardPage::Place& place) { return place.kind == kind && place.number == number; });
}

uint32_t InputGuard::futile_starts() const noexcept { return page_ == nullptr ? 0 : page_->futile_starts; }

void InputGuard::resumed() noexcept {
  if (page_ != nullptr) page_->futile_starts = 0;
}

void InputGuard::out_of_our_hands() noexcept {
  if (page_ != nullptr && page_->futile_starts > 0) --page_->futile_starts;
}

}  // namespace crashwright::postmortem
