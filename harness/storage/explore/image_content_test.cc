// Goal: a content's hash tells its bytes and size and nothing of how they came there, at the cost of what was written.
#include "harness/storage/explore/image_content.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace crashwright::harness;

namespace {

constexpr uint64_t kTebibyte = uint64_t{1} << 40;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace

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
