// Judges a LevelDB database of leveldb_writer after a power loss.
//
// usage: leveldb_checker integrity    it opens, every row can be read, the accounts add up, its rows have no gap
//        leveldb_checker durable      and every row acknowledged is there
// It is opened as LevelDB is by default, without paranoid_checks: a torn record at the end of the log, which was
// acknowledged to nobody, is dropped and is no damage. Blocks are read with their checksums verified.
#include <leveldb/db.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "acknowledged.h"

namespace {

constexpr long kSum = 32 * 100;
constexpr size_t kRowBytes = 6'000;

struct Found {
  long rows = 0;
  long last = 0;
  long accounts = 0;
  long sum = 0;
};

void must(const leveldb::Status& status, const char* what) {
  if (!status.ok()) violated(std::string(what) + ": " + status.ToString());
}

void look_at(const std::string& key, const std::string& text, Found& found) {
  if (key.rfind("account ", 0) == 0) {
    ++found.accounts;
    found.sum += std::atol(text.c_str());
    return;
  }
  const long row = std::atol(key.substr(4).c_str());
  ++found.rows;
  found.last = std::max(found.last, row);
  if (text != std::string(kRowBytes, static_cast<char>('a' + row % 26))) {
    violated("row " + std::to_string(row) + " holds what nobody wrote");
  }
}

void read_all(Found& found) {
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  must(leveldb::DB::Open(options, "data", &opened), "open");
  const std::unique_ptr<leveldb::DB> database(opened);
  leveldb::ReadOptions how;
  how.verify_checksums = true;
  const std::unique_ptr<leveldb::Iterator> at(database->NewIterator(how));
  for (at->SeekToFirst(); at->Valid(); at->Next()) look_at(at->key().ToString(), at->value().ToString(), found);
  must(at->status(), "read");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string promise = argc > 1 ? argv[1] : "";
  if (promise != "integrity" && promise != "durable") return 2;
  Found found;
  read_all(found);
  if (found.accounts == 0) {
    if (found.rows > 0) violated("rows without accounts");
    if (promise == "durable" && last_acknowledged() >= 0) violated("acknowledged and lost: the accounts are not there");
    return 0;
  }
  if (found.sum != kSum) violated("the accounts do not add up");
  if (found.rows != found.last) violated("rows are missing in between");
  if (promise == "durable") must_hold_acknowledged(found.last);
}
