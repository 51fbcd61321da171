// Writes numbered rows into a RocksDB database and acknowledges every one that the setting makes durable.
//
// usage: rocksdb_writer sync|nosync|flush ROWS    flush: no log; the tables are flushed after each fifth row, and only
//                                                 then the five are acknowledged
// The write buffer is small, so that logs rotate, tables are made and the manifest moves on.
#include <rocksdb/db.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr size_t kRowBytes = 4'000;
constexpr int kRowsPerFlush = 5;

void must(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "rocksdb_writer: %s\n", status.ToString().c_str());
  std::exit(3);
}

void acknowledge(int from, int to) {
  for (int row = from; row <= to; ++row) std::printf("ack %d\n", row);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string setting = argc == 3 ? argv[1] : "";
  if (setting != "sync" && setting != "nosync" && setting != "flush") return 2;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 64 << 10;
  options.compression = rocksdb::kNoCompression;
  options.stats_dump_period_sec = 0;
  rocksdb::DB* database = nullptr;
  must(rocksdb::DB::Open(options, "data", &database));
  rocksdb::WriteOptions how;
  how.sync = setting == "sync";
  how.disableWAL = setting == "flush";
  for (int row = 1; row <= std::atoi(argv[2]); ++row) {
    must(database->Put(how, "row " + std::to_string(row), std::string(kRowBytes, static_cast<char>('a' + row % 26))));
    if (setting != "flush") {
      acknowledge(row, row);
    } else if (row % kRowsPerFlush == 0) {
      must(database->Flush(rocksdb::FlushOptions()));
      acknowledge(row - kRowsPerFlush + 1, row);
    }
  }
  delete database;
}
