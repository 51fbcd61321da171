// Judges a database of rocksdb_writer after a power loss: it opens, and every row acknowledged is there and whole.
//
// Exit 0: so it is. 1: not, with the reason. 2: it could not be judged.
#include <rocksdb/db.h>

#include <string>

#include "acknowledged.h"

int main() {
  const long acknowledged = last_acknowledged();
  rocksdb::Options options;
  options.create_if_missing = true;
  options.stats_dump_period_sec = 0;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, "data", &database);
  if (!opened.ok()) violated("the database does not open: " + opened.ToString());
  for (long row = 1; row <= acknowledged; ++row) {
    std::string found;
    const rocksdb::Status got = database->Get(rocksdb::ReadOptions(), "row " + std::to_string(row), &found);
    if (got.IsNotFound()) violated("acknowledged and lost: row " + std::to_string(row));
    if (!got.ok()) violated(got.ToString());
    if (found != std::string(found.size(), static_cast<char>('a' + row % 26)) || found.size() != 4'000) {
      violated("row " + std::to_string(row) + " holds what nobody wrote");
    }
  }
  delete database;
}
