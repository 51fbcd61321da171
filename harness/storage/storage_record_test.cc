// Goal: a storage record gives back what was put in, while it is written and afterwards, and a damaged one is refused.
// Method: round trips through real files, a reader that follows a writer, and files cut or altered by hand.
#include "harness/storage/storage_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "harness/storage/file_content.h"
#include "harness/storage/hand_written_record.h"
#include "harness/storage/operation_list.h"
#include "harness/storage/record_layout.h"
#include "harness/storage/record_writer.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

struct Fixture {
  Fixture() {
    char path[] = "/tmp/crashwright-record-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    folder = path;
  }
  ~Fixture() { std::filesystem::remove_all(folder); }

  std::unique_ptr<RecordWriter> writer() const {
    auto made = RecordWriter::create(folder);
    BOOST_REQUIRE(made);
    return std::move(*made);
  }
  void damage(const std::string& path, off_t at, unsigned char value) const {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY));
    BOOST_REQUIRE(::pwrite(fd.get(), &value, 1, at) == 1);
  }
  std::string refusal() const {
    const auto opened = StorageRecord::open(folder);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().kind == ErrorKind::kCorrupt));
    return opened.error().message;
  }

  std::string folder;
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Resident pages of files, in KiB.
uint64_t resident_file_kib() {
  const std::string status = read_file("/proc/self/status").value_or("");
  return std::strtoull(status.c_str() + status.find("RssFile:") + 8, nullptr, 10);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_list_reads_the_operations_where_they_lie_but_for_those_left_out, Fixture) {
  const auto by_hand =
      HandWrittenRecord().create(1, "a").acknowledge("one").write(1, 0, "x").acknowledge("two").sync(1);
  auto out = writer();
  for (const Operation& operation : by_hand.operations()) BOOST_REQUIRE(out->append(operation));
  OperationList lists[] = {out->record().first(5), OperationList(by_hand.operations())};
  for (OperationList& list : lists) {
    BOOST_TEST(list.size() == 5U);
    list.leave_out(OperationKind::kUnlink);
    BOOST_TEST(list.size() == 5U);
    list.leave_out(OperationKind::kAcknowledge);
    BOOST_REQUIRE(list.size() == 3U);
    BOOST_TEST(list[0].name == "a");
    BOOST_TEST(text_of(list[1].data) == "x");
    list.leave_out(OperationKind::kCreate);
    BOOST_TEST((list[1].kind == OperationKind::kSyncFile));
    for (const Operation& operation : list) BOOST_TEST(operation.node == 1U);
  }
}

BOOST_FIXTURE_TEST_CASE(reading_a_large_record_over_and_over_keeps_little_of_it_in_memory, Fixture) {
  constexpr uint64_t kEntries = 1'000'000;  // 69 MiB of index
  auto out = writer();
  const Operation sync = HandWrittenRecord().sync(1).operations()[0];
  for (uint64_t i = 0; i < kEntries; ++i) BOOST_REQUIRE(out->append(sync));
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 64; ++i) BOOST_REQUIRE(out->append(HandWrittenRecord().write(1, 0, megabyte).operations()[0]));
  const uint64_t before = resident_file_kib();
  const auto record = StorageRecord::open(folder);
  BOOST_REQUIRE(record);
  const OperationList list = (*record)->first((*record)->size());
  uint64_t most = 0;
  uint64_t letters = 0;
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < list.size(); ++i) {
      const Operation operation = list[i];
      note_record_read(operation.data.data(), operation.data.size());
      for (size_t at = 0; at < operation.data.size(); at += 4096) letters += operation.data[at] == std::byte{'x'};
      if (i % 10'000 == 0 || i > kEntries) most = std::max(most, resident_file_kib());
    }
  }
  BOOST_TEST(letters == 2U * 64 * 256);
  BOOST_TEST(most < before + kRecordBytesResidentMax / 1024 + 8 * 1024);
}

