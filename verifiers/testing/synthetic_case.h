// A small sound case folder, written by hand, for the tests of the verifiers: one death by SIGKILL, one order filled
// and one open. A test changes one artefact of it. Tests only.
//
// Threads: one owner. Errors: a failed Boost.Test check. Leaves nothing behind.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "rca/autopsy.h"
#include "verifiers/case_view.h"
#include "verifiers/verifier.h"

namespace crashwright::verifiers::testing {

inline constexpr const char* kPlan =
    R"({"name":"synthetic","seed":1,"build":"release","durability":"process_death","profile":"K",
  "faults":[{"kind":"sigkill","point":"gateway.send_order","incarnation":0,"ends_process":true,
             "causes":["KILLED_BY_HARNESS"]}],
  "expect":{"outcome":"crash","rca":{"causes":[],"function":"","thread":"","confidence_min":0.5},
            "budgets":{"recovery_time_ms":50,"handler_time_ms":null},"excluded":[]}})";

inline constexpr const char* kExchange = R"({"positions":{"AAPL":100,"MSFT":0},"cash_ticks":-1000000,
  "orders":[{"user_ref":1,"symbol":"AAPL","side":"B","quantity":100,"executed":100,"leaves":0,
             "price_ticks":10000,"state":"filled"},
            {"user_ref":2,"symbol":"MSFT","side":"S","quantity":50,"executed":0,"leaves":50,
             "price_ticks":20000,"state":"open"}],
  "violations":{"reused_user_ref":0,"order_after_kill_switch":0},"sequenced_messages":3,"orders_entered":2})";

inline constexpr const char* kFinal = R"({"cash_ticks":-1000000,"decisions":2,"feed_sequence":10,"kill_switch":false,
  "open_orders":[{"leaves":50,"price_ticks":20000,"side":"S","symbol":"MSFT","user_ref":2}],"positions":{"AAPL":100}})";

inline constexpr const char* kDropCopy =
    R"({"n":1,"t":1,"kind":"in","type":"enter",)"
    R"("user_ref":1,"symbol":"AAPL","side":"B","quantity":100,"price_ticks":10000})"
    "\n"
    R"({"n":2,"t":2,"kind":"out","seq":1,"type":"accepted",)"
    R"("user_ref":1,"symbol":"AAPL","side":"B","quantity":100,"price_ticks":10000,"leaves":100})"
    "\n"
    R"({"n":3,"t":3,"kind":"out","seq":2,"type":"executed",)"
    R"("user_ref":1,"symbol":"AAPL","side":"B","quantity":100,"price_ticks":10000,"leaves":0})"
    "\n"
    R"({"n":4,"t":4,"kind":"out","seq":3,"type":"accepted",)"
    R"("user_ref":2,"symbol":"MSFT","side":"S","quantity":50,"price_ticks":20000,"leaves":50})"
    "\n";

inline constexpr const char* kRecovered = R"({"audit_sequence":5,"cash_ticks":-1000000,"feed_sequence":4,"in_doubt":[],
  "next_session_sequence":3,"open_orders":[],"positions":{"AAPL":100},"kill_switch":false})";

inline std::string sound_autopsy() {
  rca::AutopsyReport report;
  report.cause = "KILLED_BY_HARNESS";
  report.family = "PROCESS";
  report.confidence = 0.95;
  report.signature = "cw3:PROCESS:KILLED_BY_HARNESS:0";
  report.evidence.push_back(
      {rca::EvidenceTier::kHarnessFact, "wait status", "KILLED_BY_HARNESS", 1.0, 100, 100, "facts.json", "SIGKILL"});
  return rca::autopsy_to_json(report);
}

struct SyntheticCase {
  SyntheticCase() {
    char path[] = "/tmp/crashwright-case-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(path) != nullptr);
    folder = path;
    for (const char* name : {"exchange", "golden", "inc0", "inc1", "recovered", "recovered/0"}) {
      BOOST_REQUIRE(::mkdir((folder + "/" + name).c_str(), 0755) == 0);
    }
    put("plan.json", kPlan);
    put("exchange/exchange.json", kExchange);
    put("golden/exchange.json", kExchange);
    put("exchange/drop_copy.jsonl", kDropCopy);
    put("golden/final_state.json", kFinal);
    put("inc1/final_state.json", kFinal);
    put("recovered/0/first.json", kRecovered);
    put("recovered/0/second.json", kRecovered);
    put("rca.json", sound_autopsy());
    facts.name = "synthetic";
    facts.recovery_time_ns = 20'000'000;
    facts.processes.resize(2);
    for (uint32_t i = 0; i < 2; ++i) {
      facts.processes[i].role = "engine";
      facts.processes[i].incarnation = i;
      facts.processes[i].folder = "inc" + std::to_string(i);
      facts.processes[i].pid = static_cast<int32_t>(100 + i);
      facts.processes[i].control_dump = facts.processes[i].folder + "/control.bin";
    }
    facts.processes[0].wait_status = 9;
    facts.processes[0].killed_by = "harness";
    facts.processes[1].finished = true;
    facts.faults.resize(1);
    facts.faults[0].kind = "sigkill";
    facts.faults[0].state = "confirmed";
  }
  ~SyntheticCase() { std::filesystem::remove_all(folder); }

  void put(const std::string& name, const std::string& content) const {
    BOOST_REQUIRE(write_file(folder + "/" + name, content));
  }
  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    std::string content = read_file(folder + "/" + name).value();
    const size_t at = content.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, name << " lacks " << from);
    put(name, content.replace(at, from.size(), to));
  }
  Verdict judge(const std::string& promise) const {
    BOOST_REQUIRE(rca::write_case_facts(folder + "/facts.json", facts));
    const auto view = open_case(folder);
    BOOST_REQUIRE_MESSAGE(view, (view ? "" : view.error().message));
    return find_verifier(promise)->verify(*view);
  }
  void expect(const std::string& promise, Outcome outcome, const std::string& words) const {
    const Verdict verdict = judge(promise);
    BOOST_TEST(outcome_name(verdict.outcome) == outcome_name(outcome), verdict.summary);
    BOOST_TEST(verdict.summary.find(words) != std::string::npos, verdict.summary);
  }

  std::string folder;
  rca::CaseFacts facts;
};

}  // namespace crashwright::verifiers::testing
