#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "acknowledged.h"
#include "base/checksum.h"
#include "small_stores.h"

namespace small_stores {
namespace {

constexpr size_t kHeadBytes = 8;

void put(std::string& bytes, uint32_t number) { bytes.append(reinterpret_cast<const char*>(&number), sizeof number); }

uint32_t number_at(std::string_view data, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, data.data() + at, sizeof number);
  return number;
}

void must_be_all(ssize_t written, std::string_view bytes, const char* what) {
  must(written == static_cast<ssize_t>(bytes.size()), what);
}

[[noreturn]] void cannot_judge(const std::string& path) {
  std::perror(path.c_str());
  std::exit(2);
}

}  // namespace

void must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::exit(3);
}

int open_file(const char* path, int flags) {
  const int file = ::open(path, flags | O_CLOEXEC, 0644);
  must(file >= 0, path);
  return file;
}

int open_log(int flags) { return open_file("log", O_WRONLY | O_APPEND | flags); }

void append(int file, std::string_view bytes) {
  must_be_all(::write(file, bytes.data(), bytes.size()), bytes, "write");
}

void write_at(int file, std::string_view bytes, off_t at) {
  must_be_all(::pwrite(file, bytes.data(), bytes.size(), at), bytes, "pwrite");
}

void sync(int file) { must(::fsync(file) == 0, "fsync"); }

void sync_data(int file) { must(::fdatasync(file) == 0, "fdatasync"); }

void sync_all_of(int file, off_t at, off_t size) {
  constexpr unsigned kBeginAndWait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  must(::sync_file_range(file, at, size, kBeginAndWait) == 0, "sync_file_range");
}

void sync_folder() {
  const int folder = open_file(".", O_RDONLY | O_DIRECTORY);
  sync(folder);
  ::close(folder);
}

void write_file(const char* path, std::string_view bytes, Sync synced) {
  const int file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
  append(file, bytes);
  if (synced == Sync::kYes) sync(file);
  ::close(file);
}

void acknowledge(int number) {
  append(STDOUT_FILENO, "ack " + std::to_string(number) + "\n");  // in one piece: two processes may do so at once
}

std::string record(int number, size_t filler) {
  std::string body;
  put(body, static_cast<uint32_t>(number));
  body.append(filler, static_cast<char>(number));
  std::string whole;
  put(whole, static_cast<uint32_t>(body.size()));
  put(whole, crashwright::crc32c(body.data(), body.size()));
  return whole + body;
}

std::string padded(std::string bytes, size_t size) {
  bytes.resize(size);
  return bytes;
}

std::vector<int> records(std::string_view data) {
  std::vector<int> found;
  while (data.size() >= kHeadBytes) {
    const uint32_t size = number_at(data, 0);
    const std::string_view body = part(data, kHeadBytes, size);
    if (size < sizeof(uint32_t) || body.size() < size) break;
    if (crashwright::crc32c(body.data(), body.size()) != number_at(data, 4)) break;
    found.push_back(static_cast<int>(number_at(body, 0)));
    data.remove_prefix(kHeadBytes + size);
  }
  return found;
}

std::string content(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return {};
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) cannot_judge(path);
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  if (::read(file, bytes.data(), bytes.size()) != info.st_size) cannot_judge(path);
  ::close(file);
  return bytes;
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string_view part(std::string_view data, size_t at, size_t size) {
  return at < data.size() ? data.substr(at, size) : std::string_view();
}

bool is_record(std::string_view data, int number) { return records(data) == std::vector<int>{number}; }

void expect_newest(const std::vector<int>& found, const char* none_found) {
  const long wanted = last_acknowledged();
  if (wanted < 0) return;
  if (found.empty()) violated(none_found);
  if (*std::max_element(found.begin(), found.end()) < wanted) violated_number("acknowledged and lost", wanted);
}

void violated_number(const char* what, long number) { violated(std::string(what) + ": " + std::to_string(number)); }

}  // namespace small_stores
