#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/storage_commands.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

constexpr const char* kHelp =
    "Usage: crashwright storage explore [options] -- COMMAND [ARGS]\n"
    "       crashwright storage lint [options] -- COMMAND [ARGS]\n"
    "       crashwright storage mount DIR [options]\n\n"
    "  explore     runs a program on the power-loss file system and judges what a\n"
    "              power loss at any moment may leave of its files\n"
    "  lint        runs a program once, loses nothing, and tells which of its\n"
    "              acknowledgements left before their bytes were durable\n"
    "  mount       the bare file system, for a shell\n\n"
    "`crashwright storage explore --help` shows the options. docs/storage.md explains\n"
    "the profiles and what a checker is told.\n\n"
    "Examples:\n"
    "  crashwright storage explore --check './check.sh data.db' -- ./writer data.db\n"
    "  crashwright storage lint -- ./writer data.db\n"
    "  crashwright storage mount /tmp/mounted\n";

int print_man_page() {
  fmt::print(
      ".TH crashwright\\-storage 1 \"\" \"Crashwright\" \"Crashwright\"\n.SH NAME\n"
      "crashwright\\-storage \\- judge what a power loss may leave of any program's files\n"
      ".SH SYNOPSIS\n.B crashwright storage\nexplore|lint|mount [options]\n"
      ".SH DESCRIPTION\nThe power\\-loss file system, for programs that nobody here wrote.\n"
      ".SH SEE ALSO\n.BR crashwright\\-storage\\-explore (1),\n.BR crashwright\\-storage\\-lint (1),\n"
      ".BR crashwright\\-storage\\-mount (1),\n"
      ".BR crashwright (1)\n");
  return kExitPassed;
}

}  // namespace

int storage_command(const std::vector<std::string>& arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  const std::vector<std::string> rest(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (word == "explore") return storage_explore_command(rest);
  if (word == "lint") return storage_lint_command(rest);
  if (word == "mount") return storage_mount_command(rest);
  if (word == "--help-man") return print_man_page();
  if (word == "--help-complete") {
    fmt::print(".\texplore lint mount\twhat to do\n--help\t=\twhat the parts are\n");
    return kExitPassed;
  }
  const bool asked = word == "--help" || word == "-h" || word == "help";
  if (!asked && !word.empty()) {
    return report_error(
        {ErrorKind::kUsage, "no `storage " + word + "`", suggestion(word, {"explore", "lint", "mount"})});
  }
  fmt::print(asked ? stdout : stderr, "{}", kHelp);
  return asked ? kExitPassed : kExitUsage;
}

}  // namespace crashwright::harness::cli
