#include "bench/crash_handler_peers.h"

#include <dlfcn.h>

#include <cstdio>
#include <string>

namespace crashwright::bench {
namespace {

const crashwright_handler_peer& no_handler() {
  static const crashwright_handler_peer peer = {CRASHWRIGHT_HANDLER_PEER_VERSION, [](const char*, int) { return 0; },
                                                nullptr};
  return peer;
}

const crashwright_handler_peer* load_plugin(const std::string& file) {
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", ::dlerror());
    return nullptr;
  }
  using Plugin = const crashwright_handler_peer* (*)();
  const auto plugin = reinterpret_cast<Plugin>(::dlsym(library, "crashwright_handler_plugin"));
  const crashwright_handler_peer* const peer = plugin == nullptr ? nullptr : plugin();
  return peer != nullptr && peer->version == CRASHWRIGHT_HANDLER_PEER_VERSION ? peer : nullptr;
}

}  // namespace

const crashwright_handler_peer* find_handler(std::string_view name) {
  if (name == "none") return &no_handler();
  if (name == "crashwright") return &crashwright_handler();
  if (name == "naive") return &naive_handler();
  if (name == "abseil") return &abseil_handler();
  if (name == "glog") return &glog_handler();
  if (name == "boost") return &boost_handler();
  if (name == "backward") return &backward_handler();
  return load_plugin(std::string(name));
}

}  // namespace crashwright::bench
