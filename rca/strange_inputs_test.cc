// Goal: what systemd-coredump packed is unpacked or said to be packed; bytes that say nothing are no healthy program;
// what has no end is refused.
// Method: a real core, packed by the tools themselves, whole and cut, with and without the tool at hand.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "rca/artefact_search.h"
#include "rca/autopsy.h"
#include "rca/crash_text.h"
#include "rca/testing/victim_run.h"
#include "rca/unpacked_file.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;
using testing::Build;
using testing::VictimRun;

// "core.<ending>" in the place of the core.
std::string pack(const VictimRun& run, const std::string& tool) {
  const std::string packed = run.file("core.engine.0.4711." + tool);
  const std::string command = tool + " -c " + run.core() + " > " + packed;
  BOOST_REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  fs::remove(run.core());
  return packed;
}

AutopsyReport report_of(const std::string& path) {
  const auto report = autopsy_path(path, {});
  BOOST_REQUIRE_MESSAGE(report, (report ? "" : report.error().message));
  return *report;
}

// Bytes of every value, without a pattern.
std::string noise(size_t size) {
  std::string bytes(size, '\0');
  uint64_t state = 1;
  for (char& byte : bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

class WithoutTools {
 public:
  WithoutTools() { ::setenv("PATH", "/nowhere", 1); }
  ~WithoutTools() { ::setenv("PATH", path_.c_str(), 1); }
  WithoutTools(const WithoutTools&) = delete;
  WithoutTools& operator=(const WithoutTools&) = delete;

 private:
  std::string path_ = std::getenv("PATH");
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_packed_core_says_what_it_says_unpacked_alone_and_in_a_folder) {
  for (const char* const tool : {"zstd", "gzip", "xz"}) {
    const VictimRun run(Build::kPlain, "null_in_thread");
    const AutopsyReport plain = report_of(run.core());
    const std::string packed = pack(run, tool);
    BOOST_TEST(packer_of(packed) == tool);
    for (const std::string& path : {packed, run.folder()}) {
      const AutopsyReport report = report_of(path);
      BOOST_TEST(report.cause == "NULL_DEREF", tool << " " << path);
      BOOST_TEST(report.signature == plain.signature);
      BOOST_TEST(report.threads.size() == plain.threads.size());
      BOOST_TEST(report.core_path == packed);
    }
    fs::rename(packed, run.file("dump"));
    BOOST_TEST(report_of(run.file("dump")).signature == plain.signature);
  }
}

BOOST_AUTO_TEST_CASE(a_packed_core_that_was_cut_gives_what_came_before_the_cut) {
  const VictimRun run(Build::kPlain, "null");
  const std::string packed = pack(run, "gzip");
  const std::string whole = *read_file(packed);
  for (const size_t size : {size_t{4}, whole.size() / 4, whole.size() - 1}) {
    BOOST_REQUIRE(write_file(packed, whole.substr(0, size)));
    const AutopsyReport report = report_of(packed);
    BOOST_TEST(report.cause != "NONE");
    BOOST_TEST(report.missing.front().find("could not be unpacked to its end") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(without_the_tool_it_is_said_how_to_unpack_and_not_that_all_is_well) {
  const VictimRun run(Build::kPlain, "null");
  const std::string packed = pack(run, "zstd");
  const WithoutTools nothing;
  for (const std::string& path : {packed, run.folder()}) {
    const AutopsyReport report = report_of(path);
    BOOST_TEST(report.cause == "UNKNOWN");
    BOOST_REQUIRE(!report.missing.empty());
    BOOST_TEST(report.missing.front().find("unpack it with: zstd -dc " + packed) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_say_nothing_are_unknown_and_a_packed_log_is_read) {
  const VictimRun run(Build::kPlain, "none");
  fs::remove(run.file("stderr.txt"));
  BOOST_REQUIRE(write_file(run.file("blob"), noise(100'000)));
  for (const std::string& path : {run.file("blob"), run.folder(), std::string(RCA_VICTIM)}) {
    const AutopsyReport report = report_of(path);
    BOOST_TEST(report.cause == "UNKNOWN", path);
    BOOST_TEST(!report.missing.empty());
  }
  BOOST_REQUIRE(write_file(run.file("a.log"), "engine: free(): invalid pointer\nAborted (core dumped)\n"));
  BOOST_REQUIRE(std::system(("gzip " + run.file("a.log")).c_str()) == 0);
  BOOST_TEST(report_of(run.file("a.log.gz")).cause == "INVALID_FREE");
}

BOOST_AUTO_TEST_CASE(a_device_is_refused_and_a_pipe_is_read_with_both_its_ends_kept) {
  const auto device = autopsy_path("/dev/zero", {});
  BOOST_REQUIRE(!device);
  BOOST_TEST((device.error().kind == ErrorKind::kUsage));
  BOOST_TEST(report_of("/dev/null").cause == "NONE");
  int ends[2] = {-1, -1};
  BOOST_REQUIRE(::pipe(ends) == 0);
  const std::string text = "begins\n" + std::string(3 * kCrashTextMax, 'x') + "\nfree(): invalid pointer\n";
  std::thread writer([&] {
    (void)write_all(ends[1], std::as_bytes(std::span(text)));
    ::close(ends[1]);
  });
  const auto read = read_named_text("/proc/self/fd/" + std::to_string(ends[0]));
  writer.join();
  ::close(ends[0]);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->size() <= kCrashTextMax);
  BOOST_TEST(read->starts_with("begins\n"));
  BOOST_TEST(read->ends_with("free(): invalid pointer\n"));
}

}  // namespace crashwright::rca
