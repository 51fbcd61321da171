// Goal: the content of a file is told from another one by its bytes, at a cost that its holes have no part in.
#include "harness/storage/file_content.h"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/unique_fd.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr uint64_t kSize = uint64_t{1} << 40;
constexpr std::string_view kText = "far behind";

// 1 TiB, with a few bytes near its end.
struct SparseFile {
  UniqueFd fd{::memfd_create("sparse", MFD_CLOEXEC)};
  FileContent content;
  SparseFile() {
    BOOST_REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(kSize)) == 0);
    put(kSize - 5'000, kText);
    content.resize(kSize);
    content.write(kSize - 5'000, std::as_bytes(std::span(kText)));
  }
  void put(uint64_t offset, std::string_view bytes) const {
    BOOST_REQUIRE(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
                  static_cast<ssize_t>(bytes.size()));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_of_a_tebibyte_that_is_nearly_all_hole_is_compared_at_once, SparseFile) {
  BOOST_TEST(content.equals(fd.get()).value());
}

BOOST_FIXTURE_TEST_CASE(a_byte_where_a_hole_should_be_is_a_difference, SparseFile) {
  put(kSize / 2 + 17, "x");
  BOOST_TEST(!content.equals(fd.get()).value());
}

BOOST_FIXTURE_TEST_CASE(zeros_that_were_written_are_as_good_as_a_hole, SparseFile) {
  put(kSize / 2, std::string_view("\0\0\0", 3));
  BOOST_TEST(content.equals(fd.get()).value());
}

BOOST_FIXTURE_TEST_CASE(a_hole_where_bytes_should_be_is_a_difference, SparseFile) {
  content.write(kSize / 4, std::as_bytes(std::span(kText)));
  BOOST_TEST(!content.equals(fd.get()).value());
}

BOOST_AUTO_TEST_CASE(pieces_that_go_on_in_the_record_hold_what_was_written_whatever_is_cut_out_later) {
  const std::string record = "onetwothreefour";
  const auto piece = [&](size_t at, size_t size) { return std::as_bytes(std::span(record).subspan(at, size)); };
  FileContent content;
  content.write(0, piece(0, 3));
  content.write(3, piece(3, 3));
  content.write(6, piece(6, 5));
  content.write(20, piece(11, 4));
  BOOST_TEST(content.text() == "onetwothree" + std::string(9, '\0') + "four");
  content.write(2, piece(11, 2));
  content.zero(5, 3);
  BOOST_TEST(content.text() == std::string("onfow\0\0\0ree", 11) + std::string(9, '\0') + "four");
  content.resize(4);
  content.write(4, piece(0, 3));
  BOOST_TEST(content.text() == "onfoone");
}
