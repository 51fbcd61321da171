#include "harness/storage/ack_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace crashwright::harness {
namespace {

constexpr size_t kLineBytesMax = 4096;
constexpr const char* kAck = "ack ";
constexpr size_t kAckBytes = 4;

}  // namespace

AckReader::AckReader(const std::vector<int>& pipes, int echo) : echo_(echo) {
  for (const int descriptor : pipes) {
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    pipes_.push_back({descriptor, {}});
  }
}

void AckReader::take(Pipe& pipe, const char* bytes, size_t count, const Acknowledged& acknowledged) const {
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] != '\n') {
      if (pipe.unfinished.size() < kLineBytesMax) pipe.unfinished += bytes[i];
      continue;
    }
    if (!pipe.unfinished.empty() && pipe.unfinished.back() == '\r') pipe.unfinished.pop_back();
    if (pipe.unfinished.compare(0, kAckBytes, kAck) == 0) acknowledged(pipe.unfinished.substr(kAckBytes));
    pipe.unfinished.clear();
  }
}

void AckReader::drain(const Acknowledged& acknowledged) {
  char bytes[16 << 10];
  for (Pipe& pipe : pipes_) {
    while (pipe.descriptor >= 0) {
      const ssize_t got = ::read(pipe.descriptor, bytes, sizeof bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) break;
      if (got == 0) {
        ::close(pipe.descriptor);
        pipe.descriptor = -1;
        break;
      }
      if (&pipe == pipes_.data() && echo_ >= 0) static_cast<void>(::write(echo_, bytes, static_cast<size_t>(got)) < 0);
      take(pipe, bytes, static_cast<size_t>(got), acknowledged);
    }
  }
}

std::vector<int> AckReader::open_pipes() const {
  std::vector<int> open;
  for (const Pipe& pipe : pipes_) {
    if (pipe.descriptor >= 0) open.push_back(pipe.descriptor);
  }
  return open;
}

}  // namespace crashwright::harness
