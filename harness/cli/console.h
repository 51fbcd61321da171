// What a person sees while a run goes on: one line for each case as it ends, the failures again at the end.
//
// On a terminal every line fits (terminal_text.h), a last line tells how far the run is and what is under way, and
// verdicts are coloured unless NO_COLOR is set; elsewhere (a file, a pipe, CI, TERM=dumb) there are plain lines alone.
// Text that came from a dying program is shown without its control characters. Threads: on_event() from any; lines
// never mix. Errors: none.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "harness/report/event_log.h"

namespace crashwright::harness::cli {

class Console : public EventSink {
 public:
  // `out` stays the caller's.
  explicit Console(std::FILE* out);
  ~Console() override;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void on_event(const Event& event) override;
  // The failures again (unless `failures` is false), each with cause, place, folder and the command
  // that repeats it; then the counts.
  void print_summary(const RunRecord& run, bool failures = true);

 private:
  // One line, folded behind its heading, or behind the verdict, where a terminal is too narrow for it.
  void line(const std::string& heading, const std::string& text);
  void line(verifiers::Outcome outcome, const std::string& text);
  void print_case(const CaseFinished& done);
  void print_failure(const RunRecord& run, const CaseFinished& done);
  void print_reasons(const CaseFinished& done);
  void print_counts(const RunRecord& run);
  void clear_status();
  void draw_status();
  [[nodiscard]] std::string painted(verifiers::Outcome outcome) const;

  std::FILE* out_;
  size_t columns_;  // of the terminal that `out_` is; 0: none, every line stays whole
  bool live_;       // `out_` is a terminal on which a line can be replaced
  bool colour_;
  std::mutex mutex_;
  uint64_t started_ns_ = 0;
  uint64_t planned_ = 0;
  uint64_t ended_ = 0;
  uint64_t bad_ = 0;
  std::vector<std::string> under_way_;  // ids of cases
  bool drawn_ = false;
};

// Without control characters, at most `bytes_max` bytes.
[[nodiscard]] std::string printable(const std::string& text, size_t bytes_max = 300);

// The guilty function with its place in the source where known; empty without one.
[[nodiscard]] std::string crash_place(const rca::AutopsyReport& autopsy);

// "12 passed, 1 failed": what there is none of is left out.
[[nodiscard]] std::string counts_text(const OutcomeCounts& counts);

}  // namespace crashwright::harness::cli
