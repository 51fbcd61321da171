// The small parts of the autopsy: names of functions, blame, ranking, signature, causes, JSON and text.
#include <boost/test/unit_test.hpp>

#include "rca/autopsy.h"
#include "rca/cause.h"
#include "rca/conclusion.h"
#include "rca/evidence.h"
#include "rca/evidence_ranking.h"
#include "rca/frame_rules.h"
#include "rca/function_name.h"
#include "rca/signature.h"
#include "rca/substring_classifier.h"

namespace crashwright::rca {
namespace {

BOOST_AUTO_TEST_CASE(names_lose_what_differs_between_builds) {
  const struct {
    const char* name;
    const char* plain;
  } kNames[] = {
      {"crashwright::mock_engine::OrderGateway::send(Order const&)", "crashwright::mock_engine::OrderGateway::send"},
      {"void ns::Ring<int, 3>::push<char>(char&&) const", "ns::Ring::push"},
      {"std::vector<int, std::allocator<int> > ns::f(std::pair<int, int>)", "ns::f"},
      {"ns::(anonymous namespace)::f(int)", "ns::f"},
      {"ns::Book::apply(int)::{lambda(int)#1}::operator()(int) const", "ns::Book::apply"},
      {"ns::{lambda(int)#1}::operator()(int) const", "operator()"},
      {"ns::A::operator()(int)", "ns::A::operator()"},
      {"bool ns::operator< <int>(ns::A<int> const&, int)", "ns::operator<"},
      {"ns::operator<<(std::ostream&, int)", "ns::operator<<"},
      {"ns::A::operator->() const", "ns::A::operator->"},
      {"operator new(unsigned long)", "operator new"},
      {"ns::A::operator unsigned long() const", "ns::A::operator unsigned long"},
      {"ns::hot(int) [clone .cold]", "ns::hot"},
      {"local_function.isra.0", "local_function"},
      {"__libc_start_main@@GLIBC_2.34", "__libc_start_main"},
      {"ns::name[abi:cxx11](int)", "ns::name"},
      {"decltype(auto) ns::f<int>(int)", "ns::f"},
      {"main", "main"},
      {"", ""},
  };
  for (const auto& expected : kNames) BOOST_TEST(plain_function_name(expected.name) == expected.plain);
  BOOST_TEST(whole_function_name("apply", "ns::Book::apply(int)") == "ns::Book::apply(int)");
  BOOST_TEST(whole_function_name("push<std::vector<int> >", "void ns::Ring::push<std::vector<int> >(int)") ==
             "void ns::Ring::push<std::vector<int> >(int)");
  BOOST_TEST(whole_function_name("operator()", "ns::go()::{lambda(int)#1}::operator()(int) const") ==
             "ns::go()::{lambda(int)#1}::operator()(int) const");
  BOOST_TEST(whole_function_name("apply", "ns::Book::reapply(int)") == "apply");
  BOOST_TEST(whole_function_name("main", "main") == "main");
  BOOST_TEST(short_function_name("crashwright::mock_engine::OrderGateway::send") == "OrderGateway::send");
  BOOST_TEST(short_function_name("other::OrderGateway::send") == "other::OrderGateway::send");
}

Frame frame(const std::string& function, const std::string& module = "/opt/engine", const std::string& file = "") {
  Frame made;
  made.function = function;
  made.module = module;
  made.file = file;
  return made;
}

const std::vector<Frame> kStack = {
    frame("raise", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    frame("abort", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    frame("crashwright::postmortem::injection::deliberate_abort()"),
    frame("crashwright::postmortem::detail::pass_fault_point(crashwright::postmortem::FaultPoint const&)"),
    frame("std::vector<int>::at(unsigned long)", "/opt/engine", "/usr/include/c++/12/bits/stl_vector.h"),
    frame("crashwright::mock_engine::OrderBook::apply(Event const&)"),
    frame("crashwright::mock_engine::OrderBook::apply(Event const&)"),
    frame("crashwright::mock_engine::TradingLoop::run()"),
    frame("main"),
};

BOOST_AUTO_TEST_CASE(the_first_frame_of_the_project_is_blamed) {
  const BlamedFrame blamed = blame(kStack);
  BOOST_TEST(blamed.function == "OrderBook::apply");
  BOOST_TEST(blamed.index == 5U);
  BOOST_TEST(blamed.reason == "first frame of the project, after those of: libc, fault injection, standard library");
  BOOST_TEST(blame({frame("raise"), frame("")}).function.empty());
}

BOOST_AUTO_TEST_CASE(project_frames_count_recursion_once) {
  const std::vector<std::string> expected = {"OrderBook::apply", "TradingLoop::run", "main"};
  BOOST_TEST(project_frames(kStack, 3) == expected, boost::test_tools::per_element());
}

Evidence piece(EvidenceTier tier, const std::string& cause, double strength) {
  return make_evidence(tier, "test", cause, strength, "", "");
}

BOOST_AUTO_TEST_CASE(no_evidence_is_no_answer) {
  const Ranking ranking = rank_evidence({});
  BOOST_TEST(ranking.cause == "UNKNOWN");
  BOOST_TEST(ranking.confidence == 0);
}

BOOST_AUTO_TEST_CASE(agreeing_sources_raise_the_confidence) {
  const double one = rank_evidence({piece(EvidenceTier::kMachineState, "NULL_DEREF", 0.9)}).confidence;
  const double two = rank_evidence({piece(EvidenceTier::kMachineState, "NULL_DEREF", 0.9),
                                    piece(EvidenceTier::kRuntimeVerdict, "NULL_DEREF", 0.9)})
                         .confidence;
  const double same_tier = rank_evidence({piece(EvidenceTier::kMachineState, "NULL_DEREF", 0.9),
                                          piece(EvidenceTier::kMachineState, "NULL_DEREF", 0.9)})
                               .confidence;
  BOOST_TEST(two > one);
  BOOST_TEST(same_tier == one);
}

BOOST_AUTO_TEST_CASE(contradictions_lower_the_confidence_down_to_unknown_with_candidates) {
  const Ranking ranking =
      rank_evidence({piece(EvidenceTier::kMachineState, "FPE", 0.8), piece(EvidenceTier::kMachineState, "BUS", 0.8)});
  BOOST_TEST(ranking.cause == "UNKNOWN");
  BOOST_TEST(ranking.confidence < kConfidenceMin);
  BOOST_TEST(ranking.candidates.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_specific_cause_explains_the_general_one) {
  const Ranking ranking =
      rank_evidence({piece(EvidenceTier::kMachineState, "ABORT", 0.75), piece(EvidenceTier::kFrames, "ABORT", 0.7),
                     piece(EvidenceTier::kLibraryMessage, "ASSERTION", 0.9)});
  BOOST_TEST(ranking.cause == "ASSERTION");
  BOOST_TEST(ranking.confidence > 0.76);  // more than the message alone
}

BOOST_AUTO_TEST_CASE(evidence_against_a_cause_counts) {
  const double doubted =
      rank_evidence({piece(EvidenceTier::kRuntimeVerdict, "OOM", 0.9), piece(EvidenceTier::kHarnessFact, "OOM", -0.8)})
          .confidence;
  BOOST_TEST(doubted < kConfidenceMin);
}

BOOST_AUTO_TEST_CASE(every_cause_that_refines_another_is_known) {
  BOOST_TEST(all_causes().size() > 25U);
  for (const Cause& cause : all_causes()) {
    BOOST_TEST(find_cause(cause.name).name == cause.name);
    BOOST_TEST(!refines(cause.name, cause.name));
  }
  BOOST_TEST(find_cause("no such cause").name == std::string("UNKNOWN"));
  BOOST_TEST(refines("DEADLOCK", "TIMEOUT"));
  BOOST_TEST(!refines("TIMEOUT", "DEADLOCK"));
}

BOOST_AUTO_TEST_CASE(signatures_depend_on_what_identifies_the_bug_only) {
  SignatureParts parts;
  parts.cause = "DEADLOCK";
  parts.lock_sites = {"B::b", "A::a"};
  const std::string signature = make_signature(parts);
  BOOST_TEST(signature.starts_with("cw3:CONCURRENCY:DEADLOCK:"));
  std::swap(parts.lock_sites[0], parts.lock_sites[1]);
  parts.frames = {"X::x"};
  BOOST_TEST(make_signature(parts) == signature);
  parts.lock_sites[0] = "C::c";
  BOOST_TEST(make_signature(parts) != signature);

  SignatureParts crash;
  crash.cause = "NULL_DEREF";
  crash.frames = {"A::a", "B::b", "C::c"};
  const std::string three = make_signature(crash);
  crash.frames.emplace_back("D::d");
  BOOST_TEST(make_signature(crash) == three);
  crash.frames[2] = "E::e";
  BOOST_TEST(make_signature(crash) != three);
}

AutopsyReport sample() {
  AutopsyReport report;
  report.cause = "DEADLOCK";
  report.family = "CONCURRENCY";
  report.detail = "threads \"wait\"\xff";
  report.confidence = 0.75;
  report.candidates = {{"DEADLOCK", 0.75}, {"TIMEOUT", 0.25}};
  report.evidence = {piece(EvidenceTier::kExitCode, "ABORT", -0.5)};
  report.function = "RiskGate::check";
  report.pid = 5;
  report.tid = 6;
  report.fault_address = 0xfffffffffffffff0;
  report.wait_for_cycle = {"a waits for b", "b waits for a"};
  report.missing = {"core: none"};
  ThreadStack thread;
  thread.tid = 6;
  thread.faulting = true;
  thread.frames = kStack;
  report.threads = {thread};
  return report;
}

BOOST_AUTO_TEST_CASE(a_report_written_as_json_comes_back) {
  const std::string json = autopsy_to_json(sample());
  const auto read = autopsy_from_json(json);
  BOOST_REQUIRE(read);
  BOOST_TEST(autopsy_to_json(*read) == json);
  BOOST_TEST(read->cause == "DEADLOCK");
  BOOST_TEST(read->fault_address.value() == 0xfffffffffffffff0U);
  BOOST_TEST(read->evidence.front().strength == -0.5);
  BOOST_TEST((read->evidence.front().tier == EvidenceTier::kExitCode));
  BOOST_TEST(read->threads.front().frames.size() == kStack.size());
}

BOOST_AUTO_TEST_CASE(a_report_torn_at_any_byte_is_refused) {
  const std::string json = autopsy_to_json(sample());
  for (size_t size = 0; size + 2 < json.size(); ++size) BOOST_REQUIRE(!autopsy_from_json(json.substr(0, size)));
  BOOST_TEST(!autopsy_from_json(R"({"format":"crashwright-rca","version":2})"));
  BOOST_TEST(!autopsy_from_json(R"({"format":"crashwright-rca","version":1})"));
}

BOOST_AUTO_TEST_CASE(a_number_that_no_integer_can_hold_is_refused) {
  BOOST_TEST(!autopsy_from_json(R"({"format":"crashwright-rca","version":19999939400.9871})"));
  std::string whole = autopsy_to_json({});
  BOOST_REQUIRE(autopsy_from_json(whole));
  const std::string key = "\"pid\": 0";
  whole.replace(whole.find(key), key.size(), "\"pid\": 1e300");
  BOOST_TEST(!autopsy_from_json(whole));
}

BOOST_AUTO_TEST_CASE(the_text_says_the_answer_first_and_everything_after) {
  const std::string text = autopsy_to_text(sample(), {.all = true});
  BOOST_TEST(text.starts_with("DEADLOCK  confidence 0.75\n"));
  for (const char* const part : {"RiskGate::check", "a waits for b", "candidates", "core: none", "thread 6"}) {
    BOOST_TEST(text.find(part) != std::string::npos, part);
  }
}

BOOST_AUTO_TEST_CASE(the_tutorial_classifier_takes_any_mention_for_the_thing) {
  BOOST_TEST(classify_by_substring("handler for SIGSEGV installed").cause == "NULL_DEREF");
  BOOST_TEST(classify_by_substring("all well").cause == "NO_FAULT");
}

BOOST_AUTO_TEST_CASE(two_bugs_of_a_program_without_names_keep_two_signatures_over_address_randomisation) {
  const auto signature_at = [](uint64_t pc) {
    AutopsyReport report;
    Evidence evidence;
    evidence.tier = EvidenceTier::kMachineState;
    evidence.cause = "NULL_DEREF";
    evidence.strength = 0.9;
    report.evidence.push_back(evidence);
    Particulars particulars;
    Frame frame;
    frame.pc = pc;
    frame.module = "/opt/desk/bin/desk";
    particulars.stack.push_back(frame);
    conclude(report, particulars, "UNKNOWN");
    return report.signature;
  };
  BOOST_TEST(signature_at(0x55d0c0a00afb) == signature_at(0x561234567afb));
  BOOST_TEST(signature_at(0x55d0c0a00afb) != signature_at(0x55d0c0a00b10));
}

}  // namespace
}  // namespace crashwright::rca
