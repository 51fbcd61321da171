// Goal: what is logged comes back, decoded without the binary, in order, from every thread; the ring keeps the newest.
// Method: log through the macros into small files, read them with the reader, compare texts and accounts.
#include "postmortem/flight_recorder.h"

#include <sys/wait.h>

#include <limits>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "postmortem/flight_test_support.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

enum class Side : char { kBuy = 'B', kSell = 'S' };
enum class Level : uint16_t { kHigh = 65535 };

// What record `i` of a thread says, one to six lines long.
void log_numbered(uint32_t thread, uint64_t i) {
  if (i % 7 == 0) {
    const std::string tail(i % 251, static_cast<char>('a' + i % 26));
    CRASHWRIGHT_LOG_WARN("{} {} tail {}", thread, i, tail);
  } else {
    CRASHWRIGHT_LOG_INFO("{} {}", thread, i);
  }
}

std::string numbered_text(uint32_t thread, uint64_t i) {
  const std::string start = std::to_string(thread) + " " + std::to_string(i);
  return i % 7 == 0 ? start + " tail " + std::string(i % 251, static_cast<char>('a' + i % 26)) : start;
}

template <typename T>
void log_limits() {
  CRASHWRIGHT_LOG_DEBUG("{} {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_argument_type_comes_back) {
  const TemporaryFolder folder;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [] {
    log_limits<int8_t>();
    log_limits<uint8_t>();
    log_limits<int16_t>();
    log_limits<uint16_t>();
    log_limits<int32_t>();
    log_limits<uint32_t>();
    log_limits<int64_t>();
    log_limits<uint64_t>();
    CRASHWRIGHT_LOG_INFO("{} {} {}", true, false, 'x');
    CRASHWRIGHT_LOG_INFO("{} {} {:.3f}", 0.1, -1e300, 2.5F);
    CRASHWRIGHT_LOG_INFO("{}|{}|{}|{}", "literal", std::string_view("view"), std::string("string"), "");
    CRASHWRIGHT_LOG_INFO("{}", static_cast<const char*>(nullptr));
    CRASHWRIGHT_LOG_INFO("{}", reinterpret_cast<const void*>(0xdead));
    CRASHWRIGHT_LOG_INFO("{} {} {}", Side::kBuy, Side::kSell, Level::kHigh);
    CRASHWRIGHT_LOG_INFO("{{}} {:#06x} {:>6} {:*<4}", 255, "ab", 'c');
  });
  BOOST_REQUIRE(readout.threads.size() == 1U);
  const std::vector<std::string> expected = {"-128 127",
                                             "0 255",
                                             "-32768 32767",
                                             "0 65535",
                                             "-2147483648 2147483647",
                                             "0 4294967295",
                                             "-9223372036854775808 9223372036854775807",
                                             "0 18446744073709551615",
                                             "true false x",
                                             "0.1 -1e+300 2.500",
                                             "literal|view|string|",
                                             "(null)",
                                             "0xdead",
                                             "B S 65535",
                                             "{} 0x00ff     ab c***"};
  BOOST_TEST(texts(readout.threads[0]) == expected, boost::test_tools::per_element());
  check_clean(readout.threads[0]);
}

BOOST_AUTO_TEST_CASE(a_call_site_is_stored_with_file_line_severity_and_format) {
  const TemporaryFolder folder;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [] {
    for (int i = 0; i < 3; ++i) CRASHWRIGHT_LOG_ERROR("attempt {}", i);
  });
  BOOST_REQUIRE(readout.threads.at(0).records.size() == 3U);
  for (const FlightRecord& record : readout.threads[0].records) {
    BOOST_TEST(record.file.ends_with("flight_recorder_test.cc"));
    BOOST_TEST(record.line == __LINE__ - 5);
    BOOST_TEST(severity_name(record.severity) == "ERROR");
    BOOST_TEST(record.format == "attempt {}");
  }
  BOOST_TEST(readout.pid == static_cast<uint32_t>(::getpid()));
}

BOOST_AUTO_TEST_CASE(payloads_of_every_length_come_back) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.ring_bytes_per_thread = 1 << 20;
  const std::string source(kLogStringBytesMax, 'q');
  const auto readout = record_and_read(options, [&] {
    for (size_t length = 0; length <= kLogStringBytesMax; ++length) {
      CRASHWRIGHT_LOG_INFO("{}:{}", length, std::string_view(source).substr(0, length));
    }
    const std::string_view all(source);
    CRASHWRIGHT_LOG_INFO("{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}", all, all, all, all, all, all, all, all, all, all, all, all,
                         all, all, all, all);
  });
  const auto& records = readout.threads.at(0).records;
  BOOST_REQUIRE(records.size() == kLogStringBytesMax + 2);
  for (size_t length = 0; length <= kLogStringBytesMax; ++length) {
    BOOST_TEST(records[length].text == std::to_string(length) + ":" + source.substr(0, length));
  }
  BOOST_TEST(records.back().text == std::string(16 * kLogStringBytesMax, 'q'));
  check_clean(readout.threads[0]);
}

