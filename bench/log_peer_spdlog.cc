// spdlog as its documentation recommends it for low latency: asynchronous, one thread, blocking when the queue is full.
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/log_peers.h"

namespace crashwright::bench {
namespace {

constexpr size_t kQueueMessages = 1 << 15;

std::shared_ptr<spdlog::logger> g_logger;

int open_spdlog(const char* folder) {
  try {
    spdlog::init_thread_pool(kQueueMessages, 1);
    g_logger = spdlog::basic_logger_mt<spdlog::async_factory>("bench", std::string(folder) + "/spdlog.log");
    return 0;
  } catch (const spdlog::spdlog_ex&) {
    return EIO;
  }
}

void burst_numbers(int64_t first) {
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) {
    SPDLOG_LOGGER_INFO(g_logger, "order {} quantity {} value {}", i, static_cast<int>(i), static_cast<double>(i));
  }
}

void burst_string(const char* text, size_t length) {
  const std::string_view view(text, length);
  for (int i = 0; i < CRASHWRIGHT_LOG_BURST; ++i) SPDLOG_LOGGER_INFO(g_logger, "text {}", view);
}

uint64_t saturate(uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) {
    SPDLOG_LOGGER_INFO(g_logger, "order {} quantity {} value {}", i, static_cast<int>(i), static_cast<double>(i));
  }
  return calls;
}

}  // namespace

const crashwright_log_peer& spdlog_log_peer() {
  static const crashwright_log_peer peer = {
      CRASHWRIGHT_LOG_PEER_VERSION, open_spdlog, burst_numbers, nullptr, burst_string, saturate};
  return peer;
}

}  // namespace crashwright::bench
