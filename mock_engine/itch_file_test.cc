// Goal: a feed file gives back exactly what was written, and a torn or garbled one says where.
// Method: round trip, a cut at every byte, garbage behind the end mark; files in a temporary folder.
#include "mock_engine/itch_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "base/file.h"
#include "mock_engine/test_bytes.h"

using namespace crashwright;
using namespace crashwright::mock_engine;
using namespace crashwright::mock_engine::itch;

namespace {

struct FeedFile {
  FeedFile() {
    char name[] = "/tmp/crashwright-feed-XXXXXX";
    const int fd = ::mkstemp(name);
    BOOST_REQUIRE(fd >= 0);
    ::close(fd);
    path = name;
  }
  ~FeedFile() { ::unlink(path.c_str()); }

  void write(std::string_view content) const { BOOST_REQUIRE(write_file(path, content).has_value()); }
  [[nodiscard]] ItchFileReader open() const {
    auto reader = ItchFileReader::open(path);
    BOOST_REQUIRE(reader.has_value());
    return std::move(*reader);
  }

  std::string path;
};

// Messages of 1 to 3 bytes: "a", "bb", "ccc".
constexpr std::string_view kThree("\0\1a\0\2bb\0\3ccc\0\0", 14);

std::string text_of(const FeedMessage& message) {
  return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_feed_file_has_two_bytes_of_length_before_each_message_and_an_end_mark, FeedFile) {
  auto writer = ItchFileWriter::create(path);
  BOOST_REQUIRE(writer.has_value());
  for (const std::string_view text : {"a", "bb", "ccc"}) {
    BOOST_TEST(writer->append(std::as_bytes(std::span(text))).has_value());
  }
  BOOST_TEST(writer->finish().has_value());
  BOOST_TEST(read_file(path).value() == std::string(kThree));
}

BOOST_FIXTURE_TEST_CASE(a_feed_file_is_read_back_with_sequence_numbers_from_one, FeedFile) {
  write(kThree);
  ItchFileReader reader = open();
  FeedMessage message;
  for (int round = 0; round < 2; ++round) {
    for (const std::string expected : {"a", "bb", "ccc"}) {
      BOOST_TEST((reader.next(message) == ReadState::kMessage));
      BOOST_TEST(text_of(message) == expected);
      BOOST_TEST(message.sequence == expected.size());
    }
    for (int again = 0; again < 2; ++again) BOOST_TEST((reader.next(message) == ReadState::kEnd));
    BOOST_TEST(reader.ended_by_mark());
    BOOST_TEST(reader.sequence() == 3U);
    reader.rewind();
  }
}

BOOST_FIXTURE_TEST_CASE(a_feed_file_cut_anywhere_gives_the_whole_messages_and_then_the_offset_of_the_damage, FeedFile) {
  const size_t ends[] = {0, 3, 7, 12};
  for (size_t cut = 0; cut < kThree.size(); ++cut) {
    write(kThree.substr(0, cut));
    ItchFileReader reader = open();
    size_t whole = 0;
    while (whole < 3 && ends[whole + 1] <= cut) ++whole;
    FeedMessage message;
    for (size_t i = 0; i < whole; ++i) BOOST_TEST((reader.next(message) == ReadState::kMessage));
    const bool clean = cut == ends[whole];
    BOOST_TEST((reader.next(message) == (clean ? ReadState::kEnd : ReadState::kDamaged)), "cut at " << cut);
    BOOST_TEST(!reader.ended_by_mark());
    if (clean) continue;
    BOOST_TEST((reader.error().kind == ErrorKind::kCorrupt));
    BOOST_TEST(reader.error().message.find("offset " + std::to_string(ends[whole]) + ":") != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(bytes_behind_the_end_mark_are_damage, FeedFile) {
  write(std::string(kThree) + "x");
  ItchFileReader reader = open();
  FeedMessage message;
  for (int i = 0; i < 3; ++i) BOOST_TEST((reader.next(message) == ReadState::kMessage));
  BOOST_TEST((reader.next(message) == ReadState::kDamaged));
  BOOST_TEST(reader.error().message == "feed " + path + ", offset 12: 1 bytes follow the end mark");
}

BOOST_FIXTURE_TEST_CASE(a_length_beyond_the_file_names_both_sizes, FeedFile) {
  write(
      std::string_view("\xff\xff"
                       "ab",
                       4));
  ItchFileReader reader = open();
  FeedMessage message;
  BOOST_TEST((reader.next(message) == ReadState::kDamaged));
  BOOST_TEST(reader.error().message ==
             "feed " + path + ", offset 0: a message of 65535 bytes is announced, 2 are left");
}

BOOST_FIXTURE_TEST_CASE(an_empty_feed_file_is_an_empty_feed, FeedFile) {
  write("");
  ItchFileReader reader = open();
  FeedMessage message;
  BOOST_TEST((reader.next(message) == ReadState::kEnd));
}

BOOST_AUTO_TEST_CASE(a_missing_feed_file_is_an_error_that_names_it) {
  const auto reader = ItchFileReader::open("/tmp/crashwright-no-such-feed");
  BOOST_REQUIRE(!reader.has_value());
  BOOST_TEST(reader.error().message.find("/tmp/crashwright-no-such-feed") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_feed_longer_than_the_write_buffer_comes_back_whole, FeedFile) {
  auto writer = ItchFileWriter::create(path);
  BOOST_REQUIRE(writer.has_value());
  std::vector<std::byte> message(40);
  for (uint32_t i = 1; i <= 20'000; ++i) {
    store_big_endian(message.data(), i);
    BOOST_REQUIRE(writer->append(message).has_value());
  }
  BOOST_TEST(writer->finish().has_value());
  ItchFileReader reader = open();
  FeedMessage read;
  uint64_t wrong = 0;
  while (reader.next(read) == ReadState::kMessage) {
    wrong += read.bytes.size() != 40 || load_big_endian<uint32_t>(read.bytes.data()) != read.sequence;
  }
  BOOST_TEST(wrong == 0U);
  BOOST_TEST(reader.sequence() == 20'000U);
}
