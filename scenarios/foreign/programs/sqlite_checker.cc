// Judges a database of sqlite_writer after a power loss.
//
// usage: sqlite_checker integrity    the database opens, is intact, its book adds up, its rows have no gap
//        sqlite_checker durable      and every row acknowledged is there
// Exit 0: so it is. 1: not, with the reason. 2: it could not be judged.
#include <sqlite3.h>

#include <string>

#include "acknowledged.h"

namespace {

constexpr long kSum = 64 * 100;

long number(sqlite3* database, const char* query) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, query, -1, &statement, nullptr) != SQLITE_OK) violated(sqlite3_errmsg(database));
  const int step = sqlite3_step(statement);
  if (step != SQLITE_ROW) violated(std::string("no answer to a query: ") + sqlite3_errmsg(database));
  const long value = static_cast<long>(sqlite3_column_int64(statement, 0));
  sqlite3_finalize(statement);
  return value;
}

std::string text(sqlite3* database, const char* query) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, query, -1, &statement, nullptr) != SQLITE_OK) violated(sqlite3_errmsg(database));
  if (sqlite3_step(statement) != SQLITE_ROW) violated(sqlite3_errmsg(database));
  const std::string value = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string promise = argc > 1 ? argv[1] : "";
  if (promise != "integrity" && promise != "durable") return 2;
  sqlite3* database = nullptr;
  if (sqlite3_open("data.db", &database) != SQLITE_OK) violated("the database does not open");
  const std::string intact = text(database, "PRAGMA integrity_check");
  if (intact != "ok") violated("integrity_check: " + intact);
  const long tables = number(database, "SELECT count(*) FROM sqlite_master WHERE name IN ('row', 'book')");
  if (tables == 0) {
    if (promise == "durable" && last_acknowledged() >= 0) violated("acknowledged and lost: the tables are not there");
    return 0;
  }
  if (number(database, "SELECT sum(amount) FROM book") != kSum) violated("the book does not add up");
  const long last = number(database, "SELECT coalesce(max(id), 0) FROM row");
  if (number(database, "SELECT count(*) FROM row") != last) violated("rows are missing in between");
  if (promise == "durable") must_hold_acknowledged(last);
}
