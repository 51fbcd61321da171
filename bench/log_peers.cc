#include "bench/log_peers.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> plugin_files(const std::string& list) {
  std::vector<fs::path> files;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ':');) {
    std::error_code trouble;
    if (part.empty()) continue;
    if (!fs::is_directory(part, trouble)) {
      files.emplace_back(part);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(part, trouble)) {
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace

std::vector<LogPeer> find_log_peers(const char* list) {
  std::vector<LogPeer> peers = {{"floor", &floor_log_peer(), ""},
                                {"recorder", &recorder_log_peer(), ""},
                                {"spdlog", &spdlog_log_peer(), ""},
                                {"glog", &glog_log_peer(), ""}};
  for (const fs::path& file : plugin_files(list == nullptr ? "" : list)) {
    std::error_code trouble;
    // Absolute: dlopen searches its own folders for a name without a slash.
    peers.push_back({file.stem().string(), nullptr, fs::absolute(file, trouble).string()});
  }
  return peers;
}

Result<const crashwright_log_peer*> load_log_peer(const LogPeer& peer) {
  if (peer.built_in != nullptr) return peer.built_in;
  void* const library = ::dlopen(peer.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return fail(ErrorKind::kUsage, ::dlerror());
  const auto entry = reinterpret_cast<decltype(&crashwright_log_plugin)>(::dlsym(library, "crashwright_log_plugin"));
  const crashwright_log_peer* const loaded = entry == nullptr ? nullptr : entry();
  if (loaded == nullptr) return fail(ErrorKind::kUsage, peer.file + " exports no crashwright_log_plugin()");
  if (loaded->version != CRASHWRIGHT_LOG_PEER_VERSION) {
    return fail(ErrorKind::kUsage, peer.file + " was made for another version of bench/log_peer.h");
  }
  return loaded;
}

}  // namespace crashwright::bench
