#include "harness/storage/explore/scratch_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"

namespace crashwright::harness {
namespace {

constexpr uint64_t kRoomBytes = 512ULL << 20;
constexpr uint64_t kInMemoryMax = 64ULL << 20;  // what lies there is memory that nobody else can have

bool has_room(const char* folder) {
  struct statvfs info {};
  if (::access(folder, W_OK) != 0 || ::statvfs(folder, &info) != 0) return false;
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize >= kRoomBytes;
}

std::string base_folder(ScratchFolder::Place place, uint64_t bytes) {
  const char* const chosen = std::getenv("CRASHWRIGHT_IMAGES");
  if (place == ScratchFolder::Place::kMemory && chosen != nullptr && *chosen != '\0') return chosen;
  if (place == ScratchFolder::Place::kMemory && bytes <= kInMemoryMax && has_room("/dev/shm")) return "/dev/shm";
  const char* const temporary = std::getenv("TMPDIR");
  return temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
}

}  // namespace

Result<ScratchFolder> ScratchFolder::create(Place place, uint64_t bytes) {
  std::string path = base_folder(place, bytes) + "/crashwright-storage-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail(ErrorKind::kEnvironment, "cannot make a folder like " + path, "a writable TMPDIR");
  }
  return ScratchFolder(std::move(path));
}

Result<ScratchFolder> ScratchFolder::create(Place place, Ledger& ledger, uint64_t bytes) {
  // Not by the run's id: what bears that in its name counts as left behind by an engine.
  const std::string start =
      fmt::format("{}/crashwright-storage-{}-{:x}-", base_folder(place, bytes), ::getpid(), monotonic_ns());
  std::error_code trouble;
  std::string path;
  for (int number = 1; path.empty() || std::filesystem::exists(path, trouble); ++number) {
    path = std::filesystem::absolute(start + std::to_string(number), trouble).string();
  }
  for (const Status& noted : {ledger.add_mount(path), ledger.add_folder(path)}) {
    if (!noted) return tl::unexpected(noted.error());
  }
  if (::mkdir(path.c_str(), 0700) != 0) {
    return fail(ErrorKind::kEnvironment, "cannot make the folder " + path, "a writable TMPDIR");
  }
  return ScratchFolder(std::move(path));
}

ScratchFolder::~ScratchFolder() {
  std::error_code none;
  if (!path_.empty()) std::filesystem::remove_all(path_, none);
}

}  // namespace crashwright::harness
