#include "bench/crash_handler_output.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "postmortem/crash_record_reader.h"
#include "postmortem/testing/deaths.h"
#include "rca/core_file.h"

namespace crashwright::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kNsPerMs = 1e6;
constexpr uint32_t kFramesStage = 6;

bool shows_marker(uint64_t address, const VictimPage& page) {
  return address >= page.marker_begin && address < page.marker_end;
}

bool shows_marker_as_bytes(const std::string& output, const VictimPage& page) {
  uint64_t word = 0;
  for (size_t at = 0; at + sizeof word <= output.size(); ++at) {
    std::memcpy(&word, output.data() + at, sizeof word);
    if (shows_marker(word, page)) return true;
  }
  return false;
}

bool shows_marker_as_text(const std::string& output, const VictimPage& page) {
  for (size_t at = output.find("0x"); at != std::string::npos; at = output.find("0x", at + 2)) {
    if (shows_marker(std::strtoull(output.c_str() + at, nullptr, 16), page)) return true;
  }
  return false;
}

double milliseconds(uint64_t from_ns, uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / kNsPerMs : 0;
}

bool threads_are_whole(const postmortem::CrashRecord& record) {
  constexpr size_t kOthers = postmortem::testing::kThreads - 1;
  return record.threads.size() == kOthers &&
         std::all_of(record.threads.begin(), record.threads.end(), [](const postmortem::CrashThread& thread) {
           return thread.registers.rip != 0 && thread.backtrace.size() > 1 && !thread.stack.bytes.empty();
         });
}

}  // namespace

std::string output_of(const std::string& folder) {
  std::string all;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file(ignored) || name == "page" || name == "rest") continue;
    all += read_file(entry.path()).value_or("");
  }
  return all;
}

Left judge_output(const std::string& output, const VictimPage& page) {
  if (output.empty()) return Left::kLost;
  const bool named = output.find(page.marker_name) != std::string::npos;
  const bool shown = named || shows_marker_as_text(output, page) || shows_marker_as_bytes(output, page);
  return shown ? Left::kComplete : Left::kPartial;
}

Left judge_record(const std::string& path, const VictimPage& page, Outcome& outcome) {
  const auto record = postmortem::read_crash_record(path);
  if (!record || !record->crashed) return Left::kLost;
  const uint64_t fault_ns = page.fault_ns.load();
  for (const postmortem::CompletedStage& stage : record->stages_completed) {
    if (stage.stage == kFramesStage) outcome.dying_thread_ms = milliseconds(fault_ns, stage.monotonic_ns);
  }
  outcome.all_threads_ms = milliseconds(fault_ns, record->threads_done_ns);
  const auto& frames = record->backtrace;
  const bool shown = std::any_of(frames.begin(), frames.end(), [&](uint64_t pc) { return shows_marker(pc, page); });
  const bool whole = record->complete && shown && threads_are_whole(*record) && !record->modules.empty() &&
                     !record->modules[0].build_id.empty() && !record->stack.bytes.empty() &&
                     !record->recorder_positions.empty();
  return whole ? Left::kComplete : Left::kPartial;
}

std::optional<CoreTruth> read_core(const std::string& folder, const VictimPage& page) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().starts_with("core")) continue;
    const auto core = rca::CoreFile::open(entry.path());
    if (!core || core->missing_bytes() > 0 || core->threads().empty() || !core->signal_info()) return std::nullopt;
    const siginfo_t& info = *core->signal_info();
    const auto tid = static_cast<uint32_t>(core->threads().front().tid);
    const bool has_address = info.si_code > 0;
    return CoreTruth{info.si_signo, info.si_code, has_address ? reinterpret_cast<uint64_t>(info.si_addr) : 0,
                     tid == page.dying_tid.load()};
  }
  return std::nullopt;
}

}  // namespace crashwright::bench
