// Everything the exchange ever said in this session, as SoupBinTCP packets ready to go on the wire.
//
// On the wire each session counts from 1. What append() returns counts on over the sessions: the drop copy's number.
//
// A connection is a cursor (a byte offset) into it: replay from a requested sequence number and live sending are the
// same thing, and a client that does not read costs nothing but its cursor.
// Threads: one owner. Errors: none; memory grows with the session. Signal context: no.
#pragma once

#include <cstdint>
#include <vector>

#include "mock_engine/wire.h"

namespace crashwright::mock_engine::exchange {

class SequencedStream {
 public:
  // Takes the message and returns its number over all sessions, from 1.
  uint64_t append(Bytes message);
  // Forgets everything said so far: the next message is the first one of another session.
  void begin_session();

  [[nodiscard]] uint64_t next_sequence() const noexcept { return offsets_.size() + 1; }
  // Messages of all sessions.
  [[nodiscard]] uint64_t total() const noexcept { return before_ + offsets_.size(); }
  // Where the packet `sequence` starts; 1 to next_sequence(), the latter meaning the end.
  [[nodiscard]] size_t offset_of(uint64_t sequence) const;
  [[nodiscard]] size_t size_bytes() const noexcept { return packets_.size(); }
  // The packets in [begin, end); valid until the next append().
  [[nodiscard]] Bytes packets(size_t begin, size_t end) const noexcept;

 private:
  std::vector<std::byte> packets_;
  std::vector<size_t> offsets_;  // of sequence i + 1
  uint64_t before_ = 0;          // messages of earlier sessions
};

}  // namespace crashwright::mock_engine::exchange