BOOST_AUTO_TEST_CASE(a_longer_string_is_cut_at_the_stated_limit_and_says_so) {
  const TemporaryFolder folder;
  const std::string text(100000, 'z');
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [&] {
    CRASHWRIGHT_LOG_INFO("{}", text);
    CRASHWRIGHT_LOG_INFO("{}", text.c_str());
  });
  const std::string cut = text.substr(0, kLogStringBytesMax) + "...";
  BOOST_TEST(readout.threads.at(0).records.at(0).text == cut);
  BOOST_TEST(readout.threads.at(0).records.at(1).text == cut);
}

BOOST_AUTO_TEST_CASE(the_ring_keeps_the_newest_records_and_counts_the_overwritten) {
  for (const uint64_t count : {1U, 37U, 63U, 64U, 65U, 127U, 128U, 129U, 1000U, 5003U}) {
    const TemporaryFolder folder;
    const auto readout = record_and_read(small_options(folder.file("a.rec")), [&] {
      for (uint64_t i = 1; i <= count; ++i) log_numbered(0, i);
    });
    const FlightThread& thread = readout.threads.at(0);
    BOOST_REQUIRE(!thread.records.empty());
    BOOST_TEST(thread.records.back().sequence == count);
    BOOST_TEST(thread.overwritten + thread.records.size() == count);
    for (size_t i = 0; i < thread.records.size(); ++i) {
      BOOST_TEST(thread.records[i].sequence == thread.first_sequence + i);
      BOOST_TEST(thread.records[i].text == numbered_text(0, thread.records[i].sequence));
    }
    check_clean(thread);
  }
}

BOOST_AUTO_TEST_CASE(the_smallest_ring_holds_the_longest_record) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.ring_bytes_per_thread = 1;
  const std::string source(kLogStringBytesMax, 'q');
  const auto readout = record_and_read(options, [&] {
    const std::string_view all(source);
    for (int i = 0; i < 7; ++i) {
      CRASHWRIGHT_LOG_INFO("{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}{}", all, all, all, all, all, all, all, all, all, all, all,
                           all, all, all, all, all);
    }
  });
  const FlightThread& thread = readout.threads.at(0);
  BOOST_REQUIRE(thread.records.size() == 1U);
  BOOST_TEST(thread.records[0].sequence == 7U);
  BOOST_TEST(thread.records[0].text == std::string(16 * kLogStringBytesMax, 'q'));
  BOOST_TEST(thread.overwritten == 6U);
  check_clean(thread);
}

BOOST_AUTO_TEST_CASE(threads_write_side_by_side_without_mixing) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.ring_bytes_per_thread = 1 << 18;
  options.threads_max = 8;
  BOOST_REQUIRE(open_flight_recorder(options));
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      ::pthread_setname_np(::pthread_self(), ("writer" + std::to_string(t)).c_str());
      for (uint64_t i = 1; i <= 20000; ++i) log_numbered(t, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  close_flight_recorder();
  const auto readout = read_flight_file(options.path);
  BOOST_REQUIRE(readout);
  BOOST_REQUIRE(readout->threads.size() == 8U);
  for (const FlightThread& thread : readout->threads) {
    const auto number = static_cast<uint32_t>(std::stoul(thread.name.substr(6)));
    BOOST_TEST(thread.records.back().sequence == 20000U);
    BOOST_TEST(thread.committed == 20000U);
    for (const FlightRecord& record : thread.records) {
      if (record.text != numbered_text(number, record.sequence)) BOOST_ERROR(record.text);
    }
    check_clean(thread);
  }
}

BOOST_AUTO_TEST_CASE(a_thread_beyond_the_limit_gets_no_ring_and_the_file_says_so) {
  const TemporaryFolder folder;
  const auto options = small_options(folder.file("a.rec"));
  BOOST_REQUIRE(open_flight_recorder(options));
  for (int t = 0; t < 6; ++t) {
    std::thread([] {
      for (int i = 0; i < 10; ++i) CRASHWRIGHT_LOG_INFO("{}", i);
    }).join();
  }
  close_flight_recorder();
  const auto readout = read_flight_file(options.path);
  BOOST_REQUIRE(readout);
  BOOST_TEST(readout->threads.size() == 4U);
  BOOST_REQUIRE(readout->notes.size() == 1U);
  BOOST_TEST(readout->notes[0] == "the recorder had no room for 2 threads and dropped 20 records");
}

BOOST_AUTO_TEST_CASE(call_sites_beyond_the_limit_are_dropped_and_counted) {
  const TemporaryFolder folder;
  auto options = small_options(folder.file("a.rec"));
  options.sites_max = 1;
  const auto readout = record_and_read(options, [] {
    CRASHWRIGHT_LOG_INFO("first");
    CRASHWRIGHT_LOG_INFO("second");
  });
  BOOST_TEST(texts(readout.threads.at(0)) == std::vector<std::string>{"first"});
  BOOST_TEST(readout.notes.at(0) == "the recorder had no room for 0 threads and dropped 1 records");
  check_clean(readout.threads[0]);
}

