#include "harness/cli/post_mortem_debugger.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "harness/cli/exit_code.h"
#include "rca/frame_rules.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kStoryShown = 12;

constexpr const char* kPrinters = R"py(
import gdb, gdb.printing

class BoundedString:
    def __init__(self, value):
        self.bytes = value["bytes"]
    def to_string(self):
        size = self.bytes.type.sizeof
        raw = b"".join(bytes([int(self.bytes[i]) & 0xff]) for i in range(size))
        return raw.split(b"\0")[0].decode("latin-1")
    def display_hint(self):
        return "string"

printers = gdb.printing.RegexpCollectionPrettyPrinter("crashwright")
printers.add_printer("BoundedString", "^crashwright::BoundedString<.*>$", BoundedString)
gdb.printing.register_pretty_printer(None, printers, replace=True)
)py";

// For gdb's echo: no quotes, no line ends, no escapes from a dead process.
std::string harmless(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\\' || static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return safe;
}

}  // namespace

std::vector<std::string> debugger_command(const rca::AutopsyReport& report, const std::string& printers) {
  std::vector<std::string> command = {"gdb", "-q", "-ex", "set debuginfod enabled off"};
  const auto add = [&](const std::string& text) {
    command.emplace_back("-ex");
    command.push_back(text);
  };
  if (!printers.empty()) add("source " + printers);
  for (size_t i = report.story.size() - std::min(report.story.size(), kStoryShown); i < report.story.size(); ++i) {
    add("echo " + harmless(report.story[i]) + "\\n");
  }
  add("echo " + harmless(report.cause + ": " + report.detail) + "\\n");
  if (!report.program_path.empty()) command.push_back(report.program_path);
  command.push_back(report.core_path);
  if (report.tid != 0) {
    add(fmt::format("python [t.switch() for t in gdb.selected_inferior().threads() if t.ptid[1] == {}]", report.tid));
  }
  for (const rca::ThreadStack& thread : report.threads) {
    if (thread.tid == report.tid) add(fmt::format("frame {}", rca::blame(thread.frames).index));
  }
  return command;
}

int open_debugger(const rca::AutopsyReport& report, const std::vector<std::string>& paths) {
  if (report.core_path.empty()) {
    return report_error({ErrorKind::kUsage, (paths.empty() ? "it" : paths.front()) + ": there is no core to open", ""});
  }
  char name[] = "/tmp/crashwright-printers-XXXXXX.py";
  const int file = ::mkstemps(name, 3);
  if (file >= 0) ::close(file);
  const bool printers = file >= 0 && write_file(name, kPrinters);
  std::vector<std::string> command = debugger_command(report, printers ? name : "");
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (pid > 0 && ::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ::unlink(name);
  if (pid < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
    return report_error({ErrorKind::kEnvironment, "gdb cannot be started", "apt-get install gdb"});
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
