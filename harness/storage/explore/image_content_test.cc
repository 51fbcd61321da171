// Goal: a content holds the bytes that were written to it, its hash tells them and its size and nothing of how they
// came there, at the cost of what was written, and copies that share what is equal never touch each other.
// Method: random changes of contents, and of strings beside them.
#include "harness/storage/explore/image_content.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"

using namespace crashwright::harness;

namespace {

constexpr uint64_t kTebibyte = uint64_t{1} << 40;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// A content and the bytes that it must have.
struct Pair {
  ImageContent content;
  std::string bytes;

  void write(uint64_t offset, std::span<const std::byte> data) {
    content.write(offset, data);
    if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size(), '\0');
    std::copy_n(reinterpret_cast<const char*>(data.data()), data.size(),
                bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void zero(uint64_t offset, uint64_t size) {
    content.zero(offset, size);
    const uint64_t end = std::min<uint64_t>(bytes.size(), offset + size);
    for (uint64_t at = offset; at < end; ++at) bytes[at] = '\0';
  }
  void resize(uint64_t size) {
    content.resize(size);
    bytes.resize(size, '\0');
  }
};

uint64_t hash_of(const std::string& bytes) {
  ImageContent content;
  content.write(0, bytes_of(bytes));
  return content.hash();
}

// Of two contents no byte differs outside of the ranges that are told.
bool tells_all_differences(const Pair& wanted, const Pair& present) {
  std::string becoming = present.bytes;
  becoming.resize(wanted.bytes.size(), '\0');
  wanted.content.differing(present.content, [&](uint64_t begin, uint64_t end) {
    std::copy(wanted.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              wanted.bytes.begin() + static_cast<std::ptrdiff_t>(end),
              becoming.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  return becoming == wanted.bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(random_changes_of_copies_give_the_bytes_that_the_same_changes_give_a_string) {
  constexpr uint64_t kReach = 3 * 512 * 1024;  // over several leaves
  constexpr uint64_t kSizes[] = {1, 100, 512, 4'096, 5'000, 70'000, 700'000};
  crashwright::Random random(11);
  std::string source(1 << 20, '\0');
  for (char& c : source) c = static_cast<char>('a' + random.below(20));
  std::vector<Pair> pairs(3);
  for (int round = 0; round < 2'000; ++round) {
    Pair& pair = pairs[random.below(pairs.size())];
    const uint64_t near = random.below(2) == 0 ? 8'192 : kReach;
    const uint64_t unit = random.below(2) == 0 ? 512 : 1;
    const uint64_t offset = random.below(near) / unit * unit;
    const uint64_t size = kSizes[random.below(std::size(kSizes))];
    switch (random.below(8)) {
      case 0:
        pair.zero(offset, size);
        break;
      case 1:
        pair.resize(random.below(4) == 0 ? random.below(kReach) : pair.bytes.size() + random.below(5'000));
        break;
      case 2:
        pair = pairs[random.below(pairs.size())];
        break;
      case 3:
        (void)pair.content.hash();
        break;
      default:  // bytes from the same place go on where the ones before end
        pair.write(offset, bytes_of(source).subspan(offset % 200'000, size));
    }
    if (round % 20 != 0) continue;
    for (Pair& each : pairs) {
      BOOST_REQUIRE(each.content.size() == each.bytes.size());
      BOOST_REQUIRE_MESSAGE(each.content.text() == each.bytes, "round " << round);
      BOOST_REQUIRE(each.content.hash() == hash_of(each.bytes));
      BOOST_REQUIRE(tells_all_differences(each, pairs[0]));
      BOOST_REQUIRE(tells_all_differences(pairs[0], each));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_bytes_hash_alike_whatever_was_written_in_between) {
  const std::string a(5'000, 'a');
  const std::string b(300, 'b');
  ImageContent at_once;
  at_once.write(0, bytes_of(a));
  at_once.write(20'000, bytes_of(b));
  ImageContent by_and_by;
  by_and_by.write(20'000, bytes_of(b));
  (void)by_and_by.hash();
  by_and_by.write(0, bytes_of(b));
  by_and_by.write(12'000, bytes_of(b));
  (void)by_and_by.hash();
  by_and_by.write(0, bytes_of(a));
  by_and_by.zero(12'000, 300);
  BOOST_TEST(by_and_by.hash() == at_once.hash());
  by_and_by.resize(20'301);
  BOOST_TEST(by_and_by.hash() != at_once.hash());
  by_and_by.resize(20'300);
  BOOST_TEST(by_and_by.hash() == at_once.hash());
}

BOOST_AUTO_TEST_CASE(a_file_of_tebibytes_costs_what_was_written_to_it) {
  const std::string text(700, 't');
  ImageContent content;
  content.resize(20 * kTebibyte);
  const uint64_t empty = content.hash();
  content.write(17 * kTebibyte, bytes_of(text));
  content.write(kTebibyte, bytes_of(text));
  BOOST_TEST(content.hash() != empty);
  content.zero(0, 16 * kTebibyte);
  const uint64_t one = content.hash();
  BOOST_TEST(one != empty);
  content.resize(kTebibyte);
  content.resize(20 * kTebibyte);
  BOOST_TEST(content.hash() == empty);
}
