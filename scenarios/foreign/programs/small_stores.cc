// Small ways to store records in plain files, and what a power loss left of them.
//
// usage: small_stores STORE HOW write   writes numbered records, acknowledges each
//        small_stores STORE HOW check   the newest acknowledged one is there, and nothing is broken
//
// replace  one file, written anew beside it and renamed over it:
//          synced | no_file_sync | no_folder_sync
//          or exchanged with it (renameat2): exchange | exchange_no_folder_sync
//          the folder is not synced, but the file once more behind its rename: then_fsync | then_fdatasync
//          or another file that was written to in place: then_fdatasync_elsewhere
// publish  each record in a file of its own, which gets its name by a hard link: synced | no_folder_sync
// log      records with a checksum, appended; a torn tail is no damage:
//          fdatasync | sync_file_range | dsync_no_folder
//          by two processes that both append: two_processes | two_processes_one_syncs
//          written by one process, synced by another: synced_elsewhere
// copy     records of one file copied to another by copy_file_range: synced | unsynced
// mirror   files copied as rsync does it, renamed and given the time of the original; one that has the original's size
//          and time counts as equal: synced | unsynced
// slots    records in two slots in turn, or always in the same one: two | one
// flag     records in one file, their count in another: data_first | together
// long     records of many pages, each by one write; who reads them believes that a write is whole, or looks at it:
//          believed | looked_at
// footer   records in whole blocks, and behind them a footer that counts them, in one file; the footer is written back
//          first: sync_file_range | fadvise | direct, or once the records are synced: synced
// lines    records of one length without a checksum, appended and synced one by one; who reads them believes every
//          whole one, or stops at the first that says nothing: believed | looked_at
#include "small_stores.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

namespace small_stores {
namespace {

using Task = void (*)(std::string_view how);

struct Store {
  std::string_view name;
  std::vector<std::string_view> manners;
  Task write;
  Task check;
};

const Store kStores[] = {
    {"replace",
     {"synced", "no_file_sync", "no_folder_sync", "exchange", "exchange_no_folder_sync", "then_fsync", "then_fdatasync",
      "then_fdatasync_elsewhere"},
     write_replace,
     check_replace},
    {"publish", {"synced", "no_folder_sync"}, write_publish, check_publish},
    {"log",
     {"fdatasync", "sync_file_range", "dsync_no_folder", "two_processes", "two_processes_one_syncs",
      "synced_elsewhere"},
     write_log,
     check_log},
    {"copy", {"synced", "unsynced"}, write_copy, check_copy},
    {"mirror", {"synced", "unsynced"}, write_mirror, check_mirror},
    {"slots", {"two", "one"}, write_slots, check_slots},
    {"flag", {"data_first", "together"}, write_flag, check_flag},
    {"long", {"believed", "looked_at"}, write_long, check_long},
    {"footer", {"sync_file_range", "fadvise", "direct", "synced"}, write_footer, check_footer},
    {"lines", {"believed", "looked_at"}, write_lines, check_lines},
};

bool has_manner(const Store& store, std::string_view how) {
  return std::find(store.manners.begin(), store.manners.end(), how) != store.manners.end();
}

int run(std::string_view name, std::string_view how, std::string_view task) {
  for (const Store& store : kStores) {
    if (store.name != name || !has_manner(store, how)) continue;
    if (task != "write" && task != "check") break;
    (task == "write" ? store.write : store.check)(how);
    return 0;
  }
  std::fputs("usage: small_stores STORE HOW write|check\n", stderr);
  return 2;
}

}  // namespace
}  // namespace small_stores

int main(int argc, char** argv) {
  return argc == 4 ? small_stores::run(argv[1], argv[2], argv[3]) : small_stores::run("", "", "");
}
