// A small engine on the installed kit: it takes orders, and acknowledges each once its audit record is durable.
//
//   ledger_engine run N | recover | dump | check        in the folder that holds, or will hold, audit.log
//
// Threads: the main one, and the committer of the audit log. Errors: a message and exit status 2.
// What it speaks to the harness is docs/bring-your-own-engine.md.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "postmortem/audit_log.h"
#include "postmortem/control_block.h"
#include "postmortem/crash_handler.h"
#include "postmortem/fault_point.h"

using namespace crashwright;
using namespace crashwright::postmortem;

namespace {

int fail_with(const std::string& message) {
  std::fprintf(stderr, "ledger_engine: %s\n", message.c_str());
  return 2;
}

// A promise to somebody outside: from here on the order must be found again, whatever happens.
void acknowledge(uint32_t order) {
  const char* const descriptor = std::getenv("CRASHWRIGHT_ACK_FD");
  dprintf(descriptor != nullptr ? std::atoi(descriptor) : STDOUT_FILENO, "ack %u\n", order);
}

__attribute__((noinline)) bool accept_order(AuditLog& log, uint32_t order) {
  CRASHWRIGHT_FAULT_POINT("ledger.accept_order");
  AuditRecord record{};
  record.type = AuditRecordType::kIntentEnter;
  record.user_ref = order;
  record.symbol.assign("LEDGER");
  record.quantity = 100;
  record.side = order % 3 == 0 ? 'S' : 'B';
  return log.append_durable(record, std::chrono::seconds(10));
}

int run(AuditLog& log, const AuditReadout& found, uint32_t orders) {
  for (uint32_t order = static_cast<uint32_t>(found.records.size()) + 1; order <= orders; ++order) {
    if (!accept_order(log, order)) return fail_with("order " + std::to_string(order) + " cannot be made durable");
    acknowledge(order);
  }
  return log.close() ? 0 : fail_with("the log cannot be closed");
}

int dump(const AuditReadout& found) {
  long position = 0;
  for (const AuditRecord& record : found.records)
    position += record.side == 'B' ? record.quantity : -1L * record.quantity;
  std::printf("{\"orders\": %zu, \"position\": %ld}\n", found.records.size(), position);
  return 0;
}

// Everything acknowledged is there, in order, once: exit status 1 and the reason where it is not.
int check(const AuditReadout& found) {
  for (size_t i = 0; i < found.records.size(); ++i) {
    if (found.records[i].user_ref == i + 1) continue;
    std::printf("order %u stands at place %zu\n", found.records[i].user_ref, i + 1);
    return 1;
  }
  std::ifstream acknowledged(std::getenv("CRASHWRIGHT_ACKED"));
  for (size_t order = 0; acknowledged >> order;) {
    if (order <= found.records.size()) continue;
    std::printf("order %zu was acknowledged and is lost\n", order);
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "--list-fault-points") return print_fault_points(), 0;
  if (auto attached = attach_control_block(); !attached) return fail_with(attached.error().message);
  const char* const folder = std::getenv("CRASHWRIGHT_POSTMORTEM");
  if (folder != nullptr) {
    const auto installed =
        install_crash_handler({std::string(folder) + "/crash-" + std::to_string(::getpid()) + ".rec"});
    if (!installed) return fail_with(installed.error().message);
  }
  AuditReadout found;
  auto log = AuditLog::open({.path = "audit.log", .durability = Durability::kPowerLoss}, &found);
  if (!log) return fail_with(log.error().message);
  if (command == "run" && argc == 3) return run(**log, found, static_cast<uint32_t>(std::atoi(argv[2])));
  if (command == "recover") return 0;
  if (command == "dump") return dump(found);
  return command == "check" ? check(found) : fail_with("run N | recover | dump | check");
}
