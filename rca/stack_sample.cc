#include "rca/stack_sample.h"

#include <elfutils/libdwfl.h>

#include <algorithm>
#include <cstring>

#include "rca/code_ranges.h"

namespace crashwright::rca {
namespace {

constexpr size_t kFramesMax = 32;
constexpr int kStackPointer = 7;  // DWARF numbers of the x86-64 psABI, figure 3.36

// What libdwfl's callbacks need while one sample is unwound.
struct Session {
  const StackSample* sample = nullptr;
  std::vector<uint64_t> sites;
  uint64_t reached = 0;  // the stack pointer of the last frame
};

// libdwfl binds the callbacks' argument when it attaches; the sample changes from call to call.
thread_local Session* t_session = nullptr;

pid_t next_thread(Dwfl*, void*, void**) { return 0; }

bool get_thread(Dwfl*, pid_t, void*, void** argument) {
  *argument = t_session;
  return t_session != nullptr;
}

bool word_at(const StackSample& sample, uint64_t address, uint64_t& word) {
  if (address < sample.stack_pointer || address - sample.stack_pointer + sizeof word > sample.stack.size())
    return false;
  std::memcpy(&word, sample.stack.data() + (address - sample.stack_pointer), sizeof word);
  return true;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void*) {
  uint64_t value = 0;
  if (t_session == nullptr || !word_at(*t_session->sample, address, value)) return false;
  *word = value;
  return true;
}

bool set_registers(Dwfl_Thread* thread, void* argument) {
  const StackSample& sample = *static_cast<Session*>(argument)->sample;
  const Dwarf_Word stack_pointer = sample.stack_pointer;
  if (!dwfl_thread_state_registers(thread, kStackPointer, 1, &stack_pointer)) return false;
  dwfl_thread_state_register_pc(thread, sample.pc);
  return true;
}

int take_frame(Dwfl_Frame* frame, void* argument) {
  auto& session = *static_cast<Session*>(argument);
  Dwarf_Addr pc = 0;
  bool exact = false;
  if (!dwfl_frame_pc(frame, &pc, &exact) || pc == 0 || session.sites.size() >= kFramesMax) return DWARF_CB_ABORT;
  session.sites.push_back(pc);
  Dwarf_Word stack_pointer = 0;
  if (dwfl_frame_reg(frame, kStackPointer, &stack_pointer) == 0) session.reached = stack_pointer;
  return DWARF_CB_OK;
}

constexpr Dwfl_Thread_Callbacks kCallbacks = {
    .next_thread = next_thread,
    .get_thread = get_thread,
    .memory_read = read_memory,
    .set_initial_registers = set_registers,
    .detach = nullptr,
    .thread_detach = nullptr,
};

}  // namespace

struct SampleReader::Process {
  explicit Process(const std::string& mappings) : code(mappings), symbolizer(Symbolizer::from_mappings(mappings)) {
    // Any number above zero will do for the process: libdwfl only hands it back.
    attached = symbolizer->dwfl() != nullptr && dwfl_attach_state(symbolizer->dwfl(), nullptr, 1, &kCallbacks, nullptr);
  }

  // Adds the program's own frames at `pc`; true when there were any.
  bool add_frames(uint64_t pc, std::vector<Frame>& frames) const {
    const size_t before = frames.size();
    for (Frame& frame : symbolizer->frames_at(pc, false)) {
      if (!frame.function.empty() && !is_system_module(frame.module)) frames.push_back(std::move(frame));
    }
    return frames.size() > before;
  }

  // A saved frame pointer that leads up the stack, with a return address above it.
  bool is_record(const StackSample& sample, uint64_t at, uint64_t& next, uint64_t& back) const {
    return word_at(sample, at, next) && word_at(sample, at + 8, back) && next > at && next % 8 == 0 &&
           next < sample.stack_pointer + sample.stack.size() && code.follows_call(back);
  }

  // By frame pointers, from the first that is found from `from` on.
  void follow_records(const StackSample& sample, uint64_t from, std::vector<Frame>& frames) const {
    uint64_t next = 0;
    uint64_t back = 0;
    uint64_t at = (from + 7) & ~uint64_t{7};
    const uint64_t limit = sample.stack_pointer + sample.stack.size();
    while (at < limit && !is_record(sample, at, next, back)) at += 8;
    for (size_t i = 0; i < kFramesMax && is_record(sample, at, next, back); ++i, at = next) add_frames(back, frames);
  }

  // The first return address on the stack that leads into the program, by what stands in front of its target.
  void find_any(const StackSample& sample, std::vector<Frame>& frames) const {
    uint64_t word = 0;
    for (uint64_t at = (sample.stack_pointer + 7) & ~uint64_t{7}; frames.empty() && word_at(sample, at, word);
         at += 8) {
      if (code.follows_call(word)) add_frames(word, frames);
    }
  }

  CodeRanges code;
  std::unique_ptr<Symbolizer> symbolizer;
  bool attached = false;
};

SampleReader::SampleReader() = default;
SampleReader::~SampleReader() = default;

std::vector<Frame> SampleReader::frames_of(const StackSample& sample) {
  std::unique_ptr<Process>& process = processes_[sample.mappings];
  if (!process) process = std::make_unique<Process>(sample.mappings);
  Session session{&sample, {}, sample.stack_pointer};
  if (process->attached) {
    t_session = &session;
    dwfl_getthread_frames(process->symbolizer->dwfl(), 1, take_frame, &session);
    t_session = nullptr;
  }
  std::vector<Frame> frames;
  for (const uint64_t pc : session.sites) process->add_frames(pc, frames);
  // Frames that keep their place in a register that is not known end the walk early.
  if (frames.size() <= 1) process->follow_records(sample, session.reached, frames);
  if (frames.empty()) process->find_any(sample, frames);
  return frames;
}

}  // namespace crashwright::rca
