// Runs the crash victim for real, in a folder of its own, and keeps what it left until the run is destroyed.
//
// Threads: one owner. Errors: a victim that cannot be started, or leaves no core, ends the test program.
#pragma once

#include <sys/types.h>

#include <string>

#include "rca/facts.h"

namespace crashwright::rca::testing {

enum class Build { kPlain, kAsan };

class VictimRun {
 public:
  // Waits until `death` has happened.
  VictimRun(Build build, const std::string& death);
  ~VictimRun();
  VictimRun(const VictimRun&) = delete;
  VictimRun& operator=(const VictimRun&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string core() const { return file("core"); }
  [[nodiscard]] int wait_status() const { return wait_status_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string report() const;  // of the sanitizer, whole text

 private:
  std::string folder_;
  pid_t pid_ = 0;
  int wait_status_ = 0;
};

// A case folder with one engine process in "inc0"; the caller fills the rest and writes it.
class CaseFolder {
 public:
  CaseFolder();
  ~CaseFolder();
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;

  [[nodiscard]] ProcessFacts& engine() { return facts_.processes.front(); }
  [[nodiscard]] CaseFacts& facts() { return facts_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string inc0(const std::string& name) const { return path_ + "/inc0/" + name; }
  void write() const;  // facts.json
  // Takes over what a victim left: core, reports, standard error, status.
  void adopt(const VictimRun& run);

 private:
  std::string path_;
  CaseFacts facts_;
};

}  // namespace crashwright::rca::testing