BOOST_AUTO_TEST_CASE(records_outside_open_and_close_are_dropped) {
  const TemporaryFolder folder;
  const auto log = [](const char* when) { CRASHWRIGHT_LOG_INFO("{}", when); };
  log("before");
  for (const char* name : {"first.rec", "second.rec"}) {
    BOOST_REQUIRE(open_flight_recorder(small_options(folder.file(name))));
    log(name);
    close_flight_recorder();
    log("after");
    const auto readout = read_flight_file(folder.file(name));
    BOOST_REQUIRE(readout);
    BOOST_TEST(texts(readout->threads.at(0)) == std::vector<std::string>{name});
  }
}

BOOST_AUTO_TEST_CASE(opening_twice_or_beyond_the_limits_is_refused) {
  const TemporaryFolder folder;
  BOOST_REQUIRE(open_flight_recorder(small_options(folder.file("a.rec"))));
  const auto twice = open_flight_recorder(small_options(folder.file("b.rec")));
  BOOST_REQUIRE(!twice);
  BOOST_TEST(twice.error().message == "flight recorder: already open");
  close_flight_recorder();
  auto options = small_options(folder.file("c.rec"));
  options.threads_max = 0;
  BOOST_TEST(!open_flight_recorder(options));
  BOOST_TEST(!open_flight_recorder(small_options(folder.file("missing/c.rec"))));
}

BOOST_AUTO_TEST_CASE(an_older_file_of_the_same_name_is_kept_aside) {
  const TemporaryFolder folder;
  const auto options = small_options(folder.file("a.rec"));
  record_and_read(options, [] { CRASHWRIGHT_LOG_INFO("old"); });
  const auto readout = record_and_read(options, [] { CRASHWRIGHT_LOG_INFO("new"); });
  BOOST_TEST(readout.threads.at(0).records.at(0).text == "new");
  const auto previous = read_flight_file(options.path + ".previous");
  BOOST_REQUIRE(previous);
  BOOST_TEST(previous->threads.at(0).records.at(0).text == "old");
}

BOOST_AUTO_TEST_CASE(times_lie_between_the_clock_readings_around_the_call) {
  constexpr uint64_t kErrorNs = 10'000;
  for (const FlightClock clock : {FlightClock::kTimeStampCounter, FlightClock::kMonotonic}) {
    const TemporaryFolder folder;
    uint64_t before_ns = 0;
    uint64_t after_ns = 0;
    uint64_t wall_before_ns = 0;
    auto options = small_options(folder.file("a.rec"));
    options.clock_wanted = clock;
    const auto readout = record_and_read(options, [&] {
      BOOST_TEST((clock == FlightClock::kTimeStampCounter || !flight_clock_is_tsc()));
      prepare_flight_thread();
      wall_before_ns = wall_ns();
      before_ns = monotonic_ns();
      CRASHWRIGHT_LOG_INFO("now");
      after_ns = monotonic_ns();
    });
    const FlightRecord& record = readout.threads.at(0).records.at(0);
    BOOST_TEST(record.monotonic_ns + kErrorNs >= before_ns);
    BOOST_TEST(record.monotonic_ns <= after_ns + kErrorNs);
    BOOST_TEST(record.wall_ns + 1'000'000'000 >= wall_before_ns);
  }
}

BOOST_AUTO_TEST_CASE(a_forked_child_does_not_write_into_its_parents_rings) {
  const TemporaryFolder folder;
  const auto options = small_options(folder.file("parent.rec"));
  BOOST_REQUIRE(open_flight_recorder(options));
  const auto log = [](const char* who) { CRASHWRIGHT_LOG_INFO("{}", who); };
  log("parent");
  const pid_t child = ::fork();
  if (child == 0) {
    log("child without a file");
    if (!open_flight_recorder(small_options(folder.file("child.rec")))) ::_exit(1);
    log("child");
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  log("parent again");
  close_flight_recorder();
  BOOST_TEST(texts(read_flight_file(options.path)->threads.at(0)) ==
             (std::vector<std::string>{"parent", "parent again"}));
  BOOST_TEST(texts(read_flight_file(folder.file("child.rec"))->threads.at(0)) == std::vector<std::string>{"child"});
}

BOOST_AUTO_TEST_CASE(each_commit_is_counted_for_the_witness) {
  const TemporaryFolder folder;
  const auto readout = record_and_read(small_options(folder.file("a.rec")), [] {
    CRASHWRIGHT_LOG_INFO("before registration");
    ThreadWitness& witness = register_thread("witnessed");
    BOOST_TEST(witness.log_committed.load() == 0U);
    CRASHWRIGHT_LOG_INFO("after");
    BOOST_TEST(witness.log_committed.load() == 2U);
  });
  BOOST_TEST(readout.threads.at(0).committed == 2U);
}
