// The state of the common tutorial: one struct in a mapped file, updated where it lies, with msync(MS_ASYNC).
//
// What is wrong with it is its purpose here (docs/why.md): a death between two stores leaves half an update, MS_ASYNC
// makes nothing durable, there is no checksum, and open orders are not in it.
// Threads: under the caller's lock. Errors: open() throws nothing and says false. Signal context: no.
#pragma once

#include <cstdint>
#include <string>

namespace crashwright::mock_engine::naive {

inline constexpr size_t kPositionsMax = 64;

struct PositionTable {
  uint64_t feed_sequence;     // last message applied
  uint64_t session_sequence;  // next one wanted from the exchange, 0 at the first start
  int64_t cash_ticks;
  struct Position {
    char symbol[12];
    int64_t shares;
  } positions[kPositionsMax];
};

class PositionFile {
 public:
  PositionFile() = default;
  ~PositionFile();
  PositionFile(const PositionFile&) = delete;
  PositionFile& operator=(const PositionFile&) = delete;

  [[nodiscard]] bool open(const std::string& path);
  [[nodiscard]] PositionTable& table() { return *table_; }
  [[nodiscard]] int64_t& shares_of(const std::string& symbol);
  void flush();  // MS_ASYNC

 private:
  PositionTable* table_ = nullptr;
};

}  // namespace crashwright::mock_engine::naive
