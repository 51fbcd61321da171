// Stores whose point is the name of a file: replaced, published, mirrored.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "acknowledged.h"
#include "small_stores.h"

namespace small_stores {
namespace {

void rename_to(const char* from, const char* to) { must(::rename(from, to) == 0, "rename"); }

void exchange(const char* one, const char* other) {
  must(::renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0, "renameat2");
}

void sync_instead_of_folder(std::string_view how) {
  const bool elsewhere = how == "then_fdatasync_elsewhere";
  const int file = open_file(elsewhere ? "other" : "file", O_WRONLY);
  if (elsewhere) write_at(file, "x", 0);
  if (how == "then_fsync") {
    sync(file);
  } else {
    sync_data(file);
  }
  ::close(file);
}

std::string numbered(const char* name, long number) { return name + std::to_string(number); }

constexpr size_t kMirroredFiller = 6000;
constexpr time_t kTimeOfFirst = 1'000'000'001;

time_t time_of_original(int number) { return kTimeOfFirst + number - 1; }

bool looks_equal(const std::string& path, int number, const std::string& original) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) std::exit(2);
  return info.st_size == static_cast<off_t>(original.size()) && info.st_mtime == time_of_original(number);
}

}  // namespace

void write_replace(std::string_view how) {
  if (how.ends_with("elsewhere")) write_file("other", record(0), Sync::kYes);
  for (int number = 1; number <= kRecords; ++number) {
    write_file("file.tmp", record(number), how == "no_file_sync" ? Sync::kNo : Sync::kYes);
    if (how.starts_with("exchange") && number > 1) {
      exchange("file.tmp", "file");
    } else {
      rename_to("file.tmp", "file");
    }
    if (how.starts_with("then_")) {
      sync_instead_of_folder(how);
    } else if (!how.ends_with("no_folder_sync")) {
      sync_folder();
    }
    acknowledge(number);
  }
}

void check_replace(std::string_view) {
  const std::vector<int> found = records(content("file"));
  if (exists("file") && found.empty()) violated("the file is broken");
  expect_newest(found, "acknowledged and lost: the file");
}

void write_publish(std::string_view how) {
  for (int number = 1; number <= kRecords; ++number) {
    write_file("new", record(number), Sync::kYes);
    must(::link("new", numbered("record", number).c_str()) == 0, "link");
    must(::unlink("new") == 0, "unlink");
    if (how == "synced") sync_folder();
    acknowledge(number);
  }
}

void check_publish(std::string_view) {
  for (const long number : acknowledged_numbers()) {
    if (!is_record(content(numbered("record", number)), static_cast<int>(number))) {
      violated_number("acknowledged and lost", number);
    }
  }
}

void write_mirror(std::string_view how) {
  for (int number = 1; number <= kRecords; ++number) {
    write_file(".copy", record(number, kMirroredFiller), how == "synced" ? Sync::kYes : Sync::kNo);
    const timespec time{time_of_original(number), 0};
    const timespec read_and_written[] = {time, time};
    must(::utimensat(AT_FDCWD, ".copy", read_and_written, 0) == 0, "utimensat");
    rename_to(".copy", numbered("file", number).c_str());
  }
  sync_folder();
  acknowledge(kRecords);
}

void check_mirror(std::string_view) {
  for (int number = 1; number <= kRecords; ++number) {
    const std::string original = record(number, kMirroredFiller);
    const std::string path = numbered("file", number);
    if (!exists(path)) {
      if (last_acknowledged() >= 0) violated_number("acknowledged and lost", number);
      continue;
    }
    if (looks_equal(path, number, original) && content(path) != original) {
      violated("a copy looks equal and is not");
    }
  }
}

}  // namespace small_stores
