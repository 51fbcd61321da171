// Goal: whatever happens to a file, the reader takes only records that were written, and accounts for the others.
// Method: a small wrapped ring with records of one and of several lines; cut the file at every byte, flip every bit,
// misplace lines; compare every accepted record with the original.
#include <fcntl.h>

#include <iostream>
#include <map>

#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "postmortem/flight_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

constexpr uint64_t kRecords = 120;
constexpr size_t kRingsOffset = 3 * kFlightPageBytes;
constexpr size_t kRingBytes = kFlightRingLinesMin * sizeof(FlightLine);

FlightRecorderOptions tiny_options(const std::string& path) {
  FlightRecorderOptions options;
  options.path = path;
  options.ring_bytes_per_thread = kRingBytes;
  options.threads_max = 1;
  options.sites_max = 8;
  options.signal_rings = 0;
  return options;
}

void log_mixed(uint64_t count) {
  for (uint64_t i = 1; i <= count; ++i) {
    if (i % 5 == 0) {
      CRASHWRIGHT_LOG_WARN("long {} {}", i, std::string(40 + i, 'm'));
    } else {
      CRASHWRIGHT_LOG_INFO("short {}", i);
    }
  }
}

// A pristine file, and ways to spoil copies of it.
struct Original {
  TemporaryFolder folder;
  std::string path = folder.file("a.rec");
  FlightReadout readout;
  std::string bytes;
  std::map<uint64_t, std::string> texts;

  explicit Original(uint64_t count) {
    readout = record_and_read(tiny_options(path), [count] { log_mixed(count); });
    bytes = read_file(path).value();
    BOOST_REQUIRE(bytes.size() == kRingsOffset + kRingBytes);
    for (const FlightRecord& record : readout.threads.at(0).records) texts[record.sequence] = record.text;
  }

  Result<FlightReadout> read_changed(const std::string& changed) const {
    const std::string copy = folder.file("changed.rec");
    BOOST_REQUIRE(write_file(copy, changed));
    return read_flight_file(copy);
  }
};

// Only originals, at their places, without a gap that is not accounted for. Records of a damaged call site keep their
// places but cannot be worded.
void check_nothing_invented(const Original& original, const FlightThread& thread, const std::string& what) {
  uint64_t previous = 0;
  for (const FlightRecord& record : thread.records) {
    const auto found = original.texts.find(record.sequence);
    const bool worded = record.text.starts_with("(call site ");
    if (found == original.texts.end() || (!worded && found->second != record.text) || record.sequence <= previous) {
      BOOST_ERROR(what << ": record " << record.sequence << " was not written: " << record.text);
    }
    previous = record.sequence;
  }
}

