// The autopsy of a case folder, or of any folder with what a dead process left.
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/file.h"
#include "rca/artefact_search.h"
#include "rca/autopsy.h"
#include "rca/rules.h"
#include "rca/substring_classifier.h"
#include "rca/unpacked_file.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

// The incarnation asked for, or the first engine that did not finish, or the last one of all.
Result<const ProcessFacts*> choose_process(const CaseFacts& facts, const AutopsyOptions& options) {
  const ProcessFacts* last = nullptr;
  for (const ProcessFacts& process : facts.processes) {
    if (process.role != "engine") continue;
    if (options.incarnation && process.incarnation == *options.incarnation) return &process;
    if (!options.incarnation && !process.finished) return &process;
    last = &process;
  }
  if (options.incarnation) {
    return fail(ErrorKind::kUsage, "the case has no incarnation " + std::to_string(*options.incarnation));
  }
  if (last == nullptr) return fail(ErrorKind::kUsage, "the case has no engine process to look at");
  return last;
}

bool tells_of_a_leak(const CrashText& report) {
  return std::ranges::any_of(report.evidence,
                             [](const Evidence& piece) { return piece.cause == "LEAK" && piece.strength > 0.5; });
}

// Where the memory came from that was never given back, as the report at the end of the process says; the thread that
// ended it stands elsewhere. The report's own names lack their classes where libbacktrace made them.
std::vector<Frame> stack_of_leak(const Artefacts& artefacts) {
  const std::vector<Frame>& report = artefacts.sanitizer_text.stack;
  std::vector<Frame> stack;
  for (size_t i = 0; i < report.size();) {
    const uint64_t pc = report[i].pc;
    if (!artefacts.symbolizer || pc == 0 || !artefacts.symbolizer->knows(pc)) {
      stack.push_back(report[i++]);
      continue;
    }
    // The report has a line for each inlined call too; a call that recurs is there once more.
    std::vector<Frame> here = artefacts.symbolizer->frames_at(pc, true);
    for (const size_t last = i + here.size(); i < last && i < report.size() && report[i].pc == pc;) ++i;
    std::ranges::move(here, std::back_inserter(stack));
  }
  return stack;
}

AutopsyReport investigate(const Artefacts& artefacts, const std::string& silent) {
  Investigation investigation{artefacts, {}, {}};
  AutopsyReport& report = investigation.report;
  report.pid = artefacts.pid;
  report.tid = artefacts.dead_tid();
  report.thread_name = artefacts.thread_name(report.tid);
  report.threads = artefacts.stacks;
  report.core_path = artefacts.core_path;
  if (artefacts.symbolizer) report.program_path = artefacts.symbolizer->program_path();
  report.missing = artefacts.missing;
  if (artefacts.symbolizer) report.build_id = artefacts.symbolizer->build_id();
  if (report.build_id.empty() && artefacts.process) report.build_id = artefacts.process->build_id;
  if (tells_of_a_leak(artefacts.sanitizer_text)) {
    investigation.particulars.stack = stack_of_leak(artefacts);
  } else if (artefacts.stack_of(report.tid) != nullptr) {
    investigation.particulars.stack = artefacts.stack_at_death();
  } else {
    const bool reported = !artefacts.sanitizer_text.stack.empty();
    investigation.particulars.stack = reported ? artefacts.sanitizer_text.stack : artefacts.error_text.stack;
    if (!reported) investigation.particulars.raised = artefacts.error_text.raised;
  }
  apply_all_rules(investigation);
  conclude(report, investigation.particulars, silent);
  return std::move(report);
}

bool holds_something(const Artefacts& artefacts) {
  return artefacts.core || artefacts.foreign || artefacts.record || artefacts.control || !artefacts.cgroups.empty() ||
         artefacts.sanitizer_text.crash_seen || artefacts.error_text.crash_seen;
}

std::string output_of(const std::string& folder) {
  std::string output;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name != "stderr.txt" && name != "stdout.txt" && !name.starts_with("asan.")) continue;
    if (const auto text = read_file(entry->path().string()); text) output += *text;
  }
  return output;
}

