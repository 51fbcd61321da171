#include "rca/facts.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "rca/json_numbers.h"

namespace crashwright::rca {
namespace {

using Json = nlohmann::json;
constexpr int kFactsVersion = 1;

// Reads and writes name the same fields: `visit(name, member)` for each, in the order of the format page.
template <typename Process, typename Visit>
void visit_process(Process& process, Visit&& visit) {
  visit("role", process.role);
  visit("incarnation", process.incarnation);
  visit("folder", process.folder);
  visit("argv", process.argv);
  visit("build", process.build);
  visit("build_id", process.build_id);
  visit("pid", process.pid);
  visit("started_ns", process.started_ns);
  visit("ended_ns", process.ended_ns);
  visit("wait_status", process.wait_status);
  visit("core_dumped", process.core_dumped);
  visit("core_path", process.core_path);
  visit("core_absent_because", process.core_absent_because);
  visit("core_way", process.core_way);
  visit("killed_by", process.killed_by);
  visit("kill_reason", process.kill_reason);
  visit("kill_signal", process.kill_signal);
  visit("seen_stopped", process.seen_stopped);
  visit("cpu_time_ns", process.cpu_time_ns);
  visit("max_rss_bytes", process.max_rss_bytes);
  visit("cgroup_memory_limit_bytes", process.cgroup_memory_limit_bytes);
  visit("oom_kills", process.oom_kills);
  visit("cgroup_limit_hits", process.cgroup_limit_hits);
  visit("address_space_limit_bytes", process.address_space_limit_bytes);
  visit("finished", process.finished);
  visit("control_dump", process.control_dump);
}

template <typename Fault, typename Visit>
void visit_fault(Fault& fault, Visit&& visit) {
  visit("kind", fault.kind);
  visit("point", fault.point);
  visit("state", fault.state);
  visit("confirmed_by", fault.confirmed_by);
  visit("incarnation", fault.incarnation);
  visit("fired_ns", fault.fired_ns);
  visit("file", fault.file);
}

template <typename Facts, typename Visit>
void visit_case(Facts& facts, Visit&& visit) {
  visit("name", facts.name);
  visit("seed", facts.seed);
  visit("leftovers", facts.leftovers);
  visit("power_lost", facts.power_lost);
  visit("environment_error", facts.environment_error);
  visit("skipped_need", facts.skipped_need);
}

struct Writer {
  Json& object;
  template <typename T>
  void operator()(const char* name, const T& member) const {
    object[name] = member;
  }
};

// An absent key keeps the member's default: older files stay readable. A key of the wrong type throws.
struct Reader {
  explicit Reader(const Json& entry) : object(entry) { (void)entry.get_ref<const Json::object_t&>(); }
  const Json& object;
  template <typename T>
  void operator()(const char* name, T& member) const {
    const auto found = object.find(name);
    if (found == object.end()) return;
    refuse_fractions(*found, {});
    found->get_to(member);
  }
};

CaseFacts facts_from(const Json& document) {
  CaseFacts facts;
  visit_case(facts, Reader{document});
  if (const auto time = document.find("recovery_time_ns"); time != document.end() && !time->is_null()) {
    refuse_fractions(*time, {});
    facts.recovery_time_ns = time->get<uint64_t>();
  }
  for (const Json& entry : document.value("processes", Json::array())) {
    visit_process(facts.processes.emplace_back(), Reader{entry});
  }
  for (const Json& entry : document.value("faults", Json::array())) {
    visit_fault(facts.faults.emplace_back(), Reader{entry});
  }
  return facts;
}

Json json_from(const CaseFacts& facts) {
  Json document = {{"format", "crashwright-facts"}, {"version", kFactsVersion}};
  visit_case(facts, Writer{document});
  document["recovery_time_ns"] = facts.recovery_time_ns ? Json(*facts.recovery_time_ns) : Json(nullptr);
  document["processes"] = Json::array();
  for (const ProcessFacts& process : facts.processes) {
    visit_process(process, Writer{document["processes"].emplace_back(Json::object())});
  }
  document["faults"] = Json::array();
  for (const InjectedFaultFact& fault : facts.faults) {
    visit_fault(fault, Writer{document["faults"].emplace_back(Json::object())});
  }
  return document;
}

}  // namespace

Result<CaseFacts> read_case_facts(const std::string& path) {
  const auto content = read_file(path);
  if (!content) return tl::unexpected(content.error());
  try {
    const Json document = Json::parse(*content);
    if (!document.is_object() || document.value("format", "") != "crashwright-facts") {
      return fail(ErrorKind::kCorrupt, path + ": not a facts file of crashwright");
    }
    refuse_fractions(document.value("version", Json()), {});
    if (const int version = document.value("version", 0); version != kFactsVersion) {
      return fail(ErrorKind::kCorrupt, path + ": facts version " + std::to_string(version) + ", this reader knows " +
                                           std::to_string(kFactsVersion));
    }
    return facts_from(document);
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kCorrupt, path + ": " + error.what());
  }
}

Status write_case_facts(const std::string& path, const CaseFacts& facts) {
  // Bytes that are no UTF-8 (an argument of a foreign program) are replaced rather than refused.
  return write_file_atomic(path, json_from(facts).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace crashwright::rca
