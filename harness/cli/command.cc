#include "harness/cli/command.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

constexpr int kExitClosedPipe = 141;  // 128 + SIGPIPE, as a shell tells of any tool whose reader left

constexpr const char* kBegin = "Begin";
constexpr const char* kRun = "Run scenarios";
constexpr const char* kRuns = "Look at runs";
constexpr const char* kDeath = "Understand a death";
constexpr const char* kMore = "Power loss, proof and cost";
constexpr const char* kWords = "The scenario language";
constexpr const char* kShell = "The program itself";

// In groups, as --help shows them.
constexpr std::array kCommands{
    Command{"doctor", "what this machine can do, and what is skipped without it", doctor_command, kBegin},
    Command{"init", "write a first scenario of your own", init_command, kBegin},
    Command{"run", "run scenarios and judge what is left", run_scenarios_command, kRun},
    Command{"rerun", "repeat what failed of a run, with the same seeds", rerun_command, kRun},
    Command{"list", "show the cases that a run would have", list_command, kRun},
    Command{"plan", "what would happen for a seed, case by case", plan_command, kRun},
    Command{"validate", "check scenario files without running anything", validate_command, kRun},
    Command{"shrink", "the smallest scenario that still fails the same way", shrink_command, kRun},
    Command{"runs", "the recorded runs and what came of them", runs_command, kRuns},
    Command{"report", "render the reports of a run again from its events", report_command, kRuns},
    Command{"verify", "judge a recorded run or case again", verify_command, kRuns},
    Command{"diff", "which verdicts, causes and times changed between two runs", diff_command, kRuns},
    Command{"merge", "one run of the shares of several machines", merge_command, kRuns},
    Command{"autopsy", "name the cause of a death from what it left", autopsy_command, kDeath},
    Command{"log", "engine log, audit log, exchange and crash on one time axis", log_command, kDeath},
    Command{"audit", "print, replay, verify, compare and explain an order audit log", audit_command, kDeath},
    Command{"triage", "group crashes by bug: new, known, back again", triage_command, kDeath},
    Command{"core", "take the core of a living process and let it go on", core_command, kDeath},
    Command{"storage", "judge what a power loss may leave of any program's files", storage_command, kMore},
    Command{"prove", "show that the verifiers catch deliberate bugs", prove_command, kMore},
    Command{"bench", "measure what the kit costs, and which promised figures hold", bench_command, kMore},
    Command{"faults", "the kinds of fault and their parameters", faults_command, kWords},
    Command{"verifiers", "the promises and the witness of each", verifiers_command, kWords},
    Command{"explain", "what the code of a complaint means", explain_command, kWords},
    Command{"schema", "the JSON Schema of the scenario language", schema_command, kWords},
    Command{"cleanup", "undo what a killed run left behind", cleanup_command, kShell},
    Command{"completion", "the completion script for bash, zsh or fish", completion_command, kShell},
    Command{"man", "the manual pages", man_command, kShell},
    Command{"version", "print the version", version_command, kShell},
};

std::string exit_codes() {
  std::string text = "Exit codes:";
  for (const ExitMeaning& meaning : exit_meanings()) {
    text +=
        fmt::format("{} {} {}", meaning.code == kExitPassed ? "" : ",", static_cast<int>(meaning.code), meaning.text);
  }
  return wrap(text + ". The worst wins.", 0);
}

std::string help() {
  std::string text =
      "Usage: crashwright COMMAND [options] [arguments]\n\n"
      "Kills a trading engine in every way that matters and proves what is left.\n";
  std::string group;
  for (const Command& command : kCommands) {
    if (group != command.group) text += fmt::format("\n{}:\n", command.group);
    group = command.group;
    text += fmt::format("  {:<12}{}\n", command.name, command.summary);
  }
  return text + "\n`crashwright COMMAND --help` shows the options of a command.\n\n" + exit_codes() +
         "\n\nExamples:\n"
         "  crashwright doctor\n"
         "  crashwright init && crashwright run my_scenarios\n"
         "  crashwright run scenarios/memory --seed 7 --keep\n";
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    fmt::print(stderr, "{}", help());
    return kExitUsage;
  }
  const std::string& name = arguments.front();
  if (name == "help" && arguments.size() == 2) return dispatch({arguments[1], "--help"});
  if (name == "--help" || name == "-h" || name == "help") {
    fmt::print("{}", help());
    return kExitPassed;
  }
  if (name == "--version") return version_command({});
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    if (name == command.name) return command.run({arguments.begin() + 1, arguments.end()});
    names.emplace_back(command.name);
  }
  fmt::print(stderr, "crashwright: no {} \"{}\"\n", name.rfind('-', 0) == 0 ? "option" : "command", name);
  const std::string hint = suggestion(name, names);
  fmt::print(stderr, "  {}\n", hint.empty() ? "see: crashwright --help" : hint);
  return kExitUsage;
}

// What kept standard output from being written: errno of the flush just made; of a write long before it errno is gone.
// Zero: all is written.
int output_trouble() {
  if (std::fflush(stdout) != 0) return errno;
  if (std::ferror(stdout) == 0) return 0;
  pollfd output{STDOUT_FILENO, 0, 0};  // POLLERR: the end of a pipe that its reader has closed, poll(2)
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0 ? EPIPE : EIO;
}

// Standard output takes no more: a reader that left is told nothing, whatever else it was is an error of its own. A
// verdict of bad news stays.
int end_without_output(int trouble, int code) {
  if (trouble == EPIPE) return code != kExitPassed ? code : kExitClosedPipe;
  std::fprintf(stderr, "crashwright: write standard output: %s\n", std::strerror(trouble));
  return kExitEnvironment;
}

// With stdio alone: what went wrong may be that nothing can be printed.
int end_by_a_bug(const std::exception& error) {
  std::fprintf(stderr, "crashwright: internal error: %s\n", error.what());
  return kExitInternal;
}

}  // namespace

std::span<const Command> all_commands() noexcept { return kCommands; }

int run_command(const std::vector<std::string>& arguments) {
  try {
    const int code = dispatch(arguments);
    const int trouble = output_trouble();
    return trouble == 0 ? code : end_without_output(trouble, code);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0 || std::ferror(stderr) != 0) return end_without_output(error.code().value(), 0);
    return end_by_a_bug(error);
  } catch (const std::exception& error) {
    return end_by_a_bug(error);
  }
}

}  // namespace crashwright::harness::cli
