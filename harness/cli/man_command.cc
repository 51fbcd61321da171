#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/version.h"
#include "harness/runner/files.h"
#include "harness/scenario/suggest.h"

namespace crashwright::harness::cli {
namespace {

std::string overview() {
  std::string text = fmt::format(".TH crashwright 1 \"\" \"{}\" \"Crashwright\"\n", man_text(kVersion));
  text +=
      ".SH NAME\ncrashwright \\- kills a trading engine in every way that matters and proves what is left\n"
      ".SH SYNOPSIS\n.B crashwright\n.I COMMAND\n[options] [arguments]\n"
      ".SH DESCRIPTION\n"
      "Runs scenarios against an engine, has it die as they say, restarts it, and judges what is left by promises, "
      "each "
      "against a witness that could not die with the engine.\n"
      ".SH COMMANDS\n";
  for (const Command& command : all_commands()) {
    text += fmt::format(".TP\n.BR crashwright\\-{} (1)\n{}\n", man_text(command.name), man_text(command.summary));
  }
  text += ".SH EXIT STATUS\n";
  for (const ExitMeaning& meaning : exit_meanings()) {
    text += fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(meaning.code), man_text(meaning.text));
  }
  text += "The worst wins.\n.SH ENVIRONMENT\n";
  text += ".TP\n.B NO_COLOR\nno colours, whatever the terminal\n";
  text += ".TP\n.B CRASHWRIGHT_SHARD\nthe share of the cases, as \\-\\-shard\n";
  text += ".TP\n.B CRASHWRIGHT_STATE_DIR\nwhere runs record what has to be undone after them\n";
  return text +
         ".SH FILES\n.TP\n.I crashwright\\-out/latest\nthe last run: report.html, junit.xml, run.json, "
         "events.jsonl and the folders of the cases\n";
}

struct Page {
  std::string name;                // "crashwright-run"
  std::vector<std::string> words;  // the command that prints it
};

std::vector<Page> command_pages() {
  std::vector<Page> pages;
  for (const Command& command : all_commands()) {
    pages.push_back({std::string("crashwright-") + command.name, {command.name}});
  }
  for (const char* const part : {"explore", "lint", "mount"}) {
    pages.push_back({std::string("crashwright-storage-") + part, {"storage", part}});
  }
  return pages;
}

// What a command prints goes through stdio: into the page's own file.
Status write_page(const Page& page, const std::string& folder) {
  const std::string path = folder + "/" + page.name + ".1";
  std::vector<std::string> words = page.words;
  words.emplace_back("--help-man");
  std::fflush(stdout);
  if (std::freopen(path.c_str(), "w", stdout) == nullptr) return fail_errno(errno, path, "choose another --out");
  static_cast<void>(run_command(words));
  std::fflush(stdout);
  return {};
}

int write_pages(const std::string& folder) {
  if (const auto made = make_folder(folder); !made) return report_error(made.error());
  if (const auto written = write_file(folder + "/crashwright.1", overview()); !written) {
    return report_error(written.error());
  }
  for (const Page& page : command_pages()) {
    if (const auto written = write_page(page, folder); !written) return report_error(written.error());
  }
  return kExitPassed;
}

}  // namespace

int man_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  std::string folder;
  Options options("man", "Prints a manual page, of crashwright itself or of one of its commands.");
  std::vector<std::string> names;
  for (const Command& command : all_commands()) names.emplace_back(command.name);
  options.arguments("[COMMAND]", words, "a command; none: crashwright itself", names);
  options.text("--out", "DIR", folder, "write all pages into this folder instead, as section 1");
  options.example("crashwright man run | man -l -");
  options.example("crashwright man --out /usr/local/share/man/man1");
  if (const auto code = options.parse(arguments)) return *code;
  if (!folder.empty()) return write_pages(folder);
  if (words.empty()) {
    fmt::print("{}", overview());
    return kExitPassed;
  }
  if (std::find(names.begin(), names.end(), words.front()) != names.end()) {
    words.emplace_back("--help-man");
    return run_command(words);
  }
  return report_error({ErrorKind::kUsage, "no command \"" + words.front() + "\"", suggestion(words.front(), names)});
}

}  // namespace crashwright::harness::cli
