// Stores numbers into a file that it has mapped as shared memory, and acknowledges each.
//
// usage: mapped_writer SETTING NUMBERS
//   synced     msync of the page, then the acknowledgement
//   unsynced   no msync: right as long as only the process dies
//   neighbour  the number stands in two pages, and only the first of them is synced
//   mind       page 0 says "busy" while a line goes to a log, and no longer so when both pages are synced
// No number goes through a write call.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kPages = 4;

void must(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::exit(3);
}

uint64_t* page(void* map, size_t number) {
  return reinterpret_cast<uint64_t*>(static_cast<char*>(map) + number * kPageBytes);
}

void sync_pages(void* map, size_t first, size_t count) {
  must(::msync(page(map, first), count * kPageBytes, MS_SYNC) == 0, "msync");
}

void commit(const std::string& setting, void* map, uint64_t number) {
  if (setting == "mind") {
    *page(map, 0) = 1;
    static_cast<void>(::write(STDERR_FILENO, "", 0) < 0);
    *page(map, 0) = 0;
  }
  *page(map, 1) = number;
  if (setting == "neighbour") *page(map, 2) = number;
  if (setting == "synced") sync_pages(map, 1, 1);
  if (setting == "neighbour") sync_pages(map, 1, 1);
  if (setting == "mind") sync_pages(map, 0, 2);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string setting = argc == 3 ? argv[1] : "";
  if (setting != "synced" && setting != "unsynced" && setting != "neighbour" && setting != "mind") return 2;
  const int fd = ::open("numbers", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  must(fd >= 0 && ::ftruncate(fd, kPages * kPageBytes) == 0 && ::fsync(fd) == 0, "make the file");
  const int folder = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(folder >= 0 && ::fsync(folder) == 0, "sync the folder");
  void* const map = ::mmap(nullptr, kPages * kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  must(map != MAP_FAILED, "mmap");
  ::close(fd);
  for (int number = 1; number <= std::atoi(argv[2]); ++number) {
    commit(setting, map, static_cast<uint64_t>(number));
    std::printf("ack %d\n", number);
    std::fflush(stdout);
  }
}
