// Goal: what the handler's writer stores, the reader gives back; whatever is torn off or flipped is said, and never
// taken for a complete record. Method: a record with every kind of section, then each prefix and each single flipped
// bit of it.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/file.h"
#include "postmortem/crash_record_reader.h"
#include "postmortem/crash_record_writer.h"

namespace crashwright::postmortem {
namespace {

using namespace crash_format;

template <typename Payload>
void append(SectionType type, const Payload& payload, size_t size = sizeof(Payload)) {
  static SectionHeader header;
  crash_record::append(header, type, &payload, size);
}

void append_text(TextKind kind, const std::string& words) {
  Text text{};
  text.kind = kind;
  text.size = static_cast<uint32_t>(words.size());
  words.copy(text.bytes, sizeof text.bytes);
  append(SectionType::kText, text, offsetof(Text, bytes) + words.size());
}

void append_stack(uint32_t tid, uint64_t address, const std::string& words) {
  static Stack stack;
  stack.tid = tid;
  stack.size = static_cast<uint32_t>(words.size());
  stack.address = address;
  words.copy(reinterpret_cast<char*>(stack.bytes), sizeof stack.bytes);
  append(SectionType::kStack, stack, offsetof(Stack, bytes) + words.size());
}

void append_threads() {
  Recorder recorder{};
  recorder.count = 2;
  recorder.positions[0] = {78, 0, 1'000};
  recorder.positions[1] = {80, 0, 2'000};
  append(SectionType::kRecorder, recorder, offsetof(Recorder, positions) + 2 * sizeof recorder.positions[0]);
  append_stack(78, 0x7000, "the dying one's stack");
  Thread thread{};
  thread.tid = 80;
  thread.state = ThreadState::kStopped;
  thread.name.assign("gateway");
  for (uint64_t i = 0; i < kRegisters; ++i) thread.registers[i] = 200 + i;
  thread.frames.count = 2;
  thread.frames.pcs[0] = 0x6101;
  thread.frames.pcs[1] = 0x6102;
  append(SectionType::kThread, thread, offsetof(Thread, frames.pcs) + 2 * sizeof thread.frames.pcs[0]);
  append(SectionType::kThreadsDone, ThreadsDone{2, 1, 1, 0, 5500});
  append_stack(80, 0x8000, "a stack that stood still");
}

void append_all_sections() {
  const uint32_t before = crash_record::sections();
  append(SectionType::kInstalled, Installed{kVersion, 77, 1000, 2000});
  Facts facts{};
  facts.tid = 78;
  facts.signal = SIGSEGV;
  facts.code = SEGV_MAPERR;
  facts.fault_address = 0x10;
  facts.wall_ns = 3000;
  facts.monotonic_ns = 4000;
  for (uint64_t i = 0; i < 23; ++i) facts.registers[i] = 100 + i;
  facts.thread_name.assign("trading");
  facts.last_fault_point.assign("gateway.send_order");
  append(SectionType::kFacts, facts);
  append(SectionType::kStageDone, StageDone{Stage::kFacts, 0, 5000});
  append_text(TextKind::kExceptionType, "St13runtime_error");
  append_text(TextKind::kExceptionWhat, "order book is inconsistent");
  append_text(TextKind::kAbortMessage, "free(): double free detected in tcache 2\n");
  append_text(TextKind::kCheck, "a < b (why)");
  append_text(TextKind::kSanitizer, "heap-use-after-free");
  append_text(TextKind::kWatchdog, "watchdog: thread trading stalled for 512 ms");
  Module module{};
  module.base = 0x5000;
  module.begin = 0x6000;
  module.end = 0x9000;
  module.build_id[0] = 0xab;
  module.build_id[1] = 0x01;
  module.build_id_size = 2;
  module.path.assign("/usr/bin/engine");
  append(SectionType::kModule, module);
  Frames frames{};
  frames.count = 3;
  frames.truncated = 1;
  frames.pcs[0] = 0x6001;
  frames.pcs[1] = 0x6002;
  frames.pcs[2] = 0x6003;
  append(SectionType::kFrames, frames, offsetof(Frames, pcs) + 3 * sizeof frames.pcs[0]);
  append(SectionType::kNestedFault, crash_format::NestedFault{Stage::kModules, SIGBUS, BUS_ADRERR, 0, 0x20, 0x30});
  crash_format::OtherDeath other{};
  other.tid = 79;
  other.signal = SIGABRT;
  other.code = SI_TKILL;
  other.pc = 0x40;
  other.thread_name.assign("feed");
  append(SectionType::kOtherDeath, other);
  append_threads();
  append(SectionType::kComplete, Complete{crash_record::sections() - before, 1, 6000});
}

// The bytes of the record above, written through a real file.
const std::string& sample() {
  static const std::string bytes = [] {
    char path[] = "/tmp/crashwright-record-XXXXXX";
    const int fd = ::mkostemp(path, O_APPEND);
    BOOST_REQUIRE(fd >= 0);
    crash_record::set_descriptor(fd);
    append_all_sections();
    crash_record::set_descriptor(-1);
    ::close(fd);
    std::string content = read_file(path).value_or("");
    ::unlink(path);
    return content;
  }();
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_section_comes_back_as_it_was_written) {
  const auto record = parse_crash_record(sample(), "sample");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->complete);
  BOOST_TEST(record->crashed);
  BOOST_TEST(record->pid == 77U);
  BOOST_TEST(record->tid == 78U);
  BOOST_TEST(record->thread_name == "trading");
  BOOST_TEST(record->signal == SIGSEGV);
  BOOST_TEST(record->fault_address.value() == 0x10U);
  BOOST_TEST(record->registers.r8 == 100U);
  BOOST_TEST(record->registers.rip == 116U);
  BOOST_TEST(record->registers.cr2 == 122U);
  BOOST_TEST(record->last_fault_point == "gateway.send_order");
  BOOST_TEST(record->exception_type == "std::runtime_error");
  BOOST_TEST(record->exception_what == "order book is inconsistent");
  BOOST_TEST(record->abort_message == "free(): double free detected in tcache 2");
  BOOST_TEST(record->check_message == "a < b (why)");
  BOOST_TEST(record->sanitizer == "heap-use-after-free");
  BOOST_TEST(record->watchdog == "watchdog: thread trading stalled for 512 ms");
  BOOST_REQUIRE(record->modules.size() == 1U);
  BOOST_TEST(record->modules[0].build_id == "ab01");
  BOOST_TEST(record->modules[0].path == "/usr/bin/engine");
  BOOST_TEST(record->backtrace.size() == 3U);
  BOOST_TEST(record->backtrace_truncated);
  BOOST_TEST(record->nested_faults.at(0).stage == 3U);
  BOOST_TEST(record->other_deaths.at(0).thread_name == "feed");
  BOOST_REQUIRE(record->stages_completed.size() == 1U);
  BOOST_TEST(record->stages_completed[0].monotonic_ns == 5000U);
}

BOOST_AUTO_TEST_CASE(the_other_threads_come_back_with_registers_frames_and_stacks) {
  const auto record = parse_crash_record(sample(), "sample");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->version == kVersion);
  BOOST_TEST(record->stack.address == 0x7000U);
  BOOST_TEST(record->stack.bytes == "the dying one's stack");
  BOOST_TEST(record->threads_found == 2U);
  BOOST_TEST(record->threads_done_ns == 5500U);
  BOOST_REQUIRE(record->threads.size() == 1U);
  const CrashThread& thread = record->threads[0];
  BOOST_TEST(thread.tid == 80U);
  BOOST_TEST(thread.name == "gateway");
  BOOST_TEST((thread.state == CrashThreadState::kStopped));
  BOOST_TEST(thread.registers.rip == 216U);
  BOOST_TEST(thread.backtrace.size() == 2U);
  BOOST_TEST(thread.backtrace.at(1) == 0x6102U);
  BOOST_TEST(thread.stack.address == 0x8000U);
  BOOST_TEST(thread.stack.bytes == "a stack that stood still");
  BOOST_REQUIRE(record->recorder_positions.size() == 2U);
  BOOST_TEST(record->recorder_positions[1].committed == 2'000U);
}

BOOST_AUTO_TEST_CASE(a_record_of_the_first_version_is_still_read) {
  char path[] = "/tmp/crashwright-record-XXXXXX";
  const int fd = ::mkostemp(path, O_APPEND);
  BOOST_REQUIRE(fd >= 0);
  crash_record::set_descriptor(fd);
  const uint32_t before = crash_record::sections();
  append(SectionType::kInstalled, Installed{1, 77, 1000, 2000});
  Facts facts{};
  facts.tid = 78;
  facts.signal = SIGSEGV;
  append(SectionType::kFacts, facts);
  append(SectionType::kComplete, Complete{crash_record::sections() - before, 0, 6000});
  crash_record::set_descriptor(-1);
  ::close(fd);
  const auto record = read_crash_record(path);
  ::unlink(path);
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(record->version == 1U);
  BOOST_TEST(record->complete);
  BOOST_TEST(record->tid == 78U);
  BOOST_TEST(record->threads.empty());
}

BOOST_AUTO_TEST_CASE(a_record_torn_at_any_byte_is_incomplete_and_keeps_what_came_before) {
  const std::string& bytes = sample();
  size_t facts_seen = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto record = parse_crash_record(bytes.substr(0, size), "torn");
    if (!record) {
      // Not even the first section is whole.
      BOOST_REQUIRE(size < sizeof(SectionHeader) + sizeof(Installed));
      continue;
    }
    BOOST_REQUIRE(!record->complete);
    if (record->crashed) {
      ++facts_seen;
      BOOST_REQUIRE(record->signal == SIGSEGV);
      BOOST_REQUIRE(record->thread_name == "trading");
    } else {
      BOOST_REQUIRE(facts_seen == 0U);
    }
  }
  BOOST_TEST(facts_seen > 0U);
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_passes_for_a_complete_record) {
  const std::string& bytes = sample();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto record = parse_crash_record(flipped, "flipped");
      BOOST_REQUIRE(record.has_value());
      BOOST_REQUIRE_MESSAGE(!record->complete && !record->notes.empty(), "byte " << i << " bit " << bit);
    }
  }
}

