#include "rca/debug_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <libelf.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDebugRoot = "/usr/lib/debug";

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// The checksum of .gnu_debuglink: CRC-32 as in zip files.
uint32_t crc32(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> made{};
    for (uint32_t i = 0; i < made.size(); ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xedb88320U ^ (value >> 1) : value >> 1;
      made[i] = value;
    }
    return made;
  }();
  uint32_t sum = 0xffffffffU;
  for (const char c : bytes) sum = table[(sum ^ static_cast<unsigned char>(c)) & 0xff] ^ (sum >> 8);
  return ~sum;
}

// By its sections: the program headers of a file that holds debug information alone lead nowhere.
std::string build_id_by_sections(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  ::elf_version(EV_CURRENT);
  Elf* const elf = fd ? ::elf_begin(fd.get(), ELF_C_READ, nullptr) : nullptr;
  if (elf == nullptr) return {};
  const void* bytes = nullptr;
  const ssize_t size = ::dwelf_elf_gnu_build_id(elf, &bytes);
  std::string id;
  for (ssize_t i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<const unsigned char*>(bytes)[i];
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  ::elf_end(elf);
  return id;
}

bool belongs(const std::string& candidate, const std::string& build_id, const DebugLink& link) {
  if (!build_id.empty()) return build_id_by_sections(candidate) == build_id;
  const auto bytes = read_file(candidate);
  return bytes && crc32(*bytes) == link.checksum;
}

std::vector<std::string> debuginfod_caches() {
  std::vector<std::string> caches;
  if (const char* const path = std::getenv("DEBUGINFOD_CACHE_PATH"); path != nullptr) caches.emplace_back(path);
  if (const char* const path = std::getenv("XDG_CACHE_HOME"); path != nullptr) {
    caches.push_back(std::string(path) + "/debuginfod_client");
  }
  if (const char* const home = std::getenv("HOME"); home != nullptr) {
    caches.push_back(std::string(home) + "/.cache/debuginfod_client");
    caches.push_back(std::string(home) + "/.debuginfod_client_cache");
  }
  return caches;
}

}  // namespace

std::string find_debug_file(const std::string& module, const std::string& build_id, const DebugLink& link) {
  if (build_id.size() > 2) {
    const std::string path =
        std::string(kDebugRoot) + "/.build-id/" + build_id.substr(0, 2) + "/" + build_id.substr(2) + ".debug";
    if (is_file(path) && belongs(path, build_id, link)) return path;
  }
  if (!link.name.empty() && link.name.find('/') == std::string::npos) {
    std::error_code error;
    const std::string folder = fs::absolute(module, error).parent_path().string();
    for (const std::string& path :
         {folder + "/" + link.name, folder + "/.debug/" + link.name, kDebugRoot + folder + "/" + link.name}) {
      std::error_code ignored;
      if (is_file(path) && !fs::equivalent(path, module, ignored) && belongs(path, build_id, link)) return path;
    }
  }
  if (build_id.empty()) return {};
  for (const std::string& cache : debuginfod_caches()) {
    const std::string path = cache + "/" + build_id + "/debuginfo";
    if (is_file(path) && belongs(path, build_id, link)) return path;
  }
  return {};
}

}  // namespace crashwright::rca
