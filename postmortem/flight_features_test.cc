// Goal: what a log call can carry beside its text (fields, a time of the caller's), where else it may be made (a signal
// handler) and kept (sealed memory), and that files of older versions stay readable.
// Method: log through the macros into small files, read them with the reader.
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <vector>

#include "base/clock.h"
#include "postmortem/flight_recorder.h"
#include "postmortem/flight_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;

BOOST_AUTO_TEST_CASE(named_placeholders_come_back_as_fields) {
  const TemporaryFolder folder;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [] {
    CRASHWRIGHT_LOG_WARN("refused {symbol} at {price_ticks=} {}: {why=:>8}|{ok}|{{x}}", "ACME", int64_t{-5}, 7, "limit",
                         true);
    CRASHWRIGHT_LOG_INFO("{value=:.2f}", 1.5);
  });
  const FlightRecord& record = readout.threads.at(0).records.at(0);
  BOOST_TEST(record.text == "refused ACME at price_ticks=-5 7: why=   limit|true|{x}");
  BOOST_REQUIRE(record.fields.size() == 4U);
  BOOST_TEST(record.fields[0].name == "symbol");
  BOOST_TEST(record.fields[0].value == "ACME");
  BOOST_TEST(!record.fields[0].is_literal);
  BOOST_TEST(record.fields[1].name == "price_ticks");
  BOOST_TEST(record.fields[1].value == "-5");
  BOOST_TEST(record.fields[1].is_literal);
  BOOST_TEST(record.fields[3].name == "ok");
  BOOST_TEST(readout.threads[0].records.at(1).fields.at(0).value == "1.5");
}

BOOST_AUTO_TEST_CASE(a_time_stamp_may_be_handed_over) {
  const TemporaryFolder folder;
  uint64_t monotonic = 0;
  uint64_t wall = 0;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [&] {
    const FlightStamp now = FlightStamp::now();
    monotonic = monotonic_ns();
    wall = wall_ns();
    CRASHWRIGHT_LOG_AT(now, Severity::kInfo, "by ticks {}", 1);
    CRASHWRIGHT_LOG_AT(FlightStamp::from_monotonic_ns(monotonic), Severity::kInfo, "by monotonic time");
    CRASHWRIGHT_LOG_AT(FlightStamp::from_wall_ns(wall - 5'000'000'000), Severity::kWarn, "five seconds ago {}",
                       std::string(100, 'x'));
    CRASHWRIGHT_LOG_INFO("own");
  });
  const auto& records = readout.threads.at(0).records;
  BOOST_REQUIRE(records.size() == 4U);
  const auto apart = [](uint64_t left, uint64_t right) { return left > right ? left - right : right - left; };
  BOOST_TEST(apart(records[0].monotonic_ns, monotonic) < 1'000'000'000);
  BOOST_TEST(records[0].stamp_given);
  BOOST_TEST(records[1].monotonic_ns == monotonic);
  BOOST_TEST(records[2].wall_ns == wall - 5'000'000'000);
  BOOST_TEST(records[2].text.ends_with("xxx"));
  BOOST_TEST(!records[3].stamp_given);
  check_clean(readout.threads[0]);
}

BOOST_AUTO_TEST_CASE(the_error_bound_of_a_time_holds_and_is_small) {
  const TemporaryFolder folder;
  std::vector<std::pair<uint64_t, uint64_t>> around;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [&] {
    prepare_flight_thread();
    for (int i = 0; i < 100; ++i) {
      const uint64_t before = monotonic_ns();
      CRASHWRIGHT_LOG_INFO("{}", i);
      around.emplace_back(before, monotonic_ns());
      if (i % 20 == 0) refresh_flight_clock();
    }
  });
  const auto& records = readout.threads.at(0).records;
  BOOST_REQUIRE(records.size() == around.size());
  for (size_t i = 0; i < records.size(); ++i) {
    BOOST_TEST(records[i].monotonic_ns + records[i].error_ns >= around[i].first);
    BOOST_TEST(records[i].monotonic_ns <= around[i].second + records[i].error_ns);
    BOOST_TEST(records[i].error_ns < 100'000'000U);
  }
}

BOOST_AUTO_TEST_CASE(a_file_of_version_1_is_still_read) {
  const auto readout = read_flight_file(CRASHWRIGHT_TEST_DATA "/flight_version_1.rec");
  BOOST_REQUIRE(readout);
  BOOST_REQUIRE(readout->threads.size() == 1U);
  const FlightThread& thread = readout->threads[0];
  BOOST_TEST(thread.name == "version1");
  BOOST_TEST(thread.committed == 150U);
  BOOST_TEST(thread.records.back().sequence == 150U);
  BOOST_TEST(thread.records.back().text == "long 150 " + std::string(90, 'v'));
  BOOST_TEST(thread.records.at(thread.records.size() - 2).text == "short 149 37.25");
  BOOST_TEST(thread.overwritten + thread.records.size() == 150U);
  check_clean(thread);
}

BOOST_AUTO_TEST_CASE(a_signal_handler_logs_into_a_ring_of_its_own) {
  const TemporaryFolder folder;
  struct sigaction action {};
  action.sa_handler = [](int signal) {
    CRASHWRIGHT_LOG_IN_SIGNAL(Severity::kError, "signal {number} {}", signal, std::string_view("while logging"));
  };
  struct sigaction before {};
  ::sigaction(SIGUSR1, &action, &before);
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [] {
    for (int i = 0; i < 50; ++i) {
      CRASHWRIGHT_LOG_INFO("record {}", i);
      ::raise(SIGUSR1);
    }
  });
  ::sigaction(SIGUSR1, &before, nullptr);
  BOOST_REQUIRE(readout.threads.size() == 2U);
  BOOST_TEST(readout.threads[0].records.size() == 50U);
  const FlightThread& handlers = readout.threads[1];
  BOOST_TEST(handlers.signal_handler);
  BOOST_REQUIRE(handlers.records.size() == 50U);
  BOOST_TEST(handlers.records[0].text == "signal 10 while logging");
  BOOST_TEST(handlers.records[0].fields.at(0).value == "10");
  BOOST_TEST(handlers.records[0].tid == readout.threads[0].tid);
  check_clean(handlers);
}

