// Reads lines `ack TOKEN` from pipes of the program under test.
//
// Drained before each operation is served, so that an acknowledgement written before an operation was asked for stands
// before it in the record, and one written after an operation was answered stands behind it.
// Threads: one owner. Errors: none; a pipe that has ended is left alone.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace crashwright::harness {

class AckReader {
 public:
  using Acknowledged = std::function<void(const std::string& token)>;

  // `pipes` are read ends, made non-blocking here. What comes from the first is copied to `echo`, unless that is -1.
  AckReader(const std::vector<int>& pipes, int echo);

  // Takes everything that has been written so far.
  void drain(const Acknowledged& acknowledged);
  // Still open read ends, for poll(2).
  [[nodiscard]] std::vector<int> open_pipes() const;

 private:
  struct Pipe {
    int descriptor;
    std::string unfinished;  // line
  };
  void take(Pipe& pipe, const char* bytes, size_t count, const Acknowledged& acknowledged) const;

  std::vector<Pipe> pipes_;
  int echo_;
};

}  // namespace crashwright::harness
