// Goal: the primitives hold what their headers promise, at their edges. Method: direct calls, known vectors.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "base/bounded_string.h"
#include "base/check.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/shell_word.h"
#include "base/unique_fd.h"

using namespace crashwright;

namespace {

std::string temporary_path() {
  char path[] = "/tmp/crashwright-base-XXXXXX";
  const int fd = ::mkstemp(path);
  BOOST_REQUIRE(fd >= 0);
  ::close(fd);
  return path;
}

}  // namespace

BOOST_AUTO_TEST_CASE(crc32c_matches_the_vectors_of_rfc_3720) {
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xff');
  BOOST_TEST(crc32c(zeros.data(), zeros.size()) == 0x8a9136aaU);
  BOOST_TEST(crc32c(ones.data(), ones.size()) == 0x62a8ab43U);
  BOOST_TEST(crc32c("123456789", 9) == 0xe3069283U);
}

BOOST_AUTO_TEST_CASE(crc32c_continues_from_its_seed) {
  const std::string text = "the quick brown fox";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const uint32_t first = crc32c(text.data(), cut);
    BOOST_TEST(crc32c(text.data() + cut, text.size() - cut, first) == crc32c(text.data(), text.size()));
  }
}

BOOST_AUTO_TEST_CASE(random_repeats_from_its_seed_and_stays_below_its_bound) {
  Random first(7);
  Random second(7);
  for (int i = 0; i < 1000; ++i) BOOST_TEST(first.next() == second.next());
  Random bounded(1);
  for (int i = 0; i < 1000; ++i) BOOST_TEST(bounded.below(10) < 10U);
  BOOST_TEST(!bounded.chance_ppb(0));
  BOOST_TEST(bounded.chance_ppb(1'000'000'000));
}

BOOST_AUTO_TEST_CASE(bounded_string_cuts_long_text_and_stays_terminated) {
  BoundedString<8> text{};
  text.assign("longer than eight");
  BOOST_TEST(text.view() == "longer ");
  text.assign("ab");
  BOOST_TEST(text.view() == "ab");
  BOOST_TEST(text.bytes[7] == '\0');
}

BOOST_AUTO_TEST_CASE(unique_fd_closes_once_and_moves) {
  UniqueFd first(::open("/dev/null", O_RDONLY));
  const int number = first.get();
  UniqueFd second(std::move(first));
  BOOST_TEST(!first.valid());
  BOOST_TEST(second.get() == number);
  second.reset();
  BOOST_TEST(::fcntl(number, F_GETFD) == -1);
}

BOOST_AUTO_TEST_CASE(write_file_atomic_replaces_the_content) {
  const std::string path = temporary_path();
  BOOST_REQUIRE(write_file_atomic(path, "one"));
  BOOST_REQUIRE(write_file_atomic(path, "two"));
  BOOST_TEST(read_file(path).value() == "two");
  BOOST_TEST(::access((path + ".new").c_str(), F_OK) == -1);
  ::unlink(path.c_str());
}

BOOST_AUTO_TEST_CASE(read_file_names_the_path_it_could_not_open) {
  const auto missing = read_file("/nonexistent/file");
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.error().message == "open /nonexistent/file: No such file or directory");
}

BOOST_AUTO_TEST_CASE(deadline_passes_and_never_reports_negative_time) {
  const Deadline past(std::chrono::nanoseconds(0));
  BOOST_TEST(past.passed());
  BOOST_TEST(past.remaining().count() == 0);
  const Deadline future(std::chrono::hours(1));
  BOOST_TEST(!future.passed());
}

BOOST_AUTO_TEST_CASE(a_failed_check_says_where_and_aborts) {
  int pipe_ends[2];
  BOOST_REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDERR_FILENO);
    CRASHWRIGHT_CHECK(1 + 1 == 3, "arithmetic");
  }
  ::close(pipe_ends[1]);
  char text[256] = {};
  size_t size = 0;
  for (ssize_t got; size < sizeof text - 1 && (got = ::read(pipe_ends[0], text + size, sizeof text - 1 - size)) > 0;) {
    size += static_cast<size_t>(got);
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGABRT);
  BOOST_TEST(std::string(text).find("check failed: 1 + 1 == 3 (arithmetic)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_atomic_write_that_fails_leaves_nothing_behind) {
  const std::string path = temporary_path();
  BOOST_REQUIRE(::unlink(path.c_str()) == 0);
  BOOST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  BOOST_TEST(!write_file_atomic(path, "content").has_value());  // a folder is not replaced by a file
  BOOST_TEST(::access((path + ".new").c_str(), F_OK) != 0);
  BOOST_TEST(::rmdir(path.c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(a_shell_reads_a_word_as_it_was) {
  BOOST_TEST(shell_word("out/run-1") == "out/run-1");
  for (const std::string word : {"", "two words", "it's", "$(false) `x` \\ \"y\"", "line\nbreak", "*?[a]~!#&;|<>"}) {
    const std::string command = "test " + shell_word(word) + " = \"$WORD\"";
    ::setenv("WORD", word.c_str(), 1);
    BOOST_TEST(std::system(command.c_str()) == 0, command);
  }
  ::unsetenv("WORD");
}
