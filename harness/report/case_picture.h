// What a case's folder shows of its death, gathered for the page: who lived when, what was said around the crash, where
// the books differ, what the storage lost, and the files to look at.
//
// Everything is bounded, so that a page of hundreds of cases stays light; what is left out is counted and stays in the
// folder. Threads: free functions without shared state. Errors: what is missing or damaged is left out: the page is for
// people, the verdicts are not made from it. Times: CLOCK_MONOTONIC nanoseconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crashwright::harness {

struct LaneMark {
  enum class Kind { kEvent, kFault, kDurable, kSent, kDeath, kRecovery } kind = Kind::kEvent;
  uint64_t at_ns = 0;
  std::string text;
};

// One process, or one thread of the process above it.
struct Lane {
  std::string name;
  bool is_thread = false;
  bool died = false;  // did not end in order
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;
  std::vector<LaneMark> marks;
};

struct LogLine {
  int64_t offset_ns = 0;  // from the death
  char severity = 'I';    // D I W E, X for the death itself
  std::string source;     // "engine" "audit" "exchange" "feed" "crash"
  std::string thread;
  std::string text;
};

// Two or more views of one thing, side by side: only the rows in which they differ.
struct StateTable {
  std::string title;
  std::vector<std::string> columns;  // the first names the thing
  std::vector<std::vector<std::string>> rows;
  size_t equal = 0;     // rows left out because all agree
  size_t left_out = 0;  // rows that differ and found no place
};

struct Artefact {
  std::string path;  // below the case's folder
  uint64_t bytes = 0;
};

struct CasePicture {
  std::vector<Lane> lanes;
  std::vector<LogLine> log;
  size_t log_left_out = 0;
  std::vector<StateTable> states;
  size_t power_losses = 0;
  std::vector<std::string> lost;  // operations of the storage that they took away, in words
  std::vector<Artefact> artefacts;
  size_t artefacts_left_out = 0;
};

[[nodiscard]] CasePicture read_case_picture(const std::string& case_folder);

// The parts, each for itself.
[[nodiscard]] std::vector<Lane> read_lanes(const std::string& case_folder);
[[nodiscard]] std::vector<StateTable> read_state_tables(const std::string& case_folder);

}  // namespace crashwright::harness