BOOST_FIXTURE_TEST_CASE(a_record_is_never_taken_for_damaged_while_it_is_written, Fixture) {
  auto out = writer();
  std::atomic<bool> done = false;
  std::thread writing([&] {
    const Operation sync = HandWrittenRecord().sync(1).operations()[0];
    for (int i = 0; i < 100'000; ++i) static_cast<void>(out->append(sync));
    done = true;
  });
  std::string trouble;
  unsigned opened = 0;
  do {
    const auto record = StorageRecord::open(folder);
    if (!record) trouble = record.error().message;
    ++opened;
  } while (!done && trouble.empty());
  writing.join();
  BOOST_TEST(trouble == "");
  BOOST_TEST(opened > 0U);
}

BOOST_FIXTURE_TEST_CASE(an_entry_that_no_writer_makes_and_a_count_that_is_too_small_are_damage, Fixture) {
  const auto by_hand = HandWrittenRecord().create(1, "a").write(1, 7, "content").write(1, 9, "more").sync(1);
  const auto write_anew = [&] {
    auto out = writer();
    for (const Operation& operation : by_hand.operations()) BOOST_REQUIRE(out->append(operation));
  };
  const auto entry = [](size_t number) {
    return static_cast<off_t>(sizeof(RecordHeader) + number * sizeof(RecordEntry));
  };
  write_anew();
  damage(record_index_path(folder), entry(2), 0xee);
  BOOST_TEST(refusal() == "storage record: entry 2 is none that a writer makes");
  write_anew();
  damage(record_index_path(folder), entry(1) + static_cast<off_t>(offsetof(RecordEntry, size)), 3);
  BOOST_TEST(refusal() == "storage record: entry 1 is none that a writer makes");
  write_anew();
  damage(record_index_path(folder), static_cast<off_t>(offsetof(RecordHeader, count)), 1);
  BOOST_TEST(refusal() == "storage record: there are more entries than the 1 that it counts");
}

BOOST_FIXTURE_TEST_CASE(operations_come_back_as_they_were_appended, Fixture) {
  const auto by_hand = HandWrittenRecord().create(1, "a").write(1, 7, "content").rename(1, "a", "bee", 3).sync(1);
  auto out = writer();
  for (Operation operation : by_hand.operations()) {
    operation.pid = 12;
    operation.tid = 13;
    operation.time_ns = 14;
    operation.flags = kSynchronous;
    BOOST_REQUIRE(out->append(operation));
  }
  const auto record = StorageRecord::open(folder);
  BOOST_REQUIRE(record);
  BOOST_REQUIRE((*record)->size() == 4);
  const Operation write = (**record)[1];
  BOOST_TEST((write.kind == OperationKind::kWrite));
  BOOST_TEST(text_of(write.data) == "content");
  BOOST_TEST(write.size == 7);
  BOOST_TEST(write.offset == 7);
  BOOST_TEST(write.pid == 12);
  BOOST_TEST(write.tid == 13);
  BOOST_TEST(write.time_ns == 14);
  BOOST_TEST(write.flags == kSynchronous);
  const Operation rename = (**record)[2];
  BOOST_TEST(rename.name == "a");
  BOOST_TEST(rename.new_name == "bee");
  BOOST_TEST(rename.replaced == 3);
}

BOOST_FIXTURE_TEST_CASE(a_reader_follows_while_the_record_grows_and_its_views_stay, Fixture) {
  auto out = writer();
  BOOST_REQUIRE(out->append(HandWrittenRecord().write(1, 0, "first").operations()[0]));
  const auto record = StorageRecord::open(folder);
  BOOST_REQUIRE(record);
  const Operation first = (**record)[0];
  for (int i = 0; i < 40'000; ++i) {
    BOOST_REQUIRE(out->append(HandWrittenRecord().write(2, 0, std::to_string(i)).operations()[0]));
  }
  BOOST_REQUIRE((*record)->size() == 40'001);
  BOOST_TEST(text_of((**record)[40'000].data) == "39999");
  BOOST_TEST(text_of(first.data) == "first");
  (*record)->release_pages();
  BOOST_TEST(text_of(first.data) == "first");
}

BOOST_FIXTURE_TEST_CASE(an_operation_that_was_prepared_and_failed_is_no_part_of_the_record, Fixture) {
  auto out = writer();
  BOOST_REQUIRE(out->prepare(HandWrittenRecord().write(1, 0, "never happened").operations()[0]));
  const HandWrittenRecord partly = HandWrittenRecord().write(1, 0, "abcdef");
  BOOST_REQUIRE(out->prepare(partly.operations()[0]));
  out->commit(3);
  BOOST_REQUIRE(out->record().size() == 1);
  BOOST_TEST(text_of(out->record()[0].data) == "abc");
  BOOST_TEST(out->record()[0].size == 3);
}

BOOST_FIXTURE_TEST_CASE(a_record_whose_writer_died_is_whole_up_to_its_count, Fixture) {
  auto out = writer();
  BOOST_REQUIRE(out->append(HandWrittenRecord().write(1, 0, "kept").operations()[0]));
  BOOST_REQUIRE(out->prepare(HandWrittenRecord().write(1, 0, "in flight").operations()[0]));
  out.reset();
  const auto record = StorageRecord::open(folder);
  BOOST_REQUIRE(record);
  BOOST_TEST((*record)->size() == 1);
}

BOOST_FIXTURE_TEST_CASE(damage_is_refused_and_named, Fixture) {
  BOOST_REQUIRE(writer()->append(HandWrittenRecord().write(1, 0, "data").operations()[0]));
  BOOST_REQUIRE(::truncate(record_data_path(folder).c_str(), 2) == 0);
  BOOST_TEST(refusal() == "storage record: entry 0 points outside of the data");
  damage(record_index_path(folder), 16 + 2, 1);  // the count, by 65536
  BOOST_TEST(refusal() == "storage record: the index is shorter than it says");
  damage(record_index_path(folder), 8, 9);
  BOOST_TEST(refusal() == "storage record of version 9, this is 2");
  damage(record_index_path(folder), 0, 0);
  BOOST_TEST(refusal() == "not a storage record: wrong magic");
  BOOST_REQUIRE(::truncate(record_index_path(folder).c_str(), 10) == 0);
  BOOST_TEST(refusal() == "storage record: too short for a header");
}

BOOST_AUTO_TEST_CASE(content_made_of_pieces_equals_content_made_of_bytes) {
  constexpr uint64_t kSeed = 20'240'501;
  BOOST_TEST_MESSAGE("seed " << kSeed);
  Random random(kSeed);
  const std::string source(1000, 'x');
  std::string pool;
  for (int i = 0; i < 4000; ++i) pool.push_back(static_cast<char>('a' + random.below(26)));
  FileContent pieces;
  std::string bytes;
  for (int round = 0; round < 3000; ++round) {
    const uint64_t offset = random.below(900);
    const uint64_t size = random.below(100);
    const uint64_t from = random.below(3900);
    switch (random.below(5)) {
      case 0:
        pieces.resize(offset);
        bytes.resize(offset);
        break;
      case 1:
        pieces.zero(offset, size);
        for (uint64_t at = offset; at < std::min(offset + size, bytes.size()); ++at) bytes[at] = '\0';
        break;
      default:
        pieces.write(offset, std::as_bytes(std::span(pool).subspan(from, size)));
        if (size > 0) bytes.resize(std::max(bytes.size(), offset + size));
        bytes.replace(std::min(offset, bytes.size()), size, pool, from, size);
    }
    BOOST_REQUIRE(pieces.text() == bytes);
  }
}

BOOST_FIXTURE_TEST_CASE(content_is_written_to_a_file_and_compared_with_one, Fixture) {
  const std::string head(300'000, 'h');
  FileContent content;
  content.write(5, std::as_bytes(std::span(head)));
  content.resize(700'000);
  const UniqueFd fd(::open((folder + "/file").c_str(), O_RDWR | O_CREAT, 0644));
  BOOST_REQUIRE(content.write_to(fd.get()));
  BOOST_TEST(read_file(folder + "/file").value() == content.text());
  BOOST_TEST(content.equals(fd.get()).value());
  BOOST_REQUIRE(::pwrite(fd.get(), "x", 1, 690'000) == 1);
  BOOST_TEST(!content.equals(fd.get()).value());
}
