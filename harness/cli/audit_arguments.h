// What `crashwright audit` was asked for: its action, the log, and the options that the action takes.
//
// Threads: the main thread.
// Errors:  told on standard error, with exit code 2, before any log is read: a word that is no action, an option that
//          the action has no use for, a time or an order that makes no sense, and a log that is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "postmortem/audit_text.h"

namespace crashwright::harness::cli {

struct AuditArguments {
  std::vector<std::string> words;  // action and what it works on; the order of `explain` is in `order`
  std::string format = "human";
  std::string since;
  std::string until;
  std::string key_file;
  uint64_t order = 0;
  postmortem::AuditFilter filter;
};

// Empty: go on. Otherwise the exit code to end with.
[[nodiscard]] std::optional<int> parse_audit_arguments(const std::vector<std::string>& arguments,
                                                       AuditArguments& audit);

}  // namespace crashwright::harness::cli
