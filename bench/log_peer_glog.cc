// glog writing to its file; it has no queue, the caller formats and writes into a buffered stream.
#include <glog/logging.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/log_peers.h"

namespace crashwright::bench {
namespace {

int open_glog(const char* folder) {
  FLAGS_log_dir = folder;
  FLAGS_minloglevel = google::GLOG_INFO;
  FLAGS_logbufsecs = 60;  // buffered: the setting in which it is quickest
  google::InitGoogleLogging("log_bench");
  return 0;
}

void log_numbers(int64_t i) {
  LOG(INFO) << "order " << i << " quantity " << static_cast<int>(i) << " value " << static_cast<double>(i);
}

void burst_numbers(int64_t first) {
  for (int64_t i = first; i < first + CRASHWRIGHT_LOG_BURST; ++i) log_numbers(i);
}

void burst_string(const char* text, size_t length) {
  const std::string_view view(text, length);
  for (int i = 0; i < CRASHWRIGHT_LOG_BURST; ++i) LOG(INFO) << "text " << view;
}

uint64_t saturate(uint64_t calls) {
  for (uint64_t i = 0; i < calls; ++i) log_numbers(static_cast<int64_t>(i));
  return calls;
}

}  // namespace

const crashwright_log_peer& glog_log_peer() {
  static const crashwright_log_peer peer = {
      CRASHWRIGHT_LOG_PEER_VERSION, open_glog, burst_numbers, nullptr, burst_string, saturate};
  return peer;
}

}  // namespace crashwright::bench