BOOST_AUTO_TEST_CASE(handlers_beyond_the_reserved_rings_drop_their_records_and_the_file_says_so) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.signal_rings = 0;
  const auto readout = record_and_read(options, [] { CRASHWRIGHT_LOG_IN_SIGNAL(Severity::kInfo, "nowhere to go"); });
  BOOST_TEST(readout.threads.empty());
  BOOST_TEST(readout.notes.at(0) == "the recorder had no room for 0 threads and dropped 1 records");
}

BOOST_AUTO_TEST_CASE(a_ring_in_sealed_memory_cannot_be_truncated_and_outlives_its_writer) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("unused"));
  const auto memory = make_flight_memory(options);
  BOOST_REQUIRE(memory);
  options.memory_fd = *memory;
  const pid_t child = ::fork();
  if (child == 0) {
    if (!open_flight_recorder(options)) ::_exit(1);
    CRASHWRIGHT_LOG_INFO("said by {}", "a process that is gone");
    ::raise(SIGKILL);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(::ftruncate(*memory, 0) == -1);
  const auto readout = read_flight_file("/proc/self/fd/" + std::to_string(*memory));
  ::close(*memory);
  BOOST_REQUIRE(readout);
  BOOST_TEST(texts(readout->threads.at(0)) == std::vector<std::string>{"said by a process that is gone"});
  BOOST_TEST(!std::filesystem::exists(options.path));
}

BOOST_AUTO_TEST_CASE(memory_of_another_size_is_refused) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("unused"));
  const auto memory = make_flight_memory(options);
  BOOST_REQUIRE(memory);
  options.memory_fd = *memory;
  options.threads_max = 1;
  const auto opened = open_flight_recorder(options);
  ::close(*memory);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().kind == ErrorKind::kUsage));
}

BOOST_AUTO_TEST_CASE(a_file_is_read_only_to_everyone_from_its_creation) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.rec");
  record_and_read(small_options(path), [] { CRASHWRIGHT_LOG_INFO("x"); });
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0444);
}
