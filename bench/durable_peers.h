// The databases that the audit log is measured beside, each set to survive a power loss with every commit: SQLite
// (WAL, synchronous FULL), LevelDB and RocksDB (sync writes), LMDB (sync); and REF, the floor: 4 KiB written and synced
// into a zero-filled file.
//
// Threads: commit() of LevelDB and RocksDB from any thread, of the others from one.
// Errors:  a commit that fails ends the program with the reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/samples.h"

namespace crashwright::bench {

class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;
  // Returns once `value`, under a key that grows, survives a power loss.
  virtual void commit(uint64_t key, std::string_view value) = 0;
};

struct NamedPeer {
  const char* name;  // ref, sqlite, leveldb, rocksdb, lmdb
  std::unique_ptr<Peer> peer;
  bool many_threads = false;
};

// All stores live below `folder`, which exists and is empty. What this build lacks is reported as absent.
[[nodiscard]] std::vector<NamedPeer> make_peers(const std::string& folder, Samples& samples);

}  // namespace crashwright::bench
