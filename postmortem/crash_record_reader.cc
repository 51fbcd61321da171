#include "postmortem/crash_record_reader.h"

#include <cxxabi.h>
#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/checksum.h"
#include "base/file.h"
#include "postmortem/crash_record_format.h"

namespace crashwright::postmortem {
namespace {

using crash_format::SectionHeader;
using crash_format::SectionType;

std::string demangle(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && text != nullptr ? text.get() : name;
}

bool is_fault_signal(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP;
}

bool header_is_intact(const SectionHeader& header) {
  return header.magic == crash_format::kSectionMagic &&
         header.header_crc == crc32c(&header, offsetof(SectionHeader, header_crc));
}

// Copies a payload into its type; bytes that the file does not have stay zero.
template <typename Payload>
Payload payload_as(std::string_view bytes) {
  Payload payload{};
  std::memcpy(static_cast<void*>(&payload), bytes.data(), std::min(bytes.size(), sizeof payload));
  return payload;
}

std::vector<uint64_t> backtrace_of(const crash_format::Frames& frames) {
  return {frames.pcs, frames.pcs + std::min<size_t>(frames.count, crash_format::kFramesMax)};
}

class Parser {
 public:
  Parser(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Result<CrashRecord> parse() {
    while (offset_ < bytes_.size()) {
      if (!take_section()) resynchronise();
      if (newer_version_ != 0) {
        return fail(ErrorKind::kCorrupt, fmt::format("{}: crash record of version {}, this program reads version {}",
                                                     name_, newer_version_, crash_format::kVersion));
      }
    }
    if (sections_ == 0 && !bytes_.empty()) {
      return fail(ErrorKind::kCorrupt, name_ + ": no crash record: not one intact section");
    }
    if (bytes_.empty()) note("empty file: the handler was never installed");
    if (ended_ && sections_before_end_ < sections_promised_) {
      note(fmt::format("{} of {} sections are missing", sections_promised_ - sections_before_end_, sections_promised_));
    }
    record_.complete = ended_ && record_.notes.empty();
    return std::move(record_);
  }

 private:
  void note(std::string line) { record_.notes.push_back(std::move(line)); }

  [[nodiscard]] bool header_at(size_t offset, SectionHeader& header) const {
    if (bytes_.size() - offset < sizeof header) return false;
    std::memcpy(&header, bytes_.data() + offset, sizeof header);
    return header_is_intact(header);
  }

  // False when no intact section header is at the offset.
  bool take_section() {
    SectionHeader header{};
    if (!header_at(offset_, header)) return false;
    const size_t begin = offset_ + sizeof header;
    const size_t size = header.payload_size;
    const size_t whole = (size + crash_format::kAlignment - 1) / crash_format::kAlignment * crash_format::kAlignment;
    if (bytes_.size() - begin < whole) {
      note(fmt::format("torn tail at byte {}: a section of {} bytes ends after {}", offset_, whole,
                       bytes_.size() - begin));
      offset_ = bytes_.size();
      return true;
    }
    const std::string_view payload(bytes_.data() + begin, size);
    const std::string_view padding(bytes_.data() + begin + size, whole - size);
    if (crc32c(payload.data(), size) != header.payload_crc || padding.find_first_not_of('\0') != std::string::npos) {
      note(fmt::format("damage at byte {}: checksum of a section of type {}", offset_,
                       static_cast<unsigned>(header.type)));
    } else {
      ++sections_;
      take_payload(header, payload);
    }
    offset_ = begin + whole;
    return true;
  }

  void resynchronise() {
    SectionHeader header{};
    size_t next = offset_ + crash_format::kAlignment;
    while (next < bytes_.size() && !header_at(next, header)) next += crash_format::kAlignment;
    const char* const what = next < bytes_.size() ? "damage" : "torn tail";
    const size_t end = std::min(next, bytes_.size());
    note(fmt::format("{} at byte {}: {} bytes are no section", what, offset_, end - offset_));
    offset_ = end;
  }

  void take_payload(const SectionHeader& header, std::string_view payload) {
    switch (header.type) {
      case SectionType::kInstalled:
        return take_installed(payload_as<crash_format::Installed>(payload));
      case SectionType::kFacts:
        return take_facts(payload_as<crash_format::Facts>(payload));
      case SectionType::kText:
        return take_text(payload_as<crash_format::Text>(payload));
      case SectionType::kModule:
        return take_module(payload_as<crash_format::Module>(payload));
      case SectionType::kFrames:
        return take_frames(payload_as<crash_format::Frames>(payload));
      case SectionType::kNestedFault:
        return take_nested(payload_as<crash_format::NestedFault>(payload));
      case SectionType::kOtherDeath:
        return take_other(payload_as<crash_format::OtherDeath>(payload));
      case SectionType::kStageDone:
        return take_stage(payload_as<crash_format::StageDone>(payload));
      case SectionType::kStack:
        return take_stack(payload);
      case SectionType::kThread:
        return take_thread(payload_as<crash_format::Thread>(payload));
      case SectionType::kThreadsDone:
        return take_threads_done(payload_as<crash_format::ThreadsDone>(payload));
      case SectionType::kRecorder:
        return take_recorder(payload_as<crash_format::Recorder>(payload));
      case SectionType::kComplete:
        ended_ = true;
        sections_before_end_ = sections_ - 1;
        sections_promised_ = payload_as<crash_format::Complete>(payload).sections;
        return;
    }
    note(fmt::format("section of unknown type {} at byte {}", static_cast<unsigned>(header.type), offset_));
  }

  void take_installed(const crash_format::Installed& installed) {
    if (installed.version > crash_format::kVersion) newer_version_ = installed.version;
    record_.version = installed.version;
    record_.pid = installed.pid;
  }

  void take_facts(const crash_format::Facts& facts) {
    if (record_.crashed) return;  // written again after a nested fault: the first is as good
    record_.crashed = true;
    record_.tid = facts.tid;
    record_.thread_name = facts.thread_name.view();
    record_.signal = facts.signal;
    record_.code = facts.code;
    if (facts.code > 0 && is_fault_signal(facts.signal)) record_.fault_address = facts.fault_address;
    if (facts.code <= 0) record_.sender_pid = facts.sender_pid;
    record_.wall_ns = facts.wall_ns;
    record_.monotonic_ns = facts.monotonic_ns;
    record_.last_fault_point = facts.last_fault_point.view();
    static_assert(sizeof record_.registers == sizeof facts.registers);
    std::memcpy(&record_.registers, facts.registers, sizeof facts.registers);
  }

  void take_text(const crash_format::Text& text) {
    std::string words(text.bytes, std::min<size_t>(text.size, sizeof text.bytes));
    while (!words.empty() && words.back() == '\n') words.pop_back();
    switch (text.kind) {
      case crash_format::TextKind::kExceptionType:
        record_.exception_type = demangle(words);
        return;
      case crash_format::TextKind::kExceptionWhat:
        record_.exception_what = words;
        return;
      case crash_format::TextKind::kAbortMessage:
        record_.abort_message = words;
        return;
      case crash_format::TextKind::kCheck:
        record_.check_message = words;
        return;
      case crash_format::TextKind::kSanitizer:
        record_.sanitizer = words;
        return;
      case crash_format::TextKind::kWatchdog:
        record_.watchdog = words;
        return;
    }
    note(fmt::format("text of unknown kind {}: {}", static_cast<uint32_t>(text.kind), words));
  }

  void take_module(const crash_format::Module& module) {
    CrashModule entry;
    entry.path = module.path.view();
    entry.base = module.base;
    entry.begin = module.begin;
    entry.end = module.end;
    for (size_t i = 0; i < module.build_id_size && i < sizeof module.build_id; ++i) {
      entry.build_id += fmt::format("{:02x}", module.build_id[i]);
    }
    record_.modules.push_back(std::move(entry));
  }

  void take_frames(const crash_format::Frames& frames) {
    record_.backtrace = backtrace_of(frames);
    record_.backtrace_truncated = frames.truncated != 0;
  }

  void take_stage(const crash_format::StageDone& done) {
    record_.stages_completed.push_back({static_cast<uint32_t>(done.stage), done.monotonic_ns});
  }

  void take_thread(const crash_format::Thread& thread) {
    CrashThread entry;
    entry.tid = thread.tid;
    entry.name = thread.name.view();
    entry.state = static_cast<CrashThreadState>(thread.state);
    std::memcpy(&entry.registers, thread.registers, sizeof thread.registers);
    entry.backtrace = backtrace_of(thread.frames);
    entry.backtrace_truncated = thread.frames.truncated != 0;
    record_.threads.push_back(std::move(entry));
  }

  // Of the thread that died, or of one that was written before.
  void take_stack(std::string_view payload) {
    crash_format::Stack head;  // its bytes are taken from the payload
    constexpr size_t kHead = offsetof(crash_format::Stack, bytes);
    if (payload.size() < kHead) return;
    std::memcpy(static_cast<void*>(&head), payload.data(), kHead);
    CrashStack stack{head.address, std::string(payload.substr(kHead, head.size))};
    if (record_.crashed && head.tid == record_.tid) {
      record_.stack = std::move(stack);
      return;
    }
    for (CrashThread& thread : record_.threads) {
      if (thread.tid == head.tid) thread.stack = std::move(stack);
    }
  }

  void take_threads_done(const crash_format::ThreadsDone& done) {
    record_.threads_found = done.found;
    record_.threads_done_ns = done.monotonic_ns;
  }

  void take_recorder(const crash_format::Recorder& recorder) {
    for (size_t i = 0; i < recorder.count && i < std::size(recorder.positions); ++i) {
      record_.recorder_positions.push_back({recorder.positions[i].tid, recorder.positions[i].committed});
    }
  }

  void take_nested(const crash_format::NestedFault& fault) {
    record_.nested_faults.push_back({static_cast<uint32_t>(fault.stage), fault.signal, fault.code, fault.deadline != 0,
                                     fault.fault_address, fault.pc});
  }

  void take_other(const crash_format::OtherDeath& death) {
    record_.other_deaths.push_back(
        {death.tid, std::string(death.thread_name.view()), death.signal, death.code, death.fault_address, death.pc});
  }

  const std::string& bytes_;
  const std::string& name_;
  CrashRecord record_;
  size_t offset_ = 0;
  size_t sections_ = 0;  // intact ones
  size_t sections_before_end_ = 0;
  size_t sections_promised_ = 0;
  uint32_t newer_version_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<CrashRecord> parse_crash_record(const std::string& bytes, const std::string& name) {
  return Parser(bytes, name).parse();
}

Result<CrashRecord> read_crash_record(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  return parse_crash_record(*bytes, path);
}

}  // namespace crashwright::postmortem
