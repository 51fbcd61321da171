// Goal: an operation is traced back to the source line that issued it, through the C library, the C++ library and
// io_uring. Method: this test itself writes in a mount that notes callers' places, from functions of known names.
#include "harness/storage/explore/call_places.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "harness/storage/mounted_folder.h"

using namespace crashwright;
using namespace crashwright::harness;

namespace {

constexpr const char* kHere = "call_places_test.cc:";

struct Fixture : MountedFolder {
  Fixture() {
    places = true;
    start();
  }
  std::string place_of(OperationKind kind) {
    auto read = CallPlaces::read(root + "/record");
    BOOST_REQUIRE(read);
    const std::vector<Operation> found = operations(kind);
    BOOST_REQUIRE(!found.empty());
    return (*read)->text(found.back().place);
  }
};

// Between us and a call stands an interceptor of the sanitizer, without a frame.
boost::test_tools::assertion_result frames_are_ours(boost::unit_test::test_unit_id test) {
#ifdef __SANITIZE_ADDRESS__
  return {false};
#endif
  return fuse_possible(test);
}

// Not the last thing that they do is the call: a tail call would leave no frame.
[[gnu::noinline]] bool write_plainly(int fd) {
  const ssize_t put = ::pwrite(fd, "text", 4, 0);
  return put == 4;
}
[[gnu::noinline]] bool write_through_a_ring(int fd) {
  const int put = ring_write(fd, "ring", 100, 0);
  return put == 4;
}
[[gnu::noinline]] bool rename_by_the_library(const std::string& from, const std::string& to) {
  std::error_code trouble;
  std::filesystem::rename(from, to, trouble);
  return !trouble;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_operation_is_traced_to_the_line_that_issued_it, Fixture,
                        *boost::unit_test::precondition(frames_are_ours)) {
  const UniqueFd fd(::open(in_mount("a").c_str(), O_RDWR | O_CREAT, 0644));
  BOOST_REQUIRE(write_plainly(fd.get()));
  const std::string plain = place_of(OperationKind::kWrite);
  BOOST_TEST(plain.find("write_plainly at " + std::string(kHere)) != std::string::npos, plain);
  // A worker of io_uring writes; the thread that submitted is seen once it waits for the answer.
  std::string ring;
  for (const Deadline deadline(std::chrono::seconds(60)); ring.empty() && !deadline.passed();) {
    BOOST_REQUIRE(write_through_a_ring(fd.get()));
    ring = place_of(OperationKind::kWrite);
  }
  BOOST_TEST(ring.find("write_through_a_ring at " + std::string(kHere)) != std::string::npos, ring);
  BOOST_REQUIRE(rename_by_the_library(in_mount("a"), in_mount("b")));
  const std::string renamed = place_of(OperationKind::kRename);
  BOOST_TEST(renamed.find("rename_by_the_library at " + std::string(kHere)) != std::string::npos, renamed);
}

BOOST_FIXTURE_TEST_CASE(a_lambda_that_issued_it_is_named_whole, Fixture,
                        *boost::unit_test::precondition(frames_are_ours)) {
  const UniqueFd fd(::open(in_mount("a").c_str(), O_RDWR | O_CREAT, 0644));
  const auto write = [&]() __attribute__((noinline)) {
    const ssize_t put = ::pwrite(fd.get(), "text", 4, 0);
    return put == 4;
  };
  BOOST_REQUIRE(write());
  const std::string place = place_of(OperationKind::kWrite);
  BOOST_TEST(place.substr(0, place.find(" at ")).ends_with("operator()"), place);
}

BOOST_FIXTURE_TEST_CASE(one_place_is_written_down_once, Fixture, *boost::unit_test::precondition(fuse_possible)) {
  const UniqueFd fd(::open(in_mount("a").c_str(), O_RDWR | O_CREAT, 0644));
  for (int i = 0; i < 100; ++i) BOOST_REQUIRE(write_plainly(fd.get()));
  const auto read = CallPlaces::read(root + "/record");
  BOOST_REQUIRE(read);
  BOOST_TEST((*read)->size() <= 4U);
}

BOOST_AUTO_TEST_CASE(a_record_without_places_knows_none) {
  const auto read = CallPlaces::read("/nonexistent");
  BOOST_REQUIRE(read);
  BOOST_TEST((*read)->text(0) == "");
  BOOST_TEST((*read)->text(7) == "");
}
