// The pipeline against devices that refuse, against scripted short writes, errors and an order of their own, and on a
// real file.
#include "postmortem/batch_pipeline.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <deque>
#include <vector>

#include "postmortem/audit_test_support.h"
#include "postmortem/event_clock.h"

using namespace crashwright;
using namespace crashwright::postmortem;
using namespace crashwright::postmortem::test;

namespace {

// Answers each attempt from a script and remembers what it was asked; or completes nothing until told to.
class ScriptedPipeline final : public BatchPipeline {
 public:
  struct Request {
    size_t place;
    uint64_t offset;
    size_t size;
    bool sync;
  };
  ScriptedPipeline(Durability durability, bool direct) : BatchPipeline(-1, durability, direct, UniqueFd()) {}

  void answer(int64_t written, int sync = 0) { answers_.push_back({written, sync}); }
  void complete(size_t number) {
    place(number).written = static_cast<int64_t>(place(number).rest.size());
    place(number).pending = 0;
  }
  [[nodiscard]] const std::vector<Request>& requests() const { return requests_; }
  void sleep(std::chrono::nanoseconds) override {}
  [[nodiscard]] bool completed() const noexcept override { return false; }

 protected:
  void submit(size_t number, bool sync) override {
    Place& asked = place(number);
    requests_.push_back({number, asked.offset, asked.rest.size(), sync});
    if (answers_.empty()) {
      asked.pending = 1;
      return;
    }
    asked.written = answers_.front().first;
    asked.synced = answers_.front().second;
    if (answers_.size() > 1) answers_.pop_front();  // the last answer repeats
  }
  void collect() override {}

 private:
  std::deque<std::pair<int64_t, int>> answers_;
  std::vector<Request> requests_;
};

const std::vector<std::byte> kBytes(8192);

// Everything started, until it is durable or the first error.
Status finish(BatchPipeline& pipeline) {
  for (;;) {
    if (auto reaped = pipeline.reap(); !reaped) return reaped;
    static_cast<void>(pipeline.retire());
    if (pipeline.empty() && !pipeline.aside_busy()) return {};
    pipeline.sleep(std::chrono::nanoseconds(-1));
  }
}

Status write(BatchPipeline& pipeline, uint64_t offset) {
  pipeline.start(kBytes, offset);
  return finish(pipeline);
}

std::unique_ptr<BatchPipeline> make(int fd, Durability durability) {
  auto pipeline = BatchPipeline::make(fd, durability, false);
  BOOST_REQUIRE(pipeline.has_value());
  return std::move(*pipeline);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_device_is_named_with_its_call) {
  const UniqueFd fd(::open("/dev/full", O_RDWR | O_CLOEXEC));
  const auto written = write(*make(fd.get(), Durability::kPowerLoss), 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: No space left on device");
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_an_error_although_the_write_went_well) {
  const UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));  // takes every write, cannot be synced
  BOOST_TEST(write(*make(fd.get(), Durability::kProcessDeath), 0).has_value());
  const auto written = write(*make(fd.get(), Durability::kPowerLoss), 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "fdatasync: Invalid argument");
}

BOOST_AUTO_TEST_CASE(a_short_write_goes_on_at_the_rest_and_syncs_with_it) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, false);
  pipeline.answer(1000, -ECANCELED);
  pipeline.answer(-EINTR, -ECANCELED);
  pipeline.answer(7192);
  BOOST_TEST(write(pipeline, 4096).has_value());
  BOOST_REQUIRE(pipeline.requests().size() == 3U);
  for (const size_t attempt : {1U, 2U}) {
    BOOST_TEST(pipeline.requests()[attempt].offset == 5096U);
    BOOST_TEST(pipeline.requests()[attempt].size == 7192U);
    BOOST_TEST(pipeline.requests()[attempt].sync);
  }
}

BOOST_AUTO_TEST_CASE(a_short_direct_write_goes_on_at_a_sector) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, true);
  pipeline.answer(1000);
  pipeline.answer(8192 - 512);
  BOOST_TEST(write(pipeline, 0).has_value());
  BOOST_TEST(pipeline.requests()[1].offset == 512U);
}

BOOST_AUTO_TEST_CASE(an_error_after_a_short_write_is_not_tried_again) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, false);
  pipeline.answer(1000, -ECANCELED);
  pipeline.answer(-ENOSPC, -ECANCELED);
  const auto written = write(pipeline, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: No space left on device");
  BOOST_TEST(pipeline.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_sync_is_not_tried_again) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, false);
  pipeline.answer(8192, -EIO);
  const auto written = write(pipeline, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "fdatasync: Input/output error");
  BOOST_TEST(pipeline.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_device_that_takes_nothing_ends_in_an_error_not_in_a_loop) {
  ScriptedPipeline pipeline(Durability::kProcessDeath, false);
  pipeline.answer(0);
  const auto written = write(pipeline, 0);
  BOOST_REQUIRE(!written.has_value());
  BOOST_TEST(written.error().message == "write: the device takes no data");
  BOOST_TEST(!pipeline.requests().front().sync);
}

