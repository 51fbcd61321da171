#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "harness/cli/case_folder.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/cli/post_mortem_debugger.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/live_process.h"
#include "rca/artefact_search.h"
#include "rca/autopsy.h"

namespace crashwright::harness::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWidthMax = 160;

struct AutopsyRequest {
  std::vector<std::string> paths;
  std::string text_file;
  std::string format = "human";
  bool json = false;
  std::string out;
  uint64_t pid = 0;
  bool all = false;
  bool gdb = false;
};

// Gone with its content at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    char name[] = "/tmp/crashwright-autopsy-XXXXXX";
    if (::mkdtemp(name) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What the run found while the artefacts were there.
Result<rca::AutopsyReport> recorded_report(const AutopsyRequest& request, CaseContent content) {
  const std::string& folder = request.paths.front();
  const NotKept why = not_kept(folder, content);
  const auto text = read_file(folder + "/rca.json");
  if (!text || request.gdb) return fail(ErrorKind::kUsage, why.what, why.remedy);
  auto report = rca::autopsy_from_json(*text);
  if (!report) return report;
  fmt::print(stderr, "crashwright: {}\n  {}\n  this is what the run found, from its rca.json\n", why.what, why.remedy);
  return report;
}

Result<rca::AutopsyReport> examine(const AutopsyRequest& request, const std::string& scratch) {
  const size_t things = request.paths.size() + (request.text_file.empty() ? 0 : 1) + (request.pid == 0 ? 0 : 1);
  const bool core_and_program = request.paths.size() == 2 && things == 2;
  if (things != 1 && !core_and_program) {
    return fail(ErrorKind::kUsage, "autopsy wants one folder, core or text, or a core with its program",
                "see: crashwright autopsy --help");
  }
  if (request.pid != 0) return autopsy_live_process(static_cast<int32_t>(request.pid), scratch);
  const auto path_of = [](const std::string& path) { return path == "-" ? std::string("/dev/stdin") : path; };
  if (!request.text_file.empty()) {
    const auto text = rca::read_named_text(path_of(request.text_file));
    if (!text) return fail(ErrorKind::kUsage, text.error().message, text.error().remedy);
    return rca::autopsy_text(*text);
  }
  const CaseContent content = content_of_case(request.paths.front());
  if (content == CaseContent::kThinnedOut || content == CaseContent::kExploration) {
    return recorded_report(request, content);
  }
  rca::AutopsyOptions options;
  if (core_and_program) options.executable = request.paths[1];
  return rca::autopsy_path(path_of(request.paths.front()), options);
}

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 80;
  return std::min<size_t>(size.ws_col, kWidthMax);
}

std::string render(const rca::AutopsyReport& report, const AutopsyRequest& request) {
  if (request.json || request.format == "json") return rca::autopsy_to_json(report);
  if (request.format == "html") return rca::autopsy_to_html(report);
  if (request.format == "markdown") return rca::autopsy_to_markdown(report);
  return rca::autopsy_to_text(report, {.all = request.all, .width = request.out.empty() ? terminal_width() : 80});
}

}  // namespace

int autopsy_command(const std::vector<std::string>& arguments) {
  AutopsyRequest request;
  Options options("autopsy", "Says what died, where and why, with all evidence for and against.");
  options.arguments("DIR|FILE", request.paths,
                    "case folder, any folder of what a death left, a core (packed or not, and its program), or a text; "
                    "-: a text from "
                    "standard input");
  options.text("--text", "FILE", request.text_file, "a text, whatever it looks like");
  options.number("--pid", "PID", request.pid, "a process that lives or hangs; it goes on afterwards");
  options.word("--format", "FORMAT", request.format, {"human", "json", "html", "markdown"},
               "human; json; html: one page; markdown: a crash report to hand to others");
  options.flag("--json", request.json, "the same as --format json: what scripts that score an autopsy call");
  options.text("--out", "FILE", request.out, "write into a file");
  options.flag("--all", request.all, "all evidence, threads, variables, registers and memory");
  options.flag("--gdb", request.gdb, "open gdb on the core, the thread and the frame to blame");
  options.note("Ends with 3 when the cause stays UNKNOWN.");
  options.example("crashwright autopsy crashwright-out/latest/double-free.release");
  options.example("crashwright autopsy core ./engine --all");
  options.example("crashwright autopsy asan.log --format json");
  options.example("journalctl -k | crashwright autopsy -");
  options.example("crashwright autopsy --pid 4711");
  if (const auto code = options.parse(arguments)) return *code;
  const ScratchFolder scratch;
  const auto report = examine(request, scratch.path());
  if (!report) return report_error(report.error());
  if (request.gdb) return open_debugger(*report, request.paths);
  const std::string page = render(*report, request);
  if (request.out.empty()) {
    std::fwrite(page.data(), 1, page.size(), stdout);
  } else if (auto good = write_file(request.out, page); !good) {
    return report_error(good.error());
  }
  return report->cause == "UNKNOWN" ? kExitInconclusive : kExitPassed;
}

}  // namespace crashwright::harness::cli
