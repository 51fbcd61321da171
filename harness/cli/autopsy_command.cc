#include <fmt/format.h>

#include "base/file.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "rca/autopsy.h"

namespace crashwright::harness::cli {
namespace {

Result<rca::AutopsyReport> examine(const std::vector<std::string>& folders, const std::string& text_file) {
  if (folders.size() + (text_file.empty() ? 0 : 1) != 1) {
    return fail(ErrorKind::kUsage, "autopsy wants one folder, or --text FILE", "see: crashwright autopsy --help");
  }
  if (text_file.empty()) return rca::autopsy_folder(folders.front(), {});
  const auto text = read_file(text_file);
  if (!text) return fail(ErrorKind::kUsage, text.error().message);
  return rca::autopsy_text(*text);
}

}  // namespace

int autopsy_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::string text_file;
  bool json = false;
  Options options("autopsy", "Says what died, where and why, with all evidence for and against.");
  options.arguments("DIR", folders, "case folder, or any folder with a core, a crash record or a sanitizer report");
  options.text("--text", "FILE", text_file, "a text instead: sanitizer output, log, gdb output");
  options.flag("--json", json, "the report as JSON");
  options.note("Ends with 3 when the cause stays UNKNOWN.");
  options.example("crashwright autopsy crashwright-out/latest/double-free.release");
  options.example("crashwright autopsy --text asan.log --json");
  if (const auto code = options.parse(arguments)) return *code;
  const auto report = examine(folders, text_file);
  if (!report) return report_error(report.error());
  fmt::print("{}", json ? rca::autopsy_to_json(*report) : rca::autopsy_to_text(*report));
  return report->cause == "UNKNOWN" ? kExitInconclusive : kExitPassed;
}

}  // namespace crashwright::harness::cli
