#include "mock_engine/exchange/sequenced_stream.h"

#include "base/check.h"
#include "mock_engine/soupbintcp.h"

namespace crashwright::mock_engine::exchange {

uint64_t SequencedStream::append(Bytes message) {
  CRASHWRIGHT_CHECK(message.size() <= soup::kPayloadBytesMax, "one message is one packet");
  const size_t begin = packets_.size();
  offsets_.push_back(begin);
  packets_.resize(begin + soup::kHeaderBytes + message.size());
  soup::encode_header(soup::PacketType::kSequenced, message.size(), packets_.data() + begin);
  std::memcpy(packets_.data() + begin + soup::kHeaderBytes, message.data(), message.size());
  return total();
}

void SequencedStream::begin_session() {
  before_ = total();
  packets_.clear();
  offsets_.clear();
}

size_t SequencedStream::offset_of(uint64_t sequence) const {
  CRASHWRIGHT_CHECK(sequence >= 1 && sequence <= next_sequence(), "only what exists, or the end");
  return sequence == next_sequence() ? packets_.size() : offsets_[sequence - 1];
}

Bytes SequencedStream::packets(size_t begin, size_t end) const noexcept {
  return {packets_.data() + begin, end - begin};
}

}  // namespace crashwright::mock_engine::exchange
