// Writes numbered rows into a LevelDB database, one batch each, and acknowledges every batch.
//
// usage: leveldb_writer sync|nosync ROWS
// Each batch also moves an amount between two of the accounts, whose sum never changes. The write buffer is the
// smallest that LevelDB takes, so that some ten rows fill a log, a table is made of it, and CURRENT moves on.
#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kAccounts = 32;
constexpr size_t kRowBytes = 6'000;

void must(const leveldb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "leveldb_writer: %s\n", status.ToString().c_str());
  std::exit(3);
}

std::string account(int number) { return "account " + std::to_string(number % kAccounts); }

void move(leveldb::DB& database, leveldb::WriteBatch& batch, int number, long change) {
  std::string text;
  must(database.Get(leveldb::ReadOptions(), account(number), &text));
  batch.Put(account(number), std::to_string(std::atol(text.c_str()) + change));
}

std::string row_name(int row) {
  char name[32];
  std::snprintf(name, sizeof name, "row %06d", row);
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string setting = argc == 3 ? argv[1] : "";
  if (setting != "sync" && setting != "nosync") return 2;
  leveldb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 64 << 10;
  options.compression = leveldb::kNoCompression;
  leveldb::DB* database = nullptr;
  must(leveldb::DB::Open(options, "data", &database));
  leveldb::WriteOptions how;
  how.sync = setting == "sync";
  for (int row = 0; row <= std::atoi(argv[2]); ++row) {
    leveldb::WriteBatch batch;
    if (row == 0) {
      for (int i = 0; i < kAccounts; ++i) batch.Put(account(i), "100");
    } else {
      batch.Put(row_name(row), std::string(kRowBytes, static_cast<char>('a' + row % 26)));
      move(*database, batch, row, -7);
      move(*database, batch, row + 5, 7);
    }
    must(database->Write(how, &batch));
    std::printf("ack %d\n", row);
    std::fflush(stdout);
  }
  delete database;
}
