#include "rca/file_part.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <limits>

#include "base/unique_fd.h"

using namespace crashwright;

namespace {

struct ShortFile {
  UniqueFd fd{::memfd_create("part", MFD_CLOEXEC)};
  ShortFile() { BOOST_REQUIRE_EQUAL(::write(fd.get(), "0123456789", 10), 10); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_part_is_what_lies_there, ShortFile) {
  BOOST_TEST(rca::read_file_part(fd.get(), 3, 4) == "3456");
  BOOST_TEST(rca::read_file_part(fd.get(), 8, 4) == "89");
  BOOST_TEST(rca::read_file_part(fd.get(), 10, 4).empty());
}

// No allocation of what a header claims: it would fail, or take the machine's memory.
BOOST_FIXTURE_TEST_CASE(a_size_beyond_reason_takes_no_more_memory_than_the_file, ShortFile) {
  BOOST_TEST(rca::read_file_part(fd.get(), 3, std::numeric_limits<uint64_t>::max()) == "3456789");
  BOOST_TEST(rca::read_file_part(fd.get(), std::numeric_limits<uint64_t>::max(), 4).empty());
}

BOOST_AUTO_TEST_CASE(what_has_no_size_has_no_parts) {
  const UniqueFd device(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  BOOST_TEST(rca::read_file_part(device.get(), 0, 16).empty());
  BOOST_TEST(rca::read_file_part(-1, 0, 16).empty());
}
