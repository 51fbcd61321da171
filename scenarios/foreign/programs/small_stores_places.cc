// Stores with a place in a file for each record: slots, counted records, copied ones, a footer behind them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "acknowledged.h"
#include "small_stores.h"

namespace small_stores {
namespace {

constexpr size_t kSlotBytes = 2048;

std::string slot(int number) { return padded(record(number, 1500), kSlotBytes); }

constexpr size_t kPlaceBytes = 1024;

off_t place_of(int number, size_t bytes = kPlaceBytes) { return static_cast<off_t>((number - 1) * bytes); }

std::string_view in_place(std::string_view data, int number, size_t bytes = kPlaceBytes) {
  return part(data, static_cast<size_t>(place_of(number, bytes)), bytes);
}

int counted() {
  const std::string text = content("count");
  const char* const end = text.data() + text.find_last_not_of('\0') + 1;
  const char* const begin = text.data() + std::min(text.find_first_not_of('\0'), text.size());
  if (begin >= end) return 0;  // a size without its bytes is no count
  int count = 0;
  if (std::from_chars(begin, end, count).ptr != end) violated("the count is no number");
  return count;
}

constexpr size_t kBlockBytes = 4096;

void write_past_cache(std::string_view block, off_t at) {
  alignas(kBlockBytes) static char aligned[kBlockBytes];
  std::memcpy(aligned, block.data(), kBlockBytes);
  const int direct = open_file("counted", O_WRONLY | O_DIRECT);
  write_at(direct, {aligned, kBlockBytes}, at);
  ::close(direct);
}

void write_back_first(int file, std::string_view how, off_t at, std::string_view block) {
  if (how == "direct") return write_past_cache(block, at);
  write_at(file, block, at);
  if (how == "fadvise") must(::posix_fadvise(file, at, kBlockBytes, POSIX_FADV_DONTNEED) == 0, "posix_fadvise");
  if (how == "sync_file_range") sync_all_of(file, at, kBlockBytes);
}

}  // namespace

void write_slots(std::string_view how) {
  const int slots = open_file("slots", O_CREAT | O_RDWR);
  write_at(slots, slot(0) + slot(0), 0);
  sync(slots);
  sync_folder();
  for (int number = 1; number <= kRecords; ++number) {
    write_at(slots, slot(number), how == "two" ? number % 2 * kSlotBytes : 0);
    sync_data(slots);
    acknowledge(number);
  }
}

void check_slots(std::string_view how) {
  const std::string data = content("slots");
  std::vector<int> found;
  for (size_t at = 0; at < (how == "two" ? 2 * kSlotBytes : kSlotBytes); at += kSlotBytes) {
    const std::vector<int> here = records(part(data, at, kSlotBytes));
    if (!here.empty()) found.push_back(here.front());
  }
  expect_newest(found, "no slot is whole");
}

void write_flag(std::string_view how) {
  const int data = open_file("data", O_CREAT | O_RDWR);
  const int count = open_file("count", O_CREAT | O_RDWR);
  sync(data);
  sync(count);
  sync_folder();
  for (int number = 1; number <= kRecords; ++number) {
    write_at(data, record(number), place_of(number));
    if (how == "data_first") sync(data);
    write_at(count, std::to_string(number), 0);
    sync(data);
    sync(count);
    acknowledge(number);
  }
}

void check_flag(std::string_view) {
  const int count = counted();
  const std::string data = content("data");
  for (int number = 1; number <= count; ++number) {
    if (!is_record(in_place(data, number), number)) violated_number("a counted record is broken", number);
  }
  expect_newest({count}, "acknowledged and lost: the count");
}

void write_copy(std::string_view how) {
  const int source = open_file("source", O_CREAT | O_RDWR);
  const int copy = open_file("copy", O_CREAT | O_RDWR);
  for (int number = 1; number <= kRecords; ++number) write_at(source, record(number), place_of(number));
  sync(source);
  sync(copy);
  sync_folder();
  for (int number = 1; number <= kRecords; ++number) {
    const auto size = static_cast<ssize_t>(record(number).size());
    off_t from = place_of(number);
    off_t to = from;
    must(::copy_file_range(source, &from, copy, &to, static_cast<size_t>(size), 0) == size, "copy_file_range");
    if (how == "synced") sync_data(copy);
    acknowledge(number);
  }
}

void check_copy(std::string_view) {
  const std::string data = content("copy");
  for (const long number : acknowledged_numbers()) {
    if (!is_record(in_place(data, static_cast<int>(number)), static_cast<int>(number))) {
      violated_number("acknowledged and lost", number);
    }
  }
}

void write_footer(std::string_view how) {
  const int file = open_file("counted", O_CREAT | O_RDWR);
  sync(file);
  sync_folder();
  for (int number = 1; number <= kRecords; ++number) {
    write_at(file, record(number, kBlockBytes - 12), place_of(number, kBlockBytes));
  }
  if (how == "synced") sync_data(file);
  write_back_first(file, how, kRecords * kBlockBytes, padded(record(kRecords, 100), kBlockBytes));
  sync_data(file);
  acknowledge(kRecords);
}

void check_footer(std::string_view) {
  const std::string data = content("counted");
  std::vector<int> footer = records(part(data, kRecords * kBlockBytes));
  if (!footer.empty()) footer.resize(1);
  for (int number = 1; number <= (footer.empty() ? 0 : footer.front()); ++number) {
    if (!is_record(in_place(data, number, kBlockBytes), number)) {
      violated_number("a footer counts a record that is not there", number);
    }
  }
  expect_newest(footer, "acknowledged and lost: the footer");
}

}  // namespace small_stores
