// The table of commands and how one is chosen.
//
// Adding a command: one file with its function, one line in command.cc.
// Threads: the main thread. Errors: exit codes of exit_code.h.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace crashwright::harness::cli {

struct Command {
  const char* name;
  const char* summary;
  int (*run)(const std::vector<std::string>& arguments);  // what follows the command's name
  const char* group;                                      // under which --help shows it
};

[[nodiscard]] std::span<const Command> all_commands() noexcept;

// The whole program; exceptions of libraries that nobody expected end here with exit code 70.
[[nodiscard]] int run_command(const std::vector<std::string>& arguments);

int audit_command(const std::vector<std::string>& arguments);
int autopsy_command(const std::vector<std::string>& arguments);
int triage_command(const std::vector<std::string>& arguments);
int bench_command(const std::vector<std::string>& arguments);
int cleanup_command(const std::vector<std::string>& arguments);
int completion_command(const std::vector<std::string>& arguments);
int core_command(const std::vector<std::string>& arguments);
int diff_command(const std::vector<std::string>& arguments);
int doctor_command(const std::vector<std::string>& arguments);
int explain_command(const std::vector<std::string>& arguments);
int faults_command(const std::vector<std::string>& arguments);
int init_command(const std::vector<std::string>& arguments);
int list_command(const std::vector<std::string>& arguments);
int log_command(const std::vector<std::string>& arguments);
int man_command(const std::vector<std::string>& arguments);
int merge_command(const std::vector<std::string>& arguments);
int plan_command(const std::vector<std::string>& arguments);
int prove_command(const std::vector<std::string>& arguments);
int report_command(const std::vector<std::string>& arguments);
int rerun_command(const std::vector<std::string>& arguments);
int run_scenarios_command(const std::vector<std::string>& arguments);
int runs_command(const std::vector<std::string>& arguments);
int schema_command(const std::vector<std::string>& arguments);
int shrink_command(const std::vector<std::string>& arguments);
int storage_command(const std::vector<std::string>& arguments);
int validate_command(const std::vector<std::string>& arguments);
int verifiers_command(const std::vector<std::string>& arguments);
int verify_command(const std::vector<std::string>& arguments);
int version_command(const std::vector<std::string>& arguments);

}  // namespace crashwright::harness::cli
