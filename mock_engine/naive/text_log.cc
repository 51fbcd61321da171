#include "mock_engine/naive/text_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "base/file.h"
#include "base/unique_fd.h"
#include "postmortem/control_block.h"
#include "postmortem/fault_point.h"

namespace crashwright::mock_engine::naive {
namespace {

constexpr size_t kEntryBytes = 256;
constexpr uint64_t kEntriesMax = 16'384;
constexpr size_t kFileBytes = kEntryBytes * (1 + kEntriesMax);

std::mutex g_mutex;

}  // namespace

TextLog::TextLog(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd || ::ftruncate(fd.get(), kFileBytes) != 0) return;
  void* const mapped = ::mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (mapped != MAP_FAILED) mapping_ = static_cast<char*>(mapped);
}

TextLog::~TextLog() {
  if (mapping_ != nullptr) ::munmap(mapping_, kFileBytes);
}

void TextLog::log(const char* format, ...) {
  if (mapping_ == nullptr) return;
  char text[512];
  const int prefix = std::snprintf(text, sizeof text, "[%d] ", ::gettid());
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text + prefix, sizeof text - static_cast<size_t>(prefix), format, arguments);
  va_end(arguments);
  const std::lock_guard lock(g_mutex);
  uint64_t count = 0;
  std::memcpy(&count, mapping_, sizeof count);
  char* const entry = mapping_ + kEntryBytes * (1 + count % kEntriesMax);
  ++count;
  std::memcpy(mapping_, &count, sizeof count);
  CRASHWRIGHT_FAULT_POINT("recorder.commit");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"  // the compiler is right, and that is the point
  std::strncpy(entry, text, kEntryBytes - 1);
#pragma GCC diagnostic pop
  if (auto* const committed = postmortem::detail::t_log_committed; committed != nullptr) committed->fetch_add(1);
}

std::vector<std::string> read_text_log(const std::string& path) {
  std::vector<std::string> entries;
  const auto bytes = read_file(path);
  if (!bytes || bytes->size() < kFileBytes) return entries;
  uint64_t count = 0;
  std::memcpy(&count, bytes->data(), sizeof count);
  for (uint64_t i = count - std::min(count, kEntriesMax); i < count; ++i) {
    const char* const entry = bytes->data() + kEntryBytes * (1 + i % kEntriesMax);
    entries.emplace_back(entry, ::strnlen(entry, kEntryBytes));
  }
  return entries;
}

}  // namespace crashwright::mock_engine::naive
