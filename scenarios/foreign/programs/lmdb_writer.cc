// Writes numbered rows into an LMDB environment, one transaction each, and acknowledges every commit.
//
// usage: lmdb_writer SETTING ROWS
//        SETTING: default, nometasync, nosync, writemap, writemap_nometasync or writemap_mapasync
// Each transaction also moves an amount between two of the accounts, whose sum never changes. With writemap no row goes
// through a write call: LMDB stores into its mapping.
#include <lmdb.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

namespace {

constexpr int kAccounts = 32;
constexpr size_t kMapBytes = 1 << 20;

const std::map<std::string, unsigned> kSettings = {
    {"default", 0},
    {"nometasync", MDB_NOMETASYNC},
    {"nosync", MDB_NOSYNC},
    {"writemap", MDB_WRITEMAP},
    {"writemap_nometasync", MDB_WRITEMAP | MDB_NOMETASYNC},
    {"writemap_mapasync", MDB_WRITEMAP | MDB_MAPASYNC},
};

void must(int code, const char* what) {
  if (code == MDB_SUCCESS) return;
  std::fprintf(stderr, "lmdb_writer: %s: %s\n", what, mdb_strerror(code));
  std::exit(3);
}

void put(MDB_txn* transaction, MDB_dbi table, const std::string& key, const std::string& text) {
  MDB_val name{key.size(), const_cast<char*>(key.data())};
  MDB_val value{text.size(), const_cast<char*>(text.data())};
  must(mdb_put(transaction, table, &name, &value, 0), "put");
}

long amount(MDB_txn* transaction, MDB_dbi table, int account) {
  const std::string key = "account " + std::to_string(account);
  MDB_val name{key.size(), const_cast<char*>(key.data())};
  MDB_val value{};
  must(mdb_get(transaction, table, &name, &value), "get");
  return std::atol(std::string(static_cast<char*>(value.mv_data), value.mv_size).c_str());
}

void add(MDB_txn* transaction, MDB_dbi table, int account, long change) {
  put(transaction, table, "account " + std::to_string(account),
      std::to_string(amount(transaction, table, account) + change));
}

void acknowledge(int row) {
  std::printf("ack %d\n", row);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const auto setting = argc == 3 ? kSettings.find(argv[1]) : kSettings.end();
  if (setting == kSettings.end()) return 2;
  MDB_env* environment = nullptr;
  must(mdb_env_create(&environment), "create");
  must(mdb_env_set_mapsize(environment, kMapBytes), "map size");
  must(mdb_env_open(environment, ".", setting->second, 0644), "open");
  MDB_dbi table = 0;
  for (int row = 0; row <= std::atoi(argv[2]); ++row) {
    MDB_txn* transaction = nullptr;
    must(mdb_txn_begin(environment, nullptr, 0, &transaction), "begin");
    if (row == 0) {
      must(mdb_dbi_open(transaction, nullptr, 0, &table), "open the table");
      for (int i = 0; i < kAccounts; ++i) put(transaction, table, "account " + std::to_string(i), "100");
    } else {
      put(transaction, table, "row " + std::to_string(row), std::string(900, static_cast<char>('a' + row % 26)));
      add(transaction, table, row * 7 % kAccounts, -7);
      add(transaction, table, (row * 31 + 1) % kAccounts, 7);
    }
    must(mdb_txn_commit(transaction), "commit");
    acknowledge(row);
  }
  mdb_env_close(environment);
}
