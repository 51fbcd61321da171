// Audit log and recovery, against REF: a 4 KiB write and fdatasync into a zero-filled file.
#include "harness/figures/registry.h"

namespace crashwright::harness {

FigureArea audit_figures() {
  FigureArea area;
  area.measurements = {{"audit", "audit_compare_bench", {}}, {"recovery", "recovery_bench", {}}};
  area.figures = {
      at_least(0.9, "audit.commits_depth1_vs_ref", "commits a second, one in flight, against REF")
          .from("audit", "audit.depth1_commits_per_s")
          .over({"ref.commits_per_s"}),
      at_least(2, "audit.commits_depth4_vs_ref", "commits a second, four in flight, against REF")
          .from("audit", "audit.depth4_commits_per_s")
          .over({"ref.commits_per_s"}),
      at_least(400'000, "audit.records_depth4_per_s", "records of 128 B a second, four in flight")
          .in("records/s")
          .from("audit", "audit.depth4_records_per_s"),
      at_most(1.3, "audit.ack_depth1_p50_vs_ref", "acknowledgement, one in flight, median, against REF")
          .from("audit", "audit.depth1_ack_p50_us")
          .over({"ref.ack_p50_us"}),
      at_least(1.3, "audit.one_producer_vs_sqlite", "one producer, one record a commit, against SQLite WAL FULL")
          .from("audit", "audit.one_producer_per_s")
          .over({"sqlite.one_producer_per_s"}),
      at_least(1.3, "audit.eight_producers_vs_best_peer",
               "eight producers, against the better of LevelDB and RocksDB, sync")
          .from("audit", "audit.eight_producers_per_s")
          .over({"leveldb.eight_producers_per_s", "rocksdb.eight_producers_per_s"}),
      at_most(60, "audit.append_p50_ns", "append on the producer's side, not waiting, median")
          .in("ns")
          .from("audit", "audit.append_p50_ns"),
      at_least(20'000'000, "audit.recovery_scan_per_s", "recovery scan from the page cache")
          .in("records/s")
          .from("audit", "audit.scan_records_per_s"),
      at_most(250, "audit.restart_to_first_order_ms", "restart to first correct order after a crash at 1 M records")
          .in("ms")
          .from("recovery", "restart_to_first_order_ms"),
  };
  return area;
}

}  // namespace crashwright::harness