// The folder of a run holds cases, not the remains of one process; an empty folder holds nothing.
Status check_not_a_run(const std::string& folder) {
  std::error_code error;
  if (fs::is_empty(folder, error) && !error) {
    return fail(ErrorKind::kUsage, folder + ": nothing to look at", "give a case folder, or one with a core in it");
  }
  if (!fs::exists(folder + "/events.jsonl", error)) return {};
  std::string cases;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (fs::exists(entry->path() / "facts.json")) cases += (cases.empty() ? "" : ", ") + entry->path().string();
  }
  return fail(ErrorKind::kUsage, folder + ": this is the folder of a run, not of a case",
              cases.empty() ? "run with --keep: passing cases keep no artefacts" : "give one of its cases: " + cases);
}

}  // namespace

Result<AutopsyReport> autopsy_folder(const std::string& folder, const AutopsyOptions& options) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(ErrorKind::kUsage, folder + ": no such folder", "give a case folder, or one with a core in it");
  }
  const std::string facts_path = folder + "/facts.json";
  if (!fs::exists(facts_path, error)) {
    if (auto usable = check_not_a_run(folder); !usable) return tl::unexpected(usable.error());
    const Artefacts artefacts = gather_folder(folder, {options.executable, {}});
    const bool texts_only = !holds_something(artefacts) && artefacts.missing.empty();
    return investigate(artefacts, texts_only ? "NONE" : "UNKNOWN");
  }
  const auto facts = read_case_facts(facts_path);
  if (!facts) return tl::unexpected(facts.error());
  const auto process = choose_process(*facts, options);
  if (!process) return tl::unexpected(process.error());
  if (options.substring_classifier) {
    AutopsyReport report = classify_by_substring(output_of(folder + "/" + (*process)->folder));
    report.pid = (*process)->pid;
    return report;
  }
  return investigate(gather_process(folder, *facts, **process), "UNKNOWN");
}

Result<AutopsyReport> autopsy_core(const std::string& path, const AutopsyOptions& options) {
  Artefacts artefacts = gather_core(path, {options.executable, {}}, options.live);
  return investigate(artefacts, "UNKNOWN");
}

namespace {

// What tells nothing: neither that something died nor that all is well.
AutopsyReport nothing_known(const std::string& why) {
  AutopsyReport report;
  report.missing.push_back(why);
  conclude(report, {}, "UNKNOWN");
  return report;
}

// Whatever lies in `text`; bytes that are no text do not speak for a healthy program.
AutopsyReport autopsy_of_bytes(const std::string& text, const std::string& path) {
  AutopsyReport report = autopsy_text(text);
  if (report.cause == "NONE" && is_binary(text)) return nothing_known(path + ": neither a core nor a text");
  return report;
}

// Its beginning tells what was packed.
AutopsyReport autopsy_of_packed(const std::string& path) {
  const auto unpacked = UnpackedFile::open(path);
  if (!unpacked) return nothing_known(unpacked.error().message + "; " + unpacked.error().remedy);
  return autopsy_of_bytes(read_text_ends(unpacked->path()), path);
}

bool holds_a_core(const std::string& packed) {
  constexpr uint64_t kEnough = 4096;
  const auto beginning = UnpackedFile::open(packed, kEnough);
  return beginning && kind_of_file(beginning->path()) == FileKind::kCore;
}

}  // namespace

Result<AutopsyReport> autopsy_path(const std::string& path, const AutopsyOptions& options) {
  std::error_code error;
  if (fs::is_directory(path, error)) return autopsy_folder(path, options);
  if (!fs::exists(path, error)) return fail(ErrorKind::kUsage, path + ": no such file or folder");
  const FileKind kind = kind_of_file(path);
  if (kind == FileKind::kCore || kind == FileKind::kPackedCore) return autopsy_core(path, options);
  if (kind == FileKind::kProgram) return nothing_known(path + ": a program, not what its death left");
  if (!packer_of(path).empty()) return holds_a_core(path) ? autopsy_core(path, options) : autopsy_of_packed(path);
  const auto text = read_named_text(path);
  if (!text) return tl::unexpected(text.error());
  return autopsy_of_bytes(*text, path);
}

}  // namespace crashwright::rca
