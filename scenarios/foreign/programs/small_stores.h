// Small ways to store records in plain files, and what their writers and checkers share.
//
// What each store does is at its functions; small_stores.cc has them in one table. A writer works in its own folder and
// acknowledges number by number; a checker is started in what a power loss left of that folder.
// A record: 4 bytes size of its body, 4 bytes CRC32C of it, then the body: 4 bytes number and bytes that fill it up.
// Errors: a writer whose call fails exits with 3; a checker answers as acknowledged.h says.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace small_stores {

constexpr int kRecords = 4;

void must(bool done, const char* what);

[[nodiscard]] int open_file(const char* path, int flags);
[[nodiscard]] int open_log(int flags = 0);  // the file `log`, to be appended to
void append(int file, std::string_view bytes);
void write_at(int file, std::string_view bytes, off_t at);
void sync(int file);
void sync_data(int file);
void sync_all_of(int file, off_t at, off_t size);  // sync_file_range, begun and awaited; size 0: to its end
void sync_folder();

// A file written anew in one piece.
enum class Sync { kNo, kYes };
void write_file(const char* path, std::string_view bytes, Sync synced);

void acknowledge(int number);

[[nodiscard]] std::string record(int number, size_t filler = 700);
[[nodiscard]] std::string padded(std::string bytes, size_t size);  // with zeros

// Numbers of the whole records, up to the first that is not.
[[nodiscard]] std::vector<int> records(std::string_view data);

// What the file holds; nothing when it is not there.
[[nodiscard]] std::string content(const std::string& path);
[[nodiscard]] bool exists(const std::string& path);

// `size` bytes from `at`, or what there is of them.
[[nodiscard]] std::string_view part(std::string_view data, size_t at, size_t size = std::string_view::npos);

// Is exactly this record there?
[[nodiscard]] bool is_record(std::string_view data, int number);

// The newest acknowledged number or a later one is among those found; `none_found` says what is wrong without any.
void expect_newest(const std::vector<int>& found, const char* none_found);
[[noreturn]] void violated_number(const char* what, long number);

// Each store: what it does in its own manner, `how`.
void write_replace(std::string_view how);
void check_replace(std::string_view how);
void write_publish(std::string_view how);
void check_publish(std::string_view how);
void write_mirror(std::string_view how);
void check_mirror(std::string_view how);

void write_log(std::string_view how);
void check_log(std::string_view how);
void write_long(std::string_view how);
void check_long(std::string_view how);
void write_lines(std::string_view how);
void check_lines(std::string_view how);

void write_slots(std::string_view how);
void check_slots(std::string_view how);
void write_flag(std::string_view how);
void check_flag(std::string_view how);
void write_copy(std::string_view how);
void check_copy(std::string_view how);
void write_footer(std::string_view how);
void check_footer(std::string_view how);

}  // namespace small_stores
