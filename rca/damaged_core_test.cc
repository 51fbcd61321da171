// Goal: a core that was cut or damaged anywhere gives an answer, never a crash or a hang.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "rca/autopsy.h"
#include "rca/core_file.h"
#include "rca/testing/victim_run.h"

namespace crashwright::rca {
namespace {

using testing::Build;
using testing::VictimRun;

BOOST_AUTO_TEST_CASE(a_core_cut_at_any_of_fifty_places_is_said_to_be_truncated) {
  const VictimRun run(Build::kPlain, "null_in_thread");
  const std::string whole = read_file(run.core()).value();
  for (size_t i = 0; i < 50; ++i) {
    const size_t size = i < 10 ? i * 100 : whole.size() * i / 50;
    BOOST_REQUIRE(write_file(run.core(), std::string_view(whole).substr(0, size)));
    const auto report = autopsy_folder(run.folder(), {});
    BOOST_REQUIRE(report);
    BOOST_TEST(!report->missing.empty());
    // The notes come first, so that most cuts leave the signal and the registers.
    if (size > whole.size() / 10) BOOST_TEST(report->cause == "NULL_DEREF");
    if (size > whole.size() / 10) BOOST_TEST(report->function == "Gateway::send");
  }
}

BOOST_AUTO_TEST_CASE(a_core_with_flipped_bits_in_headers_and_notes_gives_an_answer) {
  const VictimRun run(Build::kPlain, "null_in_thread");
  const std::string whole = read_file(run.core()).value();
  const uint64_t seed = 20240607;
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random(seed);
  for (int i = 0; i < 150; ++i) {
    std::string damaged = whole;
    for (uint64_t flips = 1 + random.below(8); flips > 0; --flips) {
      damaged[random.below(std::min<size_t>(16384, damaged.size()))] ^= static_cast<char>(1U << random.below(8));
    }
    BOOST_REQUIRE(write_file(run.core(), damaged));
    BOOST_REQUIRE(autopsy_folder(run.folder(), {}));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_core_is_said_to_be_none) {
  const VictimRun run(Build::kPlain, "none");
  BOOST_REQUIRE(
      write_file(run.core(), "not a core, but more than sixty-four bytes of text that could be taken for one"));
  const auto report = autopsy_folder(run.folder(), {});
  BOOST_REQUIRE(report);
  BOOST_TEST(report->cause == "UNKNOWN");
  BOOST_REQUIRE(!report->missing.empty());
  BOOST_TEST(report->missing.front().find("no core file of x86-64") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_core_knows_its_threads_memory_and_files) {
  const VictimRun run(Build::kPlain, "null_in_thread");
  const auto core = CoreFile::open(run.core());
  BOOST_REQUIRE(core);
  BOOST_TEST(core->missing_bytes() == 0U);
  BOOST_TEST(core->pid() == run.pid());
  BOOST_TEST(core->threads().size() == 2U);
  BOOST_REQUIRE(core->signal_info().has_value());
  BOOST_TEST(core->signal_info()->si_signo == SIGSEGV);
  const CoreMapping* const code = core->mapping_of(core->threads().front().registers.rip);
  BOOST_REQUIRE(code != nullptr);
  BOOST_TEST(code->path.find("rca_crash_victim") != std::string::npos);
  BOOST_TEST(core->read_word(core->threads().front().registers.rsp).has_value());
  BOOST_TEST(!core->read_word(8).has_value());
}

BOOST_AUTO_TEST_CASE(autopsies_may_run_in_parallel) {
  const VictimRun run(Build::kPlain, "deadlock");
  std::atomic<int> right{0};
  constexpr int kThreads = 4;
  constexpr int kRounds = 20;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const auto report = autopsy_folder(run.folder(), {});
          if (report && report->cause == "DEADLOCK" && report->function == "Locks::first_then_second") ++right;
        }
      });
    }
  }
  BOOST_TEST(right == kThreads * kRounds);
}

}  // namespace
}  // namespace crashwright::rca
