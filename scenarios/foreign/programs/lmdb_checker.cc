// Judges an environment of lmdb_writer after a power loss.
//
// usage: lmdb_checker integrity    it opens, every page can be read, the accounts add up, its rows have no gap
//        lmdb_checker durable      and every row acknowledged is there
// LMDB does not create an environment atomically: one that holds no valid page yet is consistent as long as nothing was
// acknowledged. A damaged tree can make LMDB itself crash; the work is done in a child, whose death is a violation.
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "acknowledged.h"

namespace {

constexpr long kSum = 32 * 100;

struct Found {
  long rows = 0;
  long last = 0;
  long accounts = 0;
  long sum = 0;
};

void must(int code, const char* what) {
  if (code != MDB_SUCCESS) violated(std::string(what) + ": " + mdb_strerror(code));
}

std::string_view view(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

void look_at(std::string_view key, std::string_view text, Found& found) {
  if (key.starts_with("account ")) {
    ++found.accounts;
    found.sum += std::atol(std::string(text).c_str());
    return;
  }
  if (!key.starts_with("row ")) violated("a key that nobody wrote");
  const long row = std::atol(std::string(key.substr(4)).c_str());
  ++found.rows;
  found.last = std::max(found.last, row);
  const std::string expected(900, static_cast<char>('a' + row % 26));
  if (text != expected) violated("row " + std::to_string(row) + " holds what nobody wrote");
}

// Empty when the environment holds no transaction yet.
bool read_all(Found& found) {
  struct stat info {};
  if (::stat("data.mdb", &info) != 0) return false;
  MDB_env* environment = nullptr;
  must(mdb_env_create(&environment), "create");
  const int opened = mdb_env_open(environment, ".", 0, 0644);
  if (opened == MDB_INVALID && last_acknowledged() < 0) return false;
  must(opened, "open");
  MDB_txn* transaction = nullptr;
  must(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), "begin");
  MDB_dbi table = 0;
  must(mdb_dbi_open(transaction, nullptr, 0, &table), "open the table");
  MDB_cursor* cursor = nullptr;
  must(mdb_cursor_open(transaction, table, &cursor), "cursor");
  MDB_val key{};
  MDB_val value{};
  int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    look_at(view(key), view(value), found);
  }
  if (code != MDB_NOTFOUND) must(code, "read");
  return found.accounts > 0;
}

int judge(bool durable) {
  Found found;
  if (!read_all(found)) {
    if (durable && last_acknowledged() >= 0) violated("acknowledged and lost: the accounts are not there");
    return 0;
  }
  if (found.sum != kSum) violated("the accounts do not add up");
  if (found.rows != found.last) violated("rows are missing in between");
  if (durable) must_hold_acknowledged(found.last);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string promise = argc > 1 ? argv[1] : "";
  if (promise != "integrity" && promise != "durable") return 2;
  const pid_t child = ::fork();
  if (child < 0) return 2;
  if (child == 0) std::exit(judge(promise == "durable"));
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 2;
  if (WIFSIGNALED(status)) violated("the reader died of signal " + std::to_string(WTERMSIG(status)));
  return WEXITSTATUS(status);
}
