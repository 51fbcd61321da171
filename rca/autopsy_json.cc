// AutopsyReport as JSON, out and in. Schema: rca_format.md.
#include <nlohmann/json.hpp>

#include "rca/autopsy.h"
#include "rca/evidence_ranking.h"
#include "rca/json_numbers.h"

namespace crashwright::rca {
namespace {

using Json = nlohmann::json;
constexpr int kVersion = 1;
constexpr EvidenceTier kTiers[] = {EvidenceTier::kHarnessFact,    EvidenceTier::kRuntimeVerdict,
                                   EvidenceTier::kLibraryMessage, EvidenceTier::kMachineState,
                                   EvidenceTier::kFrames,         EvidenceTier::kExitCode};

EvidenceTier tier_of(const std::string& name) {
  for (const EvidenceTier tier : kTiers) {
    if (name == tier_name(tier)) return tier;
  }
  throw Json::other_error::create(599, "evidence of unknown tier \"" + name + "\"", nullptr);
}

Json to_json(const Evidence& evidence) {
  return {{"tier", tier_name(evidence.tier)}, {"source", evidence.source},  {"cause", evidence.cause},
          {"strength", evidence.strength},    {"pid", evidence.pid},        {"tid", evidence.tid},
          {"where", evidence.where},          {"excerpt", evidence.excerpt}};
}

Evidence evidence_from(const Json& entry) {
  Evidence evidence;
  evidence.tier = tier_of(entry.at("tier").get<std::string>());
  entry.at("source").get_to(evidence.source);
  entry.at("cause").get_to(evidence.cause);
  entry.at("strength").get_to(evidence.strength);
  entry.at("pid").get_to(evidence.pid);
  entry.at("tid").get_to(evidence.tid);
  entry.at("where").get_to(evidence.where);
  entry.at("excerpt").get_to(evidence.excerpt);
  return evidence;
}

Json to_json(const Frame& frame) {
  return {
      {"pc", frame.pc},         {"function", frame.function}, {"file", frame.file},           {"line", frame.line},
      {"module", frame.module}, {"inlined", frame.inlined},   {"variables", frame.variables}, {"offset", frame.offset}};
}

Frame frame_from(const Json& entry) {
  Frame frame;
  entry.at("pc").get_to(frame.pc);
  entry.at("function").get_to(frame.function);
  entry.at("file").get_to(frame.file);
  entry.at("line").get_to(frame.line);
  entry.at("module").get_to(frame.module);
  entry.at("inlined").get_to(frame.inlined);
  frame.variables = entry.value("variables", frame.variables);
  frame.offset = entry.value("offset", frame.offset);
  return frame;
}

Json to_json(const ThreadStack& thread) {
  Json frames = Json::array();
  for (const Frame& frame : thread.frames) frames.push_back(to_json(frame));
  return {{"tid", thread.tid},
          {"name", thread.name},
          {"faulting", thread.faulting},
          {"live", thread.live},
          {"frames", std::move(frames)}};
}

ThreadStack thread_from(const Json& entry) {
  ThreadStack thread;
  entry.at("tid").get_to(thread.tid);
  entry.at("name").get_to(thread.name);
  entry.at("faulting").get_to(thread.faulting);
  thread.live = entry.value("live", false);
  for (const Json& frame : entry.at("frames")) thread.frames.push_back(frame_from(frame));
  return thread;
}

template <typename Report, typename Visit>
void visit_report(Report& report, Visit&& visit) {
  visit("cause", report.cause);
  visit("family", report.family);
  visit("detail", report.detail);
  visit("confidence", report.confidence);
  visit("function", report.function);
  visit("function_reason", report.function_reason);
  visit("pid", report.pid);
  visit("tid", report.tid);
  visit("thread_name", report.thread_name);
  visit("signal_number", report.signal_number);
  visit("signal_code", report.signal_code);
  visit("build_id", report.build_id);
  visit("signature", report.signature);
  visit("wait_for_cycle", report.wait_for_cycle);
  visit("missing", report.missing);
}

// What came later than the first files of this version.
template <typename Report, typename Visit>
void visit_additions(Report& report, Visit&& visit) {
  visit("core_path", report.core_path);
  visit("program_path", report.program_path);
  visit("instruction", report.instruction);
  visit("fault_address_is", report.fault_address_is);
  visit("waits", report.waits);
  visit("involved", report.involved);
  visit("memory_scope", report.memory_scope);
  visit("killer", report.killer);
  visit("memory", report.memory);
  visit("story", report.story);
  visit("system", report.system);
}

AutopsyReport report_from(const Json& document) {
  AutopsyReport report;
  visit_report(report, [&](const char* name, auto& member) { document.at(name).get_to(member); });
  visit_additions(report, [&](const char* name, auto& member) { member = document.value(name, member); });
  if (const auto registers = document.find("registers"); registers != document.end()) {
    refuse_fractions(*registers, {});
    for (const auto& [name, value] : registers->items()) report.registers.push_back({name, value.get<uint64_t>()});
  }
  if (const Json& address = document.at("fault_address"); !address.is_null()) {
    report.fault_address = address.get<uint64_t>();
  }
  for (const Json& entry : document.at("candidates")) {
    report.candidates.push_back({entry.at("cause").get<std::string>(), entry.at("confidence").get<double>()});
  }
  for (const Json& entry : document.at("evidence")) report.evidence.push_back(evidence_from(entry));
  for (const Json& entry : document.at("threads")) report.threads.push_back(thread_from(entry));
  return report;
}

}  // namespace

std::string autopsy_to_json(const AutopsyReport& report) {
  Json document = {{"format", "crashwright-rca"}, {"version", kVersion}};
  visit_report(report, [&](const char* name, const auto& member) { document[name] = member; });
  visit_additions(report, [&](const char* name, const auto& member) { document[name] = member; });
  document["registers"] = Json::object();
  for (const RegisterValue& one : report.registers) document["registers"][one.name] = one.value;
  document["fault_address"] = report.fault_address ? Json(*report.fault_address) : Json(nullptr);
  document["candidates"] = Json::array();
  for (const Candidate& candidate : report.candidates) {
    document["candidates"].push_back({{"cause", candidate.cause}, {"confidence", candidate.confidence}});
  }
  document["evidence"] = Json::array();
  for (const Evidence& evidence : report.evidence) document["evidence"].push_back(to_json(evidence));
  document["threads"] = Json::array();
  for (const ThreadStack& thread : report.threads) document["threads"].push_back(to_json(thread));
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<AutopsyReport> autopsy_from_json(const std::string& json) {
  try {
    const Json document = Json::parse(json);
    refuse_fractions(document, {"strength", "confidence"});
    if (!document.is_object() || document.value("format", "") != "crashwright-rca") {
      return fail(ErrorKind::kCorrupt, "not an autopsy of crashwright");
    }
    if (const int version = document.value("version", 0); version != kVersion) {
      return fail(ErrorKind::kCorrupt,
                  "autopsy version " + std::to_string(version) + ", this reader knows " + std::to_string(kVersion));
    }
    return report_from(document);
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kCorrupt, std::string("autopsy: ") + error.what());
  }
}

}  // namespace crashwright::rca
