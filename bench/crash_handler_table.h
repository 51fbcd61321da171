// The table of docs/crash_handlers.md: every death under every handler.
//
// Threads: one. Errors: none.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/crash_handler_run.h"

namespace crashwright::bench {

struct HandlerColumn {
  std::string name;
  std::string program;  // a name that is built in, or a plug-in's path
};

class HandlerTable {
 public:
  // What the kernel says of a death when no handler runs, to hold the cores against.
  void set_truth(const std::string& death, const Outcome& outcome) { truth_[death] = outcome.core; }
  void add(const std::string& handler, const std::string& death, const Outcome& outcome);

  // True when every run of that death left a complete record and the core that it would have left without a handler.
  [[nodiscard]] bool survived(const std::string& handler, const std::string& death) const;
  [[nodiscard]] bool measured(const std::string& handler, const std::string& death) const;
  [[nodiscard]] std::string markdown(const std::vector<HandlerColumn>& handlers,
                                     const std::vector<std::string>& deaths) const;

 private:
  [[nodiscard]] bool core_is_true(const std::string& death, const Outcome& outcome) const;
  [[nodiscard]] std::string cell(const std::string& handler, const std::string& death) const;
  [[nodiscard]] std::string times(const std::vector<HandlerColumn>& handlers,
                                  const std::vector<std::string>& deaths) const;

  std::map<std::string, std::optional<CoreTruth>> truth_;
  std::map<std::pair<std::string, std::string>, std::vector<Outcome>> runs_;
};

// What a table calls a death: "null dereference", "second fault in stage 3".
[[nodiscard]] std::string title_of(const std::string& death);

}  // namespace crashwright::bench
