// Flight recorder: what a log call costs, and what a death takes away.
#include "harness/figures/registry.h"

namespace crashwright::harness {
namespace {

// The same sample of each of these, for example "quill.numbers_p50_ns".
std::vector<std::string> each(const std::vector<std::string>& peers, const std::string& sample) {
  std::vector<std::string> names;
  for (const std::string& peer : peers) names.push_back(peer + "." + sample);
  return names;
}

// Not in Debian: measured when given as plug-ins (bench/log_peer.h).
const std::vector<std::string> kPeers = {"quill", "nanolog", "fmtlog", "xtr"};
// Two milliseconds lie between two bursts, and there are up to eight libraries.
constexpr unsigned kLogSecondsMax = 400;
constexpr unsigned kDeathsSecondsMax = 900;  // 3,500 processes that log and die

const std::vector<std::string> kDebianPeers = {"spdlog", "glog"};

std::vector<Figure> call_figures() {
  const std::string numbers = "numbers_p50_ns";
  return {
      at_most(1.35, "log.call_numbers_vs_floor", "log call, two integers and a double, median, against the floor")
          .from("log", "recorder.numbers_p50_ns")
          .over({"floor.numbers_p50_ns"}),
      at_most(0.8, "log.call_numbers_vs_best_peer", "the same against the best of Quill, NanoLog, fmtlog, xtr")
          .from("log", "recorder.numbers_p50_ns")
          .over(each(kPeers, numbers))
          .if_given(),
      at_most(0.45, "log.call_numbers_caller_stamp_vs_best_peer", "with a time stamp that the caller hands over")
          .from("log", "recorder.numbers_caller_stamp_p50_ns")
          .over(each(kPeers, numbers))
          .if_given(),
      at_most(0.65, "log.call_string20_vs_best_peer", "log call, 20-character string, median")
          .from("log", "recorder.string20_p50_ns")
          .over(each(kPeers, "string20_p50_ns"))
          .if_given(),
      at_most(1.0, "log.call_p999_vs_best_peer", "log call, numbers, 99.9th percentile")
          .from("log", "recorder.numbers_p999_ns")
          .over(each(kPeers, "numbers_p999_ns"))
          .if_given(),
      at_most(0.8, "log.call_numbers_vs_debian_peer", "log call, numbers, median, against the best of spdlog and glog")
          .from("log", "recorder.numbers_p50_ns")
          .over(each(kDebianPeers, numbers)),
  };
}

std::vector<Figure> saturated_figures() {
  const std::string rate = "saturated_per_s";
  return {
      at_least(0.8, "log.saturated_vs_floor", "records a second, one thread that only logs, against the floor")
          .from("log", "recorder.saturated_per_s")
          .over({"floor.saturated_per_s"}),
      above(1.0, "log.saturated_vs_best_peer", "the same against the best of Quill, NanoLog, fmtlog, xtr")
          .from("log", "recorder.saturated_per_s")
          .over(each(kPeers, rate))
          .if_given(),
      above(1.0, "log.saturated_vs_debian_peer", "the same against the best of spdlog and glog")
          .from("log", "recorder.saturated_per_s")
          .over(each(kDebianPeers, rate)),
  };
}

std::vector<Figure> death_figures() {
  const auto lost = [](const std::string& deaths, const std::string& what) {
    return at_most(0, "log.lost_in_" + deaths, "committed records lost in " + what)
        .in("records")
        .from("log_deaths", "lost_in_" + deaths);
  };
  return {lost("sigkills", "2,000 SIGKILLs"), lost("sigsegvs", "500 SIGSEGVs"), lost("aborts", "500 aborts"),
          lost("oom_kills", "500 kills for want of memory")};
}

}  // namespace

FigureArea log_figures() {
  FigureArea area;
  area.measurements = {{"log", "log_bench", {}, Speech::kSamples, kLogSecondsMax},
                       {"log_deaths", "log_deaths_bench", {}, Speech::kSamples, kDeathsSecondsMax}};
  for (const auto& figures : {call_figures(), saturated_figures(), death_figures()}) {
    area.figures.insert(area.figures.end(), figures.begin(), figures.end());
  }
  return area;
}

}  // namespace crashwright::harness
