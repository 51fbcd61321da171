// An order audit log on disk and `crashwright audit` run on it, for the tests of that command.
//
// Threads: one owner. Errors: a failed preparation ends the test case. Signal context: no.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/testing/command_folder.h"
#include "mock_engine/order_state_machine.h"
#include "postmortem/audit_segments.h"
#include "postmortem/audit_test_support.h"
#include "postmortem/state_store.h"

namespace crashwright::harness::cli::testing {

using postmortem::AuditBlock;
using postmortem::AuditBlockBuilder;
using postmortem::AuditBlockKind;
using postmortem::AuditRecord;
using postmortem::AuditRecordType;
using postmortem::test::ScratchFolder;

struct Shown {
  int code = 0;
  std::string text;
  std::string err;
};

// Runs the command with what it prints in files.
inline Shown audit(const std::vector<std::string>& arguments) {
  const ScratchFolder folder;
  Shown shown;
  Captured out(STDOUT_FILENO, folder.file("out"));
  Captured err(STDERR_FILENO, folder.file("err"));
  shown.code = audit_command(arguments);
  shown.err = err.finish();
  shown.text = out.finish();
  return shown;
}

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Two orders, one filled by a half; every record carries the state hash that the fold promises.
inline std::vector<AuditRecord> two_orders() {
  mock_engine::OrderStateMachine orders;
  std::vector<AuditRecord> log;
  const auto add = [&](AuditRecordType type, uint32_t user_ref, uint32_t quantity, uint64_t session) {
    AuditRecord record{};
    record.wall_ns = 1'764'040'321'000'000'000 + log.size() * 1'000'000'000;
    record.type = type;
    record.user_ref = user_ref;
    record.quantity = quantity;
    record.session_sequence = session;
    record.price_ticks = 1'000'000;
    record.symbol.assign(user_ref == 1 ? "AAPL" : "MSFT");
    record.side = 'B';
    record.leaves = quantity;
    record.match_id = type == AuditRecordType::kExecuted ? 77 : 0;
    orders.advance(record);
    record.sequence = log.size() + 1;
    orders.apply(record);
    log.push_back(record);
  };
  add(AuditRecordType::kIntentEnter, 1, 200, 0);
  add(AuditRecordType::kIntentEnter, 2, 50, 0);
  add(AuditRecordType::kAccepted, 1, 200, 1);
  add(AuditRecordType::kAccepted, 2, 50, 2);
  add(AuditRecordType::kExecuted, 1, 100, 3);
  return log;
}

// A block for each record; one that does not begin at sequence 1 is what is left where the segments before were lost.
class LogOnDisk {
 public:
  explicit LogOnDisk(const std::vector<AuditRecord>& records, uint64_t first_sequence = 1, bool closed = false) {
    const uint64_t head = first_sequence == 1 ? 0 : kSegmentBlocks;
    AuditBlockBuilder builder(
        {.salt = 5, .next_block = head, .next_sequence = first_sequence, .segment_blocks = kSegmentBlocks});
    if (head != 0) name_ = postmortem::audit_segment_path(name_, 2);
    std::vector<AuditBlock> blocks(records.size() + (closed ? 2 : 1));
    builder.finish(blocks[0], AuditBlockKind::kSegment, 0, 0, 0);
    for (size_t i = 0; i < records.size(); ++i) {
      blocks[i + 1].records[0] = records[i];
      builder.finish(blocks[i + 1], AuditBlockKind::kRecords, 1, first_sequence + i - 1, head + i + 1);
    }
    if (closed) {
      builder.finish(blocks.back(), AuditBlockKind::kClosing, 0, first_sequence + records.size() - 1,
                     head + records.size() + 1);
    }
    const auto bytes = std::as_bytes(std::span(blocks));
    bytes_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    write();
  }
  void flip(size_t at) {
    bytes_[at] = static_cast<char>(bytes_[at] ^ 1);
    write();
  }
  [[nodiscard]] std::string path() const { return folder_.file("audit.log"); }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  void write() const { BOOST_REQUIRE(write_file(file(name_), bytes_).has_value()); }

  static constexpr uint32_t kSegmentBlocks = 8;

  ScratchFolder folder_;
  std::string name_ = "audit.log";  // of its only segment
  std::string bytes_;
};

// A state store beside the log, whose newest snapshot is of that place.
inline void write_snapshot(const LogOnDisk& log, const postmortem::AuditMark& mark,
                           const std::string& name = "state.bin") {
  const auto store = postmortem::StateStore::open({.path = log.file(name), .slot_bytes = 4096});
  BOOST_REQUIRE(store.has_value());
  BOOST_REQUIRE((*store)->write(mark, std::vector<std::byte>(8)).has_value());
}

inline size_t lines(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace crashwright::harness::cli::testing
