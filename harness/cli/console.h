// What a person sees while a run goes on: one line for each case as it ends, the failures again at the end.
//
// On a terminal verdicts are coloured unless NO_COLOR is set. Text that came from a dying program is shown without its
// control characters. Threads: on_event() from any; lines never mix. Errors: none.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>

#include "harness/report/event_log.h"

namespace crashwright::harness::cli {

class Console : public EventSink {
 public:
  // `out` stays the caller's.
  explicit Console(std::FILE* out);
  void on_event(const Event& event) override;
  // The failures again, each with cause, folder and the command that repeats it; then the counts.
  void print_summary(const RunRecord& run);

 private:
  void print_case(const CaseFinished& done);
  void print_reasons(const CaseFinished& done);
  [[nodiscard]] std::string painted(verifiers::Outcome outcome) const;

  std::FILE* out_;
  bool colour_;
  std::mutex mutex_;
  uint64_t planned_ = 0;
  uint64_t ended_ = 0;
};

// Without control characters, at most `bytes_max` bytes.
[[nodiscard]] std::string printable(const std::string& text, size_t bytes_max = 300);

}  // namespace crashwright::harness::cli