void check_account(const FlightThread& thread, uint64_t written, const std::string& what) {
  const uint64_t accounted = thread.records.size() + thread.refused_records + thread.overwritten;
  // What counts as in flight at the oldest places of the ring is part of `overwritten`.
  if (accounted != written) BOOST_ERROR(what << ": " << accounted << " of " << written << " records accounted for");
  if (thread.refused_records > 0 && thread.refused.empty()) BOOST_ERROR(what << ": refused without a reason");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_cut_at_any_byte_gives_only_records_that_were_written) {
  for (const uint64_t count : {uint64_t{20}, kRecords}) {
    const Original original(count);
    const std::string copy = original.folder.file("cut.rec");
    BOOST_REQUIRE(write_file(copy, original.bytes));
    for (size_t size = original.bytes.size(); size-- > 0;) {
      BOOST_REQUIRE(::truncate(copy.c_str(), static_cast<off_t>(size)) == 0);
      const auto readout = read_flight_file(copy);
      const std::string what = "cut at " + std::to_string(size);
      if (!readout) {
        if (readout.error().kind != ErrorKind::kCorrupt || size >= kFlightPageBytes) BOOST_ERROR(what);
        continue;
      }
      if (readout->notes.empty()) BOOST_ERROR(what << ": not said");
      for (const FlightThread& thread : readout->threads) {
        check_nothing_invented(original, thread, what);
        if (size >= kRingsOffset) check_account(thread, count, what);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_never_makes_a_record) {
  for (const uint64_t count : {uint64_t{20}, kRecords}) {
    const Original original(count);
    const std::string copy = original.folder.file("flipped.rec");
    BOOST_REQUIRE(write_file(copy, original.bytes));
    const UniqueFd fd(::open(copy.c_str(), O_WRONLY | O_CLOEXEC));
    for (size_t bit = 0; bit < original.bytes.size() * 8; ++bit) {
      const size_t byte = bit / 8;
      const char before = original.bytes[byte];
      if (byte < kRingsOffset && before == 0) continue;  // mostly empty: one bit there says what all say
      const char flipped = static_cast<char>(before ^ (1 << bit % 8));
      BOOST_REQUIRE(::pwrite(fd.get(), &flipped, 1, static_cast<off_t>(byte)) == 1);
      const auto readout = read_flight_file(copy);
      BOOST_REQUIRE(::pwrite(fd.get(), &before, 1, static_cast<off_t>(byte)) == 1);
      const std::string what = "bit " + std::to_string(bit);
      if (!readout || readout->threads.size() != 1) {
        BOOST_ERROR(what << ": the thread is gone");
        continue;
      }
      check_nothing_invented(original, readout->threads[0], what);
      if (byte >= kRingsOffset) check_account(readout->threads[0], count, what);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_in_a_record_is_refused_with_its_place) {
  const Original original(20);
  std::string changed = original.bytes;
  constexpr size_t kThird = kRingsOffset + 2 * sizeof(FlightLine);
  changed[kThird + 20] = static_cast<char>(changed[kThird + 20] ^ 0x10);
  const auto readout = original.read_changed(changed);
  BOOST_REQUIRE(readout);
  const FlightThread& thread = readout->threads.at(0);
  BOOST_TEST(thread.records.size() == 19U);
  BOOST_TEST(thread.refused_records == 1U);
  BOOST_TEST(thread.refused.at(0) == "record 3 at byte " + std::to_string(kThird) + ": checksum does not fit");
}

BOOST_AUTO_TEST_CASE(the_newest_record_damaged_is_missed_by_the_rings_own_count) {
  const Original original(3);
  std::string changed = original.bytes;
  changed[kRingsOffset + 2 * sizeof(FlightLine) + 16] ^= 1;
  const auto readout = original.read_changed(changed);
  BOOST_REQUIRE(readout);
  BOOST_TEST(readout->threads.at(0).records.size() == 2U);
  BOOST_TEST(readout->threads.at(0).refused_records == 1U);
}

BOOST_AUTO_TEST_CASE(random_garbage_in_the_ring_is_never_taken_for_a_record) {
  constexpr uint64_t kSeed = 99;
  std::cout << "seed " << kSeed << '\n';
  Random random(kSeed);
  const Original original(kRecords);
  for (int round = 0; round < 2000; ++round) {
    std::string changed = original.bytes;
    const size_t from = kRingsOffset + random.below(kRingBytes);
    const size_t to = from + random.below(kRingsOffset + kRingBytes - from) + 1;
    for (size_t i = from; i < to; ++i) changed[i] = static_cast<char>(random.next());
    const auto readout = original.read_changed(changed);
    BOOST_REQUIRE(readout);
    check_nothing_invented(original, readout->threads.at(0), "round " + std::to_string(round));
    check_account(readout->threads[0], kRecords, "round " + std::to_string(round));
  }
}

BOOST_AUTO_TEST_CASE(a_line_copied_to_another_place_is_not_taken) {
  const Original original(20);
  for (size_t from = 0; from < 20; ++from) {
    std::string changed = original.bytes;
    const std::string line = changed.substr(kRingsOffset + from * sizeof(FlightLine), sizeof(FlightLine));
    changed.replace(kRingsOffset + 50 * sizeof(FlightLine), line.size(), line);
    const auto readout = original.read_changed(changed);
    BOOST_REQUIRE(readout);
    BOOST_TEST(readout->threads.at(0).records.size() == original.texts.size());
    check_nothing_invented(original, readout->threads[0], "line " + std::to_string(from));
  }
}

BOOST_AUTO_TEST_CASE(a_string_that_contains_the_lines_of_a_ring_makes_no_records) {
  const Original original(20);
  const TemporaryFolder folder;
  const std::string lines = original.bytes.substr(kRingsOffset, kLogStringBytesMax);
  const auto readout = record_and_read(tiny_options(folder.file("b.rec")), [&] {
    for (size_t skip = 0; skip < 8; ++skip) {
      const std::string_view part = std::string_view(lines).substr(skip);
      CRASHWRIGHT_LOG_INFO("{}", part);
    }
  });
  BOOST_TEST(readout.threads.at(0).records.size() == 8U);
  BOOST_TEST(readout.threads[0].refused.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_none_is_refused_with_its_name) {
  const TemporaryFolder folder;
  const std::string path = folder.file("text");
  BOOST_REQUIRE(write_file(path, std::string(10000, 'x')));
  const auto readout = read_flight_file(path);
  BOOST_REQUIRE(!readout);
  BOOST_TEST(readout.error().message == path + ": not a flight recorder file, or its header is damaged");
  BOOST_TEST(!read_flight_file(folder.file("missing")));
}
