#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "harness/cli/command.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/options.h"
#include "harness/runner/core_file.h"
#include "harness/runner/core_writer.h"
#include "harness/runner/proc_info.h"
#include "rca/core_file.h"

namespace crashwright::harness::cli {
namespace {

struct TakenCore {
  ProcessStat process;
  std::string path;
  size_t threads = 0;
  uint64_t bytes = 0;       // the file's size, holes included
  uint64_t stopped_ns = 0;  // from the first thread stopped to the last let go, reading of /proc included
};

Result<int32_t> parse_pid(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return fail(ErrorKind::kUsage, "core wants one PID", "see: crashwright core --help");
  const std::string& text = arguments.front();
  int32_t pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || pid <= 0) {
    return fail(ErrorKind::kUsage, "\"" + text + "\" is no process id");
  }
  if (pid == ::getpid()) return fail(ErrorKind::kUsage, "crashwright cannot take a core of itself");
  return pid;
}

Result<TakenCore> take_core(int32_t pid, const std::string& output) {
  const auto process = read_process_stat(pid);
  if (!process || process->state == 'Z' || process->state == 'X') {
    return fail(ErrorKind::kUsage, "there is no living process " + std::to_string(pid));
  }
  TakenCore taken{*process, output.empty() ? "core." + std::to_string(pid) : output};
  const uint64_t begin_ns = monotonic_ns();
  if (auto written = write_core_from_outside(pid, taken.path); !written) return tl::unexpected(written.error());
  taken.stopped_ns = monotonic_ns() - begin_ns;
  const auto core = rca::CoreFile::open(taken.path);
  if (!core) return tl::unexpected(core.error());
  if (auto complete = check_core_complete(taken.path); !complete) return tl::unexpected(complete.error());
  taken.threads = core->threads().size();
  std::error_code error;
  taken.bytes = std::filesystem::file_size(taken.path, error);
  return taken;
}

void print_json(const TakenCore& taken) {
  const nlohmann::ordered_json json = {{"pid", taken.process.pid},  {"program", taken.process.name},
                                       {"path", taken.path},        {"threads", taken.threads},
                                       {"size_bytes", taken.bytes}, {"stopped_ns", taken.stopped_ns}};
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

int core_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> pids;
  std::string output;
  std::string format = "human";
  Options options("core",
                  "Takes the core of a living process, hung or not, and lets it go on: all threads are "
                  "stopped for as long as writing takes.");
  options.arguments("PID", pids, "the process");
  options.text("--out", "FILE", output, "the core; core.PID in this folder unless said");
  options.word("--format", "FORMAT", format, {"human", "json"}, "human or json");
  options.note(
      "gdb, eu-stack and `crashwright autopsy` read it. Works for one's own processes; for those of others, and "
      "where ptrace is restricted, as root. Ends with 10 when tracing is denied.");
  options.example("crashwright core 4711");
  options.example("crashwright core 4711 --out /var/tmp/engine.core --format json");
  if (const auto code = options.parse(arguments)) return *code;
  const auto pid = parse_pid(pids);
  if (!pid) return report_error(pid.error());
  const auto taken = take_core(*pid, output);
  if (!taken) return report_error(taken.error());
  if (format == "json") {
    print_json(*taken);
  } else {
    fmt::print("{}: {} {} of {} ({}), {:.1f} MB, stopped for {:.0f} ms\n", taken->path, taken->threads,
               taken->threads == 1 ? "thread" : "threads", taken->process.name, *pid,
               static_cast<double>(taken->bytes) / 1e6, static_cast<double>(taken->stopped_ns) / 1e6);
  }
  return kExitPassed;
}

}  // namespace crashwright::harness::cli
