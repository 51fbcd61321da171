// What a checker of these folders is told, and how it answers.
//
// Exit 0: consistent, and nothing acknowledged is missing. 1: violated, with the reason. 2: it could not be judged.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

[[noreturn]] inline void violated(const std::string& reason) {
  std::printf("%s\n", reason.c_str());
  std::exit(1);
}

// What was acknowledged before the power loss, in that order.
inline std::vector<long> acknowledged_numbers() {
  const char* const path = std::getenv("CRASHWRIGHT_ACKED");
  if (path == nullptr) std::exit(2);
  std::ifstream tokens(path);
  std::vector<long> numbers;
  for (long token = 0; tokens >> token;) numbers.push_back(token);
  return numbers;
}

// The highest number acknowledged before the power loss; -1: none.
inline long last_acknowledged() {
  long last = -1;
  for (const long number : acknowledged_numbers()) last = std::max(last, number);
  return last;
}

// Rows 1 to `last` are there; row 0 stands for the set-up.
inline void must_hold_acknowledged(long last) {
  const long acknowledged = last_acknowledged();
  if (last < acknowledged) {
    violated("acknowledged and lost: row " + std::to_string(last + 1) + " of " + std::to_string(acknowledged));
  }
}