BOOST_AUTO_TEST_CASE(sections_behind_a_damaged_one_are_still_read) {
  std::string bytes = sample();
  bytes[sizeof(SectionHeader) + sizeof(Installed) + 3] = '\x7f';  // in the header of the facts
  const auto record = parse_crash_record(bytes, "damaged");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(!record->crashed);
  BOOST_TEST(record->exception_type == "std::runtime_error");
  BOOST_TEST(record->modules.size() == 1U);
  BOOST_TEST(record->notes.at(0).find("damage at byte 48") == 0U);
}

BOOST_AUTO_TEST_CASE(a_section_that_was_never_written_is_missed) {
  const std::string& bytes = sample();
  const size_t facts = sizeof(SectionHeader) + sizeof(Installed);
  const auto record =
      parse_crash_record(bytes.substr(0, facts) + bytes.substr(facts + sizeof(SectionHeader) + sizeof(Facts)), "cut");
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST(!record->complete);
  BOOST_TEST(record->notes.at(0) == "1 of 18 sections are missing");
}

BOOST_AUTO_TEST_CASE(other_files_and_newer_versions_are_refused) {
  const auto text = parse_crash_record("not a crash record, only some text", "note.txt");
  BOOST_REQUIRE(!text.has_value());
  BOOST_TEST(static_cast<int>(text.error().kind) == static_cast<int>(ErrorKind::kCorrupt));
  BOOST_TEST(text.error().message == "note.txt: no crash record: not one intact section");
  BOOST_TEST(!read_crash_record("/nonexistent/record").has_value());

  char path[] = "/tmp/crashwright-record-XXXXXX";
  const int fd = ::mkostemp(path, O_APPEND);
  crash_record::set_descriptor(fd);
  append(SectionType::kInstalled, Installed{kVersion + 1, 1, 0, 0});
  crash_record::set_descriptor(-1);
  ::close(fd);
  const auto newer = read_crash_record(path);
  ::unlink(path);
  BOOST_REQUIRE(!newer.has_value());
  BOOST_TEST(newer.error().message.find("crash record of version 3, this program reads version 2") !=
             std::string::npos);
}

}  // namespace crashwright::postmortem
