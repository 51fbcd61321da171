// Uses one of each: a fault point, the flight recorder, the audit log, the crash handler.
#include <cstdio>
#include <string>

#include "postmortem/audit_log.h"
#include "postmortem/crash_handler.h"
#include "postmortem/fault_point.h"
#include "postmortem/flight_recorder.h"

namespace {

void send_order() { CRASHWRIGHT_FAULT_POINT("consumer.send_order"); }

bool tried(const crashwright::Status& status) {
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status.has_value();
}

}  // namespace

int main(int, char** argv) {
  using namespace crashwright::postmortem;
  const std::string folder = argv[1];
  if (!tried(install_crash_handler({folder + "/crash.rec"}))) return 1;
  if (!tried(open_flight_recorder({folder + "/flight.rec"}))) return 1;
  CRASHWRIGHT_LOG_INFO("order {} at {}", 1, 10000);
  send_order();
  auto log = AuditLog::open({folder + "/audit.log"}, nullptr);
  if (!log) return 1;
  AuditRecord record{};
  record.type = AuditRecordType::kRunStart;
  if ((*log)->append(record) != 1 || !tried((*log)->close())) return 1;
  print_fault_points();
  return 0;
}
