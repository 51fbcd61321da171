// The block writer against devices that refuse, and against scripted short writes and errors.
#include "postmortem/block_writer.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <deque>
#include <vector>

#include "base/unique_fd.h"
#include "postmortem/audit_block.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

// Answers each attempt from a script and remembers what it was asked.
class ScriptedWriter final : public BlockWriter {
 public:
  struct Request {
    uint64_t offset;
    size_t size;
    bool sync;
  };
  ScriptedWriter(Durability durability, bool direct) : BlockWriter(durability, direct) {}

  void answer(int64_t written, int sync = 0) { answers_.push_back({written, sync}); }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }

 protected:
  Outcome attempt(std::span<const std::byte> bytes, uint64_t offset, bool sync) override {
    requests_.push_back({offset, bytes.size(), sync});
    BOOST_REQUIRE(!answers_.empty());
    const Outcome outcome = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();  // the last answer repeats
    return outcome;
  }

 private:
  std::deque<Outcome> answers_;
  std::vector<Request> requests_;
};

const std::vector<std::byte> kBytes(8192);

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_device_is_named_with_its_call) {
  const UniqueFd fd(::open("/dev/full", O_RDWR | O_CLOEXEC));
  const auto written = BlockWriter::make(fd.get(), Durability::kPowerLoss, false)->write(kBytes, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: No space left on device");
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_an_error_although_the_write_went_well) {
  const UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));  // takes every write, cannot be synced
  BOOST_TEST(BlockWriter::make(fd.get(), Durability::kProcessDeath, false)->write(kBytes, 0).has_value());
  const auto written = BlockWriter::make(fd.get(), Durability::kPowerLoss, false)->write(kBytes, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "fdatasync: Invalid argument");
}

BOOST_AUTO_TEST_CASE(a_short_write_goes_on_at_the_rest_and_syncs_with_it) {
  ScriptedWriter writer(Durability::kPowerLoss, false);
  writer.answer(1000, -ECANCELED);
  writer.answer(-EINTR, -ECANCELED);
  writer.answer(7192);
  BOOST_TEST(writer.write(kBytes, 4096).has_value());
  BOOST_REQUIRE(writer.requests().size() == 3U);
  for (const size_t attempt : {1U, 2U}) {
    BOOST_TEST(writer.requests()[attempt].offset == 5096U);
    BOOST_TEST(writer.requests()[attempt].size == 7192U);
    BOOST_TEST(writer.requests()[attempt].sync);
  }
}

BOOST_AUTO_TEST_CASE(a_short_direct_write_goes_on_at_a_sector) {
  ScriptedWriter writer(Durability::kPowerLoss, true);
  writer.answer(1000, -ECANCELED);
  writer.answer(8192 - 512);
  BOOST_TEST(writer.write(kBytes, 0).has_value());
  BOOST_TEST(writer.requests()[1].offset == 512U);
}

BOOST_AUTO_TEST_CASE(an_error_after_a_short_write_is_not_tried_again) {
  ScriptedWriter writer(Durability::kPowerLoss, false);
  writer.answer(1000, -ECANCELED);
  writer.answer(-ENOSPC, -ECANCELED);
  const auto written = writer.write(kBytes, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: No space left on device");
  BOOST_TEST(writer.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_sync_is_not_tried_again) {
  ScriptedWriter writer(Durability::kPowerLoss, false);
  writer.answer(8192, -EIO);
  const auto written = writer.write(kBytes, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "fdatasync: Input/output error");
  BOOST_TEST(writer.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_device_that_takes_nothing_ends_in_an_error_not_in_a_loop) {
  ScriptedWriter writer(Durability::kProcessDeath, false);
  writer.answer(0);
  const auto written = writer.write(kBytes, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: the device takes no data");
  BOOST_TEST(!writer.requests().front().sync);
}
