#include "harness/cli/post_mortem_debugger.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "harness/cli/exit_code.h"
#include "rca/frame_rules.h"
#include "rca/unpacked_file.h"

namespace crashwright::harness::cli {
namespace {

constexpr size_t kStoryShown = 12;

// Printers for the project's own types, and the way to a frame. gdb numbers frames in its own way, because it may know
// inlined functions that the autopsy does not (those of a C library with its debug file), so that a frame is found by
// its program counter, and among the inlined functions of one call by its place there or its name.
constexpr const char* kScript = R"py(
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

FRAMES_MAX = 100000

def crashwright_is_named(frame, name):
    plain = (frame.name() or "").split("(")[0].split("<")[0]
    return plain == name or plain.endswith("::" + name)

def crashwright_frames():
    frame, count = gdb.newest_frame(), 0
    while frame is not None and count < FRAMES_MAX:
        yield frame
        count += 1
        try:
            frame = frame.older()
        except gdb.error:
            return

def crashwright_choose(pc, depth, size, name):
    call = []
    for frame in crashwright_frames():
        if frame.pc() == pc and (not call or call[-1].type() == gdb.INLINE_FRAME):
            call.append(frame)
        elif call:
            break
    named = [frame for frame in call if crashwright_is_named(frame, name)]
    if len(call) == size:
        return call[depth]
    if call:
        return (named or call[-1:])[0]
    return next((frame for frame in crashwright_frames() if crashwright_is_named(frame, name)), None)

def crashwright_select(tid, pc, depth, size, name):
    for thread in gdb.selected_inferior().threads():
        if thread.ptid[1] == tid:
            thread.switch()
    if not size:
        return
    frame = crashwright_choose(pc, depth, size, name)
    if frame is None:
        print("gdb does not find " + name + " on this stack")
        return
    frame.select()
    gdb.execute("frame")
)py";

// For gdb's echo: no quotes, no line ends, no escapes from a dead process.
std::string harmless(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\\' || static_cast<unsigned char>(c) < 32 ? ' ' : c;
  return safe;
}

// "crashwright_select(...)": the thread, and the frame to blame as its program counter, its place among the functions
// that are inlined there, and its name.
std::string selection(const rca::AutopsyReport& report) {
  const auto thread = std::ranges::find(report.threads, report.tid, &rca::ThreadStack::tid);
  const auto at = thread == report.threads.end() ? std::nullopt : rca::frame_of(thread->frames, report.function);
  if (!at) return fmt::format("crashwright_select({}, 0, 0, 0, '')", report.tid);
  const std::vector<rca::Frame>& frames = thread->frames;
  size_t first = *at;
  while (first > 0 && frames[first - 1].pc == frames[*at].pc && frames[first - 1].inlined) --first;
  size_t last = *at;
  while (last + 1 < frames.size() && frames[last].inlined && frames[last + 1].pc == frames[*at].pc) ++last;
  std::string name = harmless(report.function);
  std::ranges::replace(name, '\'', ' ');
  return fmt::format("crashwright_select({}, {:#x}, {}, {}, '{}')", report.tid, frames[*at].pc, *at - first,
                     last - first + 1, name);
}

}  // namespace

const char* debugger_script() { return kScript; }

std::vector<std::string> debugger_command(const rca::AutopsyReport& report, const std::string& script) {
  std::vector<std::string> command = {"gdb", "-q", "-ex", "set debuginfod enabled off"};
  const auto add = [&](const std::string& text) {
    command.emplace_back("-ex");
    command.push_back(text);
  };
  add("source " + script);
  for (size_t i = report.story.size() - std::min(report.story.size(), kStoryShown); i < report.story.size(); ++i) {
    add("echo " + harmless(report.story[i]) + "\\n");
  }
  add("echo " + harmless(report.cause + ": " + report.detail) + "\\n");
  if (!report.program_path.empty()) command.push_back(report.program_path);
  command.push_back(report.core_path);
  if (report.tid != 0) add("python " + selection(report));
  return command;
}

int open_debugger(const rca::AutopsyReport& report, const std::vector<std::string>& paths) {
  if (report.core_path.empty()) {
    return report_error({ErrorKind::kUsage, (paths.empty() ? "it" : paths.front()) + ": there is no core to open", ""});
  }
  if (const std::string tool = rca::packer_of(report.core_path); !tool.empty()) {
    return report_error({ErrorKind::kUsage, report.core_path + ": gdb reads no packed core",
                         "unpack it with: " + tool + " -dc " + report.core_path + " > core"});
  }
  char name[] = "/tmp/crashwright-gdb-XXXXXX.py";
  const int file = ::mkstemps(name, 3);
  if (file >= 0) ::close(file);
  if (file < 0 || !write_file(name, kScript)) {
    return report_error({ErrorKind::kEnvironment, "gdb's script cannot be written into /tmp", "make room there"});
  }
  std::vector<std::string> command = debugger_command(report, name);
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
