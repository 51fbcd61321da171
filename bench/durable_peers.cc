#include "bench/durable_peers.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#ifdef CRASHWRIGHT_BENCH_SQLITE
#include <sqlite3.h>
#endif
#ifdef CRASHWRIGHT_BENCH_LEVELDB
#include <leveldb/db.h>
#endif
#ifdef CRASHWRIGHT_BENCH_ROCKSDB
#include <rocksdb/db.h>
#endif
#ifdef CRASHWRIGHT_BENCH_LMDB
#include <lmdb.h>
#endif

namespace crashwright::bench {
namespace {

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "audit_compare_bench: %s failed\n", what);
  std::exit(10);
}

// Writes round and round through a file whose blocks all exist: nothing but data moves.
class Reference final : public Peer {
 public:
  explicit Reference(const std::string& folder) : block_(kBlockBytes, 'x') {
    fd_ = ::open((folder + "/ref").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    must(fd_ >= 0, "open of the reference file");
    const std::string zeros(1 << 20, '\0');
    for (uint64_t at = 0; at < kFileBytes; at += zeros.size()) {
      must(::pwrite(fd_, zeros.data(), zeros.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(zeros.size()),
           "zero-filling the reference file");
    }
    must(::fsync(fd_) == 0, "fsync of the reference file");
  }
  ~Reference() override { ::close(fd_); }
  void commit(uint64_t key, std::string_view) override {
    const auto at = static_cast<off_t>(key % (kFileBytes / kBlockBytes) * kBlockBytes);
    must(::pwrite(fd_, block_.data(), kBlockBytes, at) == static_cast<ssize_t>(kBlockBytes), "write of a block");
    must(::fdatasync(fd_) == 0, "fdatasync");
  }

 private:
  static constexpr uint64_t kBlockBytes = 4096;
  static constexpr uint64_t kFileBytes = 64 << 20;
  std::string block_;
  int fd_ = -1;
};

#if defined(CRASHWRIGHT_BENCH_LEVELDB) || defined(CRASHWRIGHT_BENCH_ROCKSDB) || defined(CRASHWRIGHT_BENCH_LMDB)
std::array<char, 8> big_endian(uint64_t key) {
  std::array<char, 8> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(key >> (56 - 8 * i));
  return bytes;
}
#endif

#ifdef CRASHWRIGHT_BENCH_SQLITE
class Sqlite final : public Peer {
 public:
  explicit Sqlite(const std::string& folder) {
    must(::sqlite3_open((folder + "/sqlite.db").c_str(), &db_) == SQLITE_OK, "sqlite3_open");
    must(::sqlite3_exec(db_,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "CREATE TABLE log(sequence INTEGER PRIMARY KEY, record BLOB);",
                        nullptr, nullptr, nullptr) == SQLITE_OK,
         "CREATE TABLE");
    must(::sqlite3_prepare_v2(db_, "INSERT INTO log VALUES(?, ?)", -1, &insert_, nullptr) == SQLITE_OK, "prepare");
  }
  ~Sqlite() override {
    ::sqlite3_finalize(insert_);
    ::sqlite3_close(db_);
  }
  void commit(uint64_t key, std::string_view value) override {
    ::sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(key));
    ::sqlite3_bind_blob(insert_, 2, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    must(::sqlite3_step(insert_) == SQLITE_DONE, "INSERT");
    ::sqlite3_reset(insert_);
  }

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};
#endif

#ifdef CRASHWRIGHT_BENCH_LEVELDB
class LevelDb final : public Peer {
 public:
  explicit LevelDb(const std::string& folder) {
    leveldb::Options options;
    options.create_if_missing = true;
    leveldb::DB* db = nullptr;
    must(leveldb::DB::Open(options, folder + "/leveldb", &db).ok(), "leveldb::DB::Open");
    db_.reset(db);
    sync_.sync = true;
  }
  void commit(uint64_t key, std::string_view value) override {
    const auto bytes = big_endian(key);
    must(db_->Put(sync_, {bytes.data(), bytes.size()}, {value.data(), value.size()}).ok(), "leveldb Put");
  }

 private:
  std::unique_ptr<leveldb::DB> db_;
  leveldb::WriteOptions sync_;
};
#endif

#ifdef CRASHWRIGHT_BENCH_ROCKSDB
class RocksDb final : public Peer {
 public:
  explicit RocksDb(const std::string& folder) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    must(rocksdb::DB::Open(options, folder + "/rocksdb", &db).ok(), "rocksdb::DB::Open");
    db_.reset(db);
    sync_.sync = true;
  }
  void commit(uint64_t key, std::string_view value) override {
    const auto bytes = big_endian(key);
    must(db_->Put(sync_, {bytes.data(), bytes.size()}, {value.data(), value.size()}).ok(), "rocksdb Put");
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions sync_;
};
#endif

#ifdef CRASHWRIGHT_BENCH_LMDB
class Lmdb final : public Peer {
 public:
  explicit Lmdb(const std::string& folder) {
    const std::string path = folder + "/lmdb";
    std::filesystem::create_directory(path);
    must(::mdb_env_create(&env_) == 0 && ::mdb_env_set_mapsize(env_, size_t{1} << 30) == 0 &&
             ::mdb_env_open(env_, path.c_str(), 0, 0644) == 0,
         "mdb_env_open");
  }
  ~Lmdb() override { ::mdb_env_close(env_); }
  void commit(uint64_t key, std::string_view value) override {
    auto bytes = big_endian(key);
    MDB_txn* transaction = nullptr;
    MDB_dbi table = 0;
    MDB_val name{bytes.size(), bytes.data()};
    MDB_val content{value.size(), const_cast<char*>(value.data())};
    must(::mdb_txn_begin(env_, nullptr, 0, &transaction) == 0 && ::mdb_dbi_open(transaction, nullptr, 0, &table) == 0 &&
             ::mdb_put(transaction, table, &name, &content, 0) == 0 && ::mdb_txn_commit(transaction) == 0,
         "mdb_put");
  }

 private:
  MDB_env* env_ = nullptr;
};
#endif

}  // namespace

std::vector<NamedPeer> make_peers(const std::string& folder, Samples& samples) {
  std::vector<NamedPeer> peers;
  peers.push_back({"ref", std::make_unique<Reference>(folder)});
#ifdef CRASHWRIGHT_BENCH_SQLITE
  peers.push_back({"sqlite", std::make_unique<Sqlite>(folder)});
#else
  samples.absent("sqlite", "libsqlite3-dev was not there when this was built");
#endif
#ifdef CRASHWRIGHT_BENCH_LEVELDB
  peers.push_back({"leveldb", std::make_unique<LevelDb>(folder), true});
#else
  samples.absent("leveldb", "libleveldb-dev was not there when this was built");
#endif
#ifdef CRASHWRIGHT_BENCH_ROCKSDB
  peers.push_back({"rocksdb", std::make_unique<RocksDb>(folder), true});
#else
  samples.absent("rocksdb", "librocksdb-dev was not there when this was built");
#endif
#ifdef CRASHWRIGHT_BENCH_LMDB
  peers.push_back({"lmdb", std::make_unique<Lmdb>(folder)});
#else
  samples.absent("lmdb", "liblmdb-dev was not there when this was built");
#endif
  static_cast<void>(samples);  // with all of them there
  return peers;
}

}  // namespace crashwright::bench
