// Writes numbered rows into an SQLite database, one transaction each, and acknowledges every commit.
//
// usage: sqlite_writer JOURNAL_MODE SYNCHRONOUS ROWS [CHECKPOINT_PAGES]
// Each transaction also moves an amount between two of the rows of `book`, whose sum never changes.
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kAccounts = 64;

void run(sqlite3* database, const std::string& statement) {
  char* message = nullptr;
  if (sqlite3_exec(database, statement.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return;
  std::fprintf(stderr, "sqlite_writer: %s: %s\n", statement.c_str(), message);
  std::exit(3);
}

void set_up(sqlite3* database, const std::string& journal, const std::string& synchronous, const char* checkpoint) {
  run(database, "PRAGMA page_size=4096");
  run(database, "PRAGMA journal_mode=" + journal);
  run(database, "PRAGMA synchronous=" + synchronous);
  if (checkpoint != nullptr) run(database, std::string("PRAGMA wal_autocheckpoint=") + checkpoint);
  run(database, "BEGIN");
  run(database, "CREATE TABLE IF NOT EXISTS row(id INTEGER PRIMARY KEY, filler TEXT)");
  run(database, "CREATE TABLE IF NOT EXISTS book(id INTEGER PRIMARY KEY, amount INTEGER, filler TEXT)");
  for (int i = 0; i < kAccounts; ++i) {
    run(database, "INSERT OR IGNORE INTO book VALUES(" + std::to_string(i) + ", 100, hex(randomblob(150)))");
  }
  run(database, "COMMIT");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  sqlite3* database = nullptr;
  if (sqlite3_open("data.db", &database) != SQLITE_OK) return 3;
  set_up(database, argv[1], argv[2], argc > 4 ? argv[4] : nullptr);
  std::puts("ack 0");
  std::fflush(stdout);
  for (int row = 1; row <= std::atoi(argv[3]); ++row) {
    run(database, "BEGIN IMMEDIATE");
    run(database, "INSERT INTO row VALUES(" + std::to_string(row) + ", hex(randomblob(200)))");
    run(database, "UPDATE book SET amount = amount - 7 WHERE id = " + std::to_string(row * 7 % kAccounts));
    run(database, "UPDATE book SET amount = amount + 7 WHERE id = " + std::to_string((row * 31 + 1) % kAccounts));
    run(database, "COMMIT");
    std::printf("ack %d\n", row);
    std::fflush(stdout);
  }
  sqlite3_close(database);
}
