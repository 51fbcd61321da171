// Stores that append: a log with checksums, records of many pages, lines without a checksum.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "acknowledged.h"
#include "small_stores.h"

namespace small_stores {
namespace {

template <typename Work>
pid_t in_child(const Work& work) {
  const pid_t child = ::fork();
  must(child >= 0, "fork");
  if (child == 0) {
    work();
    ::_exit(0);
  }
  return child;
}

void await_child(pid_t child) {
  int status = 0;
  must(::waitpid(child, &status, 0) == child && status == 0, "a writer failed");
}

constexpr int kNobody = -1;

// Every second number; before its last one it waits until the other has ended, so that nobody syncs it by chance.
void append_from(int first, bool synced, int other_ended) {
  const int log = open_log();
  for (int number = first; number <= 2 * kRecords; number += 2) {
    char nothing = 0;
    if (other_ended != kNobody && number + 2 > 2 * kRecords) must(::read(other_ended, &nothing, 1) == 0, "read");
    append(log, record(number));
    if (synced) sync_data(log);
    acknowledge(number);
  }
}

void write_by_two(bool both_sync) {
  int pipe[2];
  must(::pipe2(pipe, O_CLOEXEC) == 0, "pipe2");
  const pid_t first = in_child([] { append_from(1, true, kNobody); });
  ::close(pipe[1]);  // only the first child has it now, until it ends
  const int first_ended = both_sync ? kNobody : pipe[0];
  const pid_t second = in_child([=] { append_from(2, both_sync, first_ended); });
  await_child(first);
  await_child(second);
}

void write_synced_elsewhere(int log) {
  for (int number = 1; number <= kRecords; ++number) {
    await_child(in_child([=] { append(log, record(number)); }));
    sync(log);
    acknowledge(number);
  }
}

void write_by_one(int log, std::string_view how) {
  for (int number = 1; number <= kRecords; ++number) {
    append(log, record(number));
    if (how == "fdatasync") sync_data(log);
    if (how == "sync_file_range") sync_all_of(log, 0, 0);
    acknowledge(number);
  }
}

constexpr size_t kLongBytes = 10 * 4096;

std::string line(int number) { return "record " + std::to_string(number) + " of a log without checksums\n"; }

}  // namespace

void write_log(std::string_view how) {
  const bool without_folder = how == "dsync_no_folder";
  const int log = open_log(O_CREAT | (without_folder ? O_DSYNC : 0));
  if (!without_folder) sync_folder();
  if (how.starts_with("two_processes")) {
    write_by_two(how == "two_processes");
  } else if (how == "synced_elsewhere") {
    write_synced_elsewhere(log);
  } else {
    write_by_one(log, how);
  }
}

void check_log(std::string_view how) {
  const std::vector<int> found = records(content("log"));
  if (!how.starts_with("two_processes")) return expect_newest(found, "acknowledged and lost: the log");
  std::vector<long> wanted = acknowledged_numbers();
  std::sort(wanted.begin(), wanted.end());
  for (const long number : wanted) {
    if (std::count(found.begin(), found.end(), number) == 0) violated_number("acknowledged and lost", number);
  }
}

void write_long(std::string_view) {
  const int log = open_log(O_CREAT);
  for (int number = 1; number <= kRecords; ++number) {
    append(log, record(number, kLongBytes - 12));
    acknowledge(number);
  }
}

void check_long(std::string_view how) {
  const std::string data = content("log");
  if (how == "believed" && data.size() % kLongBytes != 0) violated("a record is cut short");
  expect_newest(records(data), "acknowledged and lost: the log");
}

void write_lines(std::string_view) {
  const int log = open_log(O_CREAT);
  sync_folder();
  for (int number = 1; number <= kRecords; ++number) {
    append(log, line(number));
    sync_data(log);
    acknowledge(number);
  }
}

void check_lines(std::string_view how) {
  const std::string data = content("log");
  const size_t line_bytes = line(1).size();
  int number = 0;
  for (; data.size() >= (number + 1) * line_bytes; ++number) {
    if (part(data, number * line_bytes, line_bytes) == line(number + 1)) continue;
    if (how == "believed") violated_number("a whole record is none", number + 1);
    break;
  }
  expect_newest({number}, "acknowledged and lost: the log");
}

}  // namespace small_stores
