#include "rca/artefacts.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "rca/artefact_search.h"
#include "rca/frame_variables.h"
#include "rca/unpacked_file.h"

namespace crashwright::rca {
namespace {

namespace fs = std::filesystem;

constexpr StackLimits kDeadThread{.inner = 64, .outer = 32};
constexpr StackLimits kOtherThread{.inner = 24, .outer = 8};
constexpr size_t kThreadsMax = 256;         // stacks that are unwound; the dead thread's is always among them
constexpr size_t kVariableFramesDead = 16;  // call sites whose variables are read
constexpr size_t kVariableFramesOther = 4;
constexpr size_t kFilesMax = 4096;

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && names.size() < kFilesMax;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string read_or_note(const std::string& path, Artefacts& artefacts) {
  auto content = read_file(path);
  if (content) return std::move(*content);
  artefacts.missing.push_back(content.error().message);
  return {};
}

void load_core(Artefacts& artefacts, const ModuleSources& sources) {
  if (artefacts.core_path.empty()) return;
  std::string path = artefacts.core_path;
  std::optional<UnpackedFile> unpacked;
  if (!packer_of(path).empty()) {
    auto done = UnpackedFile::open(path);
    if (!done) return artefacts.missing.push_back("core: " + done.error().message + "; " + done.error().remedy);
    if (done->cut_off()) artefacts.missing.emplace_back("core: it could not be unpacked to its end");
    unpacked.emplace(std::move(*done));
    path = unpacked->path();
  }
  auto core = CoreFile::open(path);
  if (!core) {
    if (auto foreign = read_foreign_core(path); foreign && !foreign->tids.empty()) {
      artefacts.missing.push_back("core: of a program for " + foreign->machine + "; its notes are read, no more");
      artefacts.foreign.emplace(std::move(*foreign));
      return;
    }
    artefacts.missing.push_back("core: " + core.error().message);
    return;
  }
  artefacts.core.emplace(std::move(*core));
  if (const uint64_t missing = artefacts.core->missing_bytes(); missing > 0) {
    artefacts.missing.push_back("core: truncated, " + std::to_string(missing) + " bytes are not there");
  }
  if (artefacts.core->threads().empty()) artefacts.missing.emplace_back("core: no thread in it");
  artefacts.symbolizer = Symbolizer::from_core(*artefacts.core, sources);
  for (const std::string& note : artefacts.symbolizer->notes()) artefacts.missing.push_back(note);
}

void load_record(Artefacts& artefacts, const std::string& path) {
  auto record = postmortem::read_crash_record(path);
  if (!record) {
    artefacts.missing.push_back("crash record: " + record.error().message);
    return;
  }
  if (record->crashed && !record->complete) artefacts.missing.emplace_back("crash record: not complete");
  if (record->crashed) artefacts.record.emplace(std::move(*record));
}

void load_control(Artefacts& artefacts, const std::string& path) {
  const std::string bytes = read_or_note(path, artefacts);
  if (bytes.size() != sizeof(postmortem::ControlBlock)) return;
  auto block = std::make_unique<postmortem::ControlBlock>();
  std::memcpy(static_cast<void*>(block.get()), bytes.data(), bytes.size());
  if (auto valid = postmortem::check_control_block(*block); !valid) {
    artefacts.missing.push_back("control block: " + valid.error().message);
    return;
  }
  artefacts.control = std::move(block);
}

void name_threads(Artefacts& artefacts) {
  if (artefacts.control) {
    for (const postmortem::ThreadWitness& thread : artefacts.control->threads) {
      if (thread.tid != 0) artefacts.thread_names[static_cast<int32_t>(thread.tid)] = thread.name.view();
    }
  }
  if (artefacts.live) {
    for (const LiveObservation::Thread& thread : artefacts.live->threads) {
      artefacts.thread_names[thread.tid] = thread.name;
    }
  }
  if (artefacts.record) {
    for (const postmortem::CrashThread& thread : artefacts.record->threads) {
      if (!thread.name.empty()) artefacts.thread_names[static_cast<int32_t>(thread.tid)] = thread.name;
    }
  }
  if (artefacts.record && !artefacts.record->thread_name.empty()) {
    artefacts.thread_names[static_cast<int32_t>(artefacts.record->tid)] = artefacts.record->thread_name;
  }
}

void unwind_core(Artefacts& artefacts) {
  const StackUnwinder unwinder(*artefacts.core, *artefacts.symbolizer);
  const int32_t dead = artefacts.dead_tid();
  std::map<int32_t, CallStack> stacks;
  for (const CoreThread& thread : artefacts.core->threads()) {
    const bool is_dead = thread.tid == dead;
    if (artefacts.stacks.size() >= kThreadsMax && !is_dead) continue;
    ThreadStack& stack = artefacts.stacks.emplace_back();
    stack.tid = thread.tid;
    stack.name = artefacts.thread_name(thread.tid);
    stack.faulting = is_dead;
    stack.live = artefacts.live.has_value();
    CallStack calls = unwinder.unwind(thread, is_dead ? kDeadThread : kOtherThread);
    stack.frames = symbolize(*artefacts.symbolizer, calls);
    read_variables(*artefacts.core, *artefacts.symbolizer, calls, is_dead ? kVariableFramesDead : kVariableFramesOther,
                   stack.frames);
    stacks.emplace(thread.tid, std::move(calls));
  }
  // A crash record has the signal as it first came, and a watched thread no signal at all.
  if (artefacts.record || artefacts.live) return;
  artefacts.reraised = reraised_fault(*artefacts.core, stacks);
  if (!artefacts.reraised) return;
  CallStack handler = stacks[artefacts.reraised->tid];
  handler.sites.resize(std::min(handler.sites.size(), artefacts.reraised->sites_above));
  artefacts.reraised_below = symbolize(*artefacts.symbolizer, handler).size();
  for (ThreadStack& stack : artefacts.stacks) stack.faulting = stack.tid == artefacts.dead_tid();
}

// Without a core the crash record's own walk is what there is.
void unwind_record(Artefacts& artefacts, const std::string& executable) {
  const postmortem::CrashRecord& record = *artefacts.record;
  artefacts.symbolizer = Symbolizer::from_record(record, executable);
  for (const std::string& note : artefacts.symbolizer->notes()) artefacts.missing.push_back(note);
  CallStack calls;
  for (size_t i = 0; i < record.backtrace.size(); ++i) calls.sites.push_back(CallSite{record.backtrace[i], i == 0});
  ThreadStack& stack = artefacts.stacks.emplace_back();
  stack.tid = static_cast<int32_t>(record.tid);
  stack.name = record.thread_name;
  stack.faulting = true;
  stack.frames = symbolize(*artefacts.symbolizer, calls);
}

void finish(Artefacts& artefacts, const std::string& executable) {
  if (artefacts.pid == 0 && artefacts.core) artefacts.pid = artefacts.core->pid();
  if (artefacts.pid == 0 && artefacts.foreign) artefacts.pid = artefacts.foreign->pid;
  if (artefacts.pid == 0 && artefacts.record) artefacts.pid = static_cast<int32_t>(artefacts.record->pid);
  name_threads(artefacts);
  if (artefacts.core && !artefacts.core->threads().empty()) {
    unwind_core(artefacts);
  } else if (artefacts.record && !artefacts.record->backtrace.empty()) {
    unwind_record(artefacts, executable);
  }
}

// argv[0] when it is a path to a file that is still there.
std::string executable_of(const ProcessFacts& process) {
  std::error_code error;
  if (process.argv.empty() || !process.argv[0].starts_with('/')) return {};
  return fs::is_regular_file(process.argv[0], error) ? process.argv[0] : std::string();
}

bool is_report_file(const std::string& name) {
  return name.starts_with("asan.") || name.starts_with("ubsan.") || name.starts_with("tsan.") ||
         name.starts_with("msan.");
}

// The reports that belong to process `pid` by their name, 0 for any.
void take_reports(Artefacts& artefacts, const std::vector<std::string>& paths, int32_t pid) {
  std::string text;
  for (const std::string& path : paths) {
    if (pid == 0 || path.ends_with("." + std::to_string(pid))) text += read_text_ends(path) + "\n";
  }
  if (!text.empty()) artefacts.sanitizer_text = read_crash_text(text, pid, "sanitizer report");
}

// The event files of control groups, those of one folder together.
void take_cgroups(Artefacts& artefacts, const std::vector<std::string>& paths) {
  std::map<std::string, CgroupFiles> groups;
  for (const std::string& path : paths) {
    const fs::path file(path);
    CgroupFiles& group = groups[file.parent_path().string()];
    const std::string name = file.filename().string();
    std::string& text = name == "memory.events"         ? group.events
                        : name == "memory.events.local" ? group.local_events
                        : name == "memory.oom_control"  ? group.oom_control
                                                        : group.failures;
    text = read_text_ends(path);
  }
  for (auto& [folder, group] : groups) {
    group.folder = folder;
    artefacts.cgroups.push_back(std::move(group));
  }
}

}  // namespace

int32_t Artefacts::dead_tid() const {
  const uint32_t stalled = control ? control->handler.watchdog_stalled_tid.load() : 0;
  if (stalled != 0 && core_thread(static_cast<int32_t>(stalled)) != nullptr) return static_cast<int32_t>(stalled);
  const auto recorded = record ? static_cast<int32_t>(record->tid) : 0;
  if (recorded != 0 && (!core || core_thread(recorded) != nullptr)) return recorded;
  if (reraised) return reraised->tid;
  return core && !core->threads().empty() ? core->threads().front().tid : 0;
}

const CoreThread* Artefacts::core_thread(int32_t tid) const {
  if (!core) return nullptr;
  const auto found = std::ranges::find(core->threads(), tid, &CoreThread::tid);
  return found == core->threads().end() ? nullptr : &*found;
}

const ThreadStack* Artefacts::stack_of(int32_t tid) const {
  const auto found = std::ranges::find(stacks, tid, &ThreadStack::tid);
  return found == stacks.end() ? nullptr : &*found;
}

std::vector<Frame> Artefacts::stack_at_death() const {
  const ThreadStack* const stack = stack_of(dead_tid());
  if (stack == nullptr) return {};
  const size_t above = reraised && reraised->tid == stack->tid ? std::min(reraised_below, stack->frames.size()) : 0;
  return {stack->frames.begin() + static_cast<ptrdiff_t>(above), stack->frames.end()};
}

std::string Artefacts::thread_name(int32_t tid) const {
  const auto found = thread_names.find(tid);
  return found == thread_names.end() ? std::string() : found->second;
}

Artefacts gather_process(const std::string& case_folder, const CaseFacts& facts, const ProcessFacts& process) {
  Artefacts artefacts;
  artefacts.process = process;
  artefacts.observations = facts.faults;
  artefacts.pid = process.pid;
  artefacts.folder = case_folder + "/" + process.folder;
  const std::string executable = executable_of(process);
  const std::vector<std::string> files = files_in(artefacts.folder);
  const auto exists = [&](const std::string& name) { return std::ranges::find(files, name) != files.end(); };

  const std::string record = "crash-" + std::to_string(process.pid) + ".rec";
  if (exists(record)) load_record(artefacts, artefacts.folder + "/" + record);
  if (!process.control_dump.empty()) load_control(artefacts, case_folder + "/" + process.control_dump);
  if (!process.core_path.empty()) {
    artefacts.core_path = case_folder + "/" + process.core_path;
    load_core(artefacts, {executable, {}});
  } else if (!process.finished && !process.core_absent_because.empty()) {
    artefacts.missing.push_back("core: " + process.core_absent_because);
  }
  std::vector<std::string> reports;
  for (const std::string& name : files) {
    if (is_report_file(name)) reports.push_back(artefacts.folder + "/" + name);
  }
  take_reports(artefacts, reports, process.pid);
  if (exists("stderr.txt")) {
    const std::string text = read_or_note(artefacts.folder + "/stderr.txt", artefacts);
    artefacts.error_text = read_crash_text(text, process.pid, "stderr");
  }
  finish(artefacts, executable);
  return artefacts;
}

Artefacts gather_folder(const std::string& folder, const ModuleSources& sources) {
  Artefacts artefacts;
  artefacts.folder = folder;
  const FoundFiles found = search_files(folder);
  for (const std::string& path : found.records) {
    if (!artefacts.record) load_record(artefacts, path);
  }
  for (const std::string& path : found.control_blocks) {
    if (!artefacts.control) load_control(artefacts, path);
  }
  ModuleSources all = sources;
  all.files.insert(all.files.end(), found.programs.begin(), found.programs.end());
  std::vector<std::string> cores = found.cores;
  cores.insert(cores.end(), found.packed_cores.begin(), found.packed_cores.end());
  if (!cores.empty()) artefacts.core_path = cores.front();
  for (size_t i = 1; i < cores.size(); ++i) {
    artefacts.missing.push_back("core: " + cores[i] + " is another one; name it to have it looked at");
  }
  load_core(artefacts, all);
  int32_t pid = artefacts.core ? artefacts.core->pid() : 0;
  if (artefacts.foreign) pid = artefacts.foreign->pid;
  take_reports(artefacts, found.reports, pid);
  take_cgroups(artefacts, found.cgroup);
  std::string texts;
  for (const std::string& path : found.texts) texts += read_text_ends(path) + "\n";
  if (!texts.empty()) artefacts.error_text = read_crash_text(texts, pid, "text");
  finish(artefacts, sources.executable);
  const bool nothing = cores.empty() && found.records.empty() && found.control_blocks.empty() &&
                       found.reports.empty() && found.cgroup.empty() && found.texts.empty();
  if (nothing && found.binaries > 0) {
    artefacts.missing.emplace_back("the folder: no core, no crash record, no report and no text among its files");
  }
  const bool something = artefacts.core || artefacts.record || artefacts.sanitizer_text.crash_seen;
  if (something && cores.empty()) artefacts.missing.emplace_back("core: there is none in the folder");
  return artefacts;
}

Artefacts gather_core(const std::string& path, const ModuleSources& sources,
                      const std::optional<LiveObservation>& live) {
  Artefacts artefacts;
  artefacts.live = live;
  artefacts.core_path = path;
  load_core(artefacts, sources);
  finish(artefacts, sources.executable);
  return artefacts;
}

}  // namespace crashwright::rca