BOOST_AUTO_TEST_CASE(only_the_contiguous_prefix_of_the_writes_counts_whatever_their_order) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, true);
  for (uint64_t i = 0; i < BatchPipeline::kUnderWayMax; ++i) pipeline.start(kBytes, i * kBytes.size());
  BOOST_TEST(pipeline.full());
  const auto retired_after = [&](size_t number) {
    pipeline.complete(number);
    BOOST_REQUIRE(pipeline.reap().has_value());
    return pipeline.retire();
  };
  BOOST_TEST(retired_after(2) == 0U);
  BOOST_TEST(retired_after(1) == 0U);
  BOOST_TEST(retired_after(0) == 3U);
  BOOST_TEST(pipeline.next_place() == 0U);
  pipeline.start(kBytes, 0);
  BOOST_TEST(retired_after(0) == 0U);
  BOOST_TEST(retired_after(3) == 2U);
  BOOST_TEST(pipeline.empty());
}

BOOST_AUTO_TEST_CASE(a_write_of_the_calling_thread_is_durable_at_once_and_behind_those_before_it) {
  const ScratchFolder folder;
  const UniqueFd fd(::open(folder.file("data").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const auto pipeline = make(fd.get(), Durability::kPowerLoss);
  const std::vector<std::byte> block(4096, std::byte{7});
  BOOST_REQUIRE(pipeline->start_here(block, 4096).has_value());
  BOOST_TEST(pipeline->retire() == 1U);
  std::vector<std::byte> read_back(4096);
  BOOST_REQUIRE(::pread(fd.get(), read_back.data(), 4096, 4096) == 4096);
  BOOST_TEST((read_back == block));
}

BOOST_AUTO_TEST_CASE(an_error_of_a_write_of_the_calling_thread_is_told_to_it) {
  const UniqueFd full(::open("/dev/full", O_RDWR | O_CLOEXEC));
  const auto refused = make(full.get(), Durability::kPowerLoss);
  BOOST_TEST(refused->start_here(kBytes, 0).error().message == "write: No space left on device");
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto unsynced = make(null.get(), Durability::kPowerLoss);
  BOOST_TEST(unsynced->start_here(kBytes, 0).error().message == "fdatasync: Invalid argument");
}

BOOST_AUTO_TEST_CASE(what_is_written_aside_holds_nobody_up) {
  ScriptedPipeline pipeline(Durability::kPowerLoss, true);
  pipeline.start_aside(-1, kBytes, 1 << 20);
  pipeline.start(kBytes, 0);
  pipeline.complete(0);
  BOOST_REQUIRE(pipeline.reap().has_value());
  BOOST_TEST(pipeline.retire() == 1U);
  BOOST_TEST(pipeline.aside_busy());
  pipeline.complete(BatchPipeline::kUnderWayMax);
  BOOST_REQUIRE(pipeline.reap().has_value());
  BOOST_TEST(!pipeline.aside_busy());
}

BOOST_AUTO_TEST_CASE(four_writes_under_way_land_where_they_belong) {
  const ScratchFolder folder;
  const std::string path = folder.file("data");
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const auto pipeline = make(fd.get(), Durability::kPowerLoss);
  std::vector<std::vector<std::byte>> blocks;
  for (int i = 0; i < 40; ++i) blocks.emplace_back(4096, std::byte(i + 1));
  for (size_t i = 0; i < blocks.size(); ++i) {
    while (pipeline->full()) {
      pipeline->sleep(std::chrono::nanoseconds(-1));
      BOOST_REQUIRE(pipeline->reap().has_value());
      static_cast<void>(pipeline->retire());
    }
    pipeline->start(blocks[i], i * 4096);
  }
  BOOST_REQUIRE(finish(*pipeline).has_value());
  std::vector<std::byte> read_back(4096);
  for (size_t i = 0; i < blocks.size(); ++i) {
    BOOST_REQUIRE(::pread(fd.get(), read_back.data(), 4096, static_cast<off_t>(i * 4096)) == 4096);
    BOOST_TEST((read_back == blocks[i]));
  }
}

BOOST_AUTO_TEST_CASE(a_wake_that_comes_before_the_sleep_is_not_lost) {
  const UniqueFd fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const auto pipeline = make(fd.get(), Durability::kProcessDeath);
  pipeline->wake();
  pipeline->sleep(std::chrono::nanoseconds(-1));  // would never return
  BOOST_TEST(pipeline->empty());
}

BOOST_AUTO_TEST_CASE(the_event_clock_tells_both_times_of_one_moment) {
  EventClock clock;
  const uint64_t wall_before = wall_ns();
  const uint64_t monotonic_before = monotonic_ns();
  const EventClock::Time now = clock.now();
  BOOST_TEST(now.monotonic_ns >= monotonic_before);
  BOOST_TEST(now.monotonic_ns <= monotonic_ns());
  BOOST_TEST(now.wall_ns + 1'000'000 >= wall_before);
  BOOST_TEST(now.wall_ns <= wall_ns() + 1'000'000);
}

BOOST_AUTO_TEST_CASE(what_was_completed_and_not_yet_taken_is_told_because_no_sleep_would_last) {
  const ScratchFolder folder;
  const UniqueFd fd(::open(folder.file("batches").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const auto pipeline = BatchPipeline::make(fd.get(), Durability::kProcessDeath, false);
  BOOST_REQUIRE(pipeline.has_value());
  BOOST_TEST(!(*pipeline)->completed());
  (*pipeline)->start_aside(fd.get(), kBytes, 0);
  while ((*pipeline)->aside_busy() && !(*pipeline)->completed()) (*pipeline)->sleep(std::chrono::seconds(30));
  BOOST_REQUIRE((*pipeline)->reap().has_value());
  BOOST_TEST(!(*pipeline)->aside_busy());
  BOOST_TEST(!(*pipeline)->completed());
}
