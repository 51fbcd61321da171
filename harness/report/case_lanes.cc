// Who lived when: a lane for the exchange, for each start of the engine and for each of its threads.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "harness/report/case_picture.h"
#include "postmortem/audit_log.h"
#include "postmortem/flight_reader.h"
#include "rca/facts.h"
#include "verifiers/control_dump.h"
#include "verifiers/drop_copy.h"

namespace crashwright::harness {
namespace {

using Kind = LaneMark::Kind;

constexpr size_t kEventsPerLaneMax = 80;

std::string end_of(const rca::ProcessFacts& process) {
  if (process.finished) return "finished in order";
  const int status = process.wait_status;
  if ((status & 0x7f) != 0) return fmt::format("died of signal {}", status & 0x7f);
  return fmt::format("ended with status {}", (status >> 8) & 0xff);
}

// Evenly thinned out, first and last kept.
void add_events(std::vector<uint64_t> times, const char* what, Lane& lane) {
  std::sort(times.begin(), times.end());
  const size_t step = times.size() / kEventsPerLaneMax + 1;
  for (size_t i = 0; i < times.size(); i += step) lane.marks.push_back({Kind::kEvent, times[i], what});
}

using LogTimes = std::map<uint32_t, std::vector<uint64_t>>;  // by thread

LogTimes read_log_times(const std::string& path) {
  LogTimes times;
  const auto log = postmortem::read_flight_file(path);
  if (!log) return times;
  for (const postmortem::FlightThread& thread : log->threads) {
    for (const postmortem::FlightRecord& record : thread.records) times[record.tid].push_back(record.monotonic_ns);
  }
  return times;
}

// Block by block: a log can be of any length. 0: not there.
uint64_t time_of_audit_record(const std::string& path, uint64_t sequence) {
  uint64_t time_ns = 0;
  static_cast<void>(postmortem::scan_audit_log(path, [&](std::span<const postmortem::AuditRecord> records) {
    for (const postmortem::AuditRecord& record : records) {
      if (record.sequence == sequence) time_ns = record.monotonic_ns;
    }
  }));
  return time_ns;
}

Lane process_lane(const rca::ProcessFacts& process) {
  Lane lane;
  lane.name = fmt::format("engine, start {}", process.incarnation);
  lane.begin_ns = process.started_ns;
  lane.end_ns = process.ended_ns;
  lane.died = !process.finished;
  return lane;
}

void add_threads(const postmortem::ControlBlock& block, const rca::ProcessFacts& process, const LogTimes& logged,
                 std::vector<Lane>& lanes) {
  for (const postmortem::ThreadWitness& witness : block.threads) {
    const uint32_t tid = witness.tid.load();
    const uint64_t registered_ns = witness.registered_ns.load();
    if (tid == 0 || registered_ns == 0) continue;
    Lane lane;
    lane.name = std::string(witness.name.view());
    lane.is_thread = true;
    lane.begin_ns = registered_ns;
    lane.end_ns = process.ended_ns;
    const auto found = logged.find(tid);
    if (found != logged.end()) add_events(found->second, "log record", lane);
    for (uint32_t i = 0; i < std::min<uint32_t>(block.fault_count, postmortem::kArmedFaultsMax); ++i) {
      const postmortem::ArmedFault& fault = block.faults[i];
      if (fault.fired_tid.load() != tid || fault.fired_ns.load() == 0) continue;
      lane.marks.push_back({Kind::kFault, fault.fired_ns.load(), "fault at " + std::string(fault.point.view())});
    }
    lanes.push_back(std::move(lane));
  }
}

void add_engine(const std::string& case_folder, const rca::ProcessFacts& process, const rca::CaseFacts& facts,
                std::vector<Lane>& lanes) {
  Lane lane = process_lane(process);
  const std::string folder = case_folder + "/" + process.folder;
  const auto dump = verifiers::read_control_dump(case_folder + "/" + process.control_dump);
  if (dump) {
    const uint64_t durable = (*dump)->engine.audit_durable.load();
    const uint64_t time_ns = time_of_audit_record(folder + "/data", durable);
    if (time_ns != 0) {
      lane.marks.push_back({Kind::kDurable, time_ns, fmt::format("last durable: audit record {}", durable)});
    }
  }
  for (const rca::InjectedFaultFact& fault : facts.faults) {
    if (fault.fired_ns == 0 || fault.incarnation != process.incarnation) continue;
    lane.marks.push_back(
        {Kind::kFault, fault.fired_ns, fault.kind + (fault.point.empty() ? "" : " at " + fault.point)});
  }
  if (!process.finished) lane.marks.push_back({Kind::kDeath, process.ended_ns, end_of(process)});
  lanes.push_back(std::move(lane));
  if (!dump) return;
  const LogTimes logged = read_log_times(fmt::format("{}/flight-{}.rec", folder, process.pid));
  add_threads(**dump, process, logged, lanes);
}

// The first fault after which an engine ended otherwise than in order, or that end itself.
uint64_t first_death(const rca::CaseFacts& facts) {
  for (const rca::ProcessFacts& process : facts.processes) {
    if (process.role == "engine" && !process.finished) return process.ended_ns;
  }
  return 0;
}

Lane exchange_lane(const std::string& case_folder, uint64_t death_ns) {
  Lane lane;
  lane.name = "exchange";
  auto events = verifiers::read_drop_copy(case_folder + "/exchange/drop_copy.jsonl");
  if (!events) return lane;
  // It opens its day before it looks at a clock.
  std::erase_if(*events, [](const verifiers::ExchangeEvent& event) { return event.monotonic_ns == 0; });
  if (events->empty()) return lane;
  lane.begin_ns = events->front().monotonic_ns;
  lane.end_ns = events->back().monotonic_ns;
  std::vector<uint64_t> times;
  const verifiers::ExchangeEvent* last_sent = nullptr;
  for (const verifiers::ExchangeEvent& event : *events) {
    times.push_back(event.monotonic_ns);
    if (event.kind == "in" && (death_ns == 0 || event.monotonic_ns <= death_ns)) last_sent = &event;
    if (event.kind == "disconnect" || event.kind == "login") {
      lane.marks.push_back({Kind::kEvent, event.monotonic_ns, event.kind});
    }
  }
  add_events(std::move(times), "message", lane);
  if (last_sent != nullptr && death_ns > 0) {
    lane.marks.push_back({Kind::kSent, last_sent->monotonic_ns,
                          fmt::format("last sent before the death: {} {}", last_sent->type, last_sent->user_ref)});
  }
  return lane;
}

}  // namespace

std::vector<Lane> read_lanes(const std::string& case_folder) {
  std::vector<Lane> lanes;
  const auto facts = rca::read_case_facts(case_folder + "/facts.json");
  if (!facts) return lanes;
  const uint64_t death_ns = first_death(*facts);
  Lane exchange = exchange_lane(case_folder, death_ns);
  if (exchange.end_ns > 0) lanes.push_back(std::move(exchange));
  for (const rca::ProcessFacts& process : facts->processes) {
    if (process.role == "engine") add_engine(case_folder, process, *facts, lanes);
  }
  if (!facts->recovery_time_ns || death_ns == 0) return lanes;
  uint64_t fault_ns = death_ns;
  for (const rca::InjectedFaultFact& fault : facts->faults) {
    if (fault.fired_ns > 0) fault_ns = std::min(fault_ns, fault.fired_ns);
  }
  const uint64_t recovered_ns = fault_ns + *facts->recovery_time_ns;
  for (Lane& lane : lanes) {
    if (lane.is_thread || lane.name == "exchange" || recovered_ns < lane.begin_ns || recovered_ns > lane.end_ns)
      continue;
    lane.marks.push_back(
        {Kind::kRecovery, recovered_ns,
         fmt::format("recovered: first order after {:.1f} ms", static_cast<double>(*facts->recovery_time_ns) / 1e6)});
    break;
  }
  return lanes;
}

}  // namespace crashwright::harness
