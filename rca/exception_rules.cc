// The exception in flight when std::terminate ended the process: from the crash record, or from its object in the core.
#include <array>
#include <cctype>

#include "rca/function_name.h"
#include "rca/memory_scope.h"
#include "rca/rules.h"

namespace crashwright::rca {
namespace {

// "GNUCC++\0" and "GNUCC++\x01" (a rethrown std::exception_ptr), as _Unwind_Exception::exception_class stores them.
constexpr uint64_t kPrimaryClass = 0x474e5543432b2b00;
constexpr uint64_t kStackBytes = 64 * 1024;  // of the dead thread's stack that is looked through
// Itanium C++ ABI, __cxa_exception of libstdc++: the type stands 80 bytes before the unwind header, the thrown object
// 32 bytes after its beginning.
constexpr uint64_t kTypeBefore = 80;
constexpr uint64_t kObjectAfter = 32;
constexpr size_t kNameMax = 512;

struct Thrown {
  std::string type;
  std::string what;
};

bool is_printable(const std::string& text) {
  for (const char c : text) {
    if (std::isprint(static_cast<unsigned char>(c)) == 0) return false;
  }
  return !text.empty();
}

// Standard exceptions that carry a message keep a pointer to it behind the pointer to their virtual functions.
std::string message_of(const CoreFile& core, const std::string& type, uint64_t object) {
  if (!type.starts_with("std::") || type == "std::bad_alloc") return {};
  const auto text = core.read_word(object + 8);
  if (!text) return {};
  std::string message = core.read_text(*text, kNameMax);
  return is_printable(message) ? message : std::string();
}

std::optional<Thrown> read_exception(const CoreFile& core, uint64_t header) {
  const auto info = core.read_word(header - kTypeBefore);
  const auto name_at = info ? core.read_word(*info + 8) : std::nullopt;
  if (!name_at) return std::nullopt;
  std::string name = core.read_text(*name_at, kNameMax);  // in .rodata: usually from the mapped file
  if (name.starts_with('*')) name.erase(0, 1);
  if (!is_printable(name)) return std::nullopt;
  const std::string type = demangled("_ZTI" + name);
  constexpr std::string_view kPrefix = "typeinfo for ";
  Thrown thrown;
  thrown.type = type.starts_with(kPrefix) ? type.substr(kPrefix.size()) : name;
  thrown.what = message_of(core, thrown.type, header + kObjectAfter);
  return thrown;
}

// The unwinder passes the header from frame to frame, so its address stands on the stack.
std::optional<Thrown> find_exception(const CoreFile& core, const CoreThread& thread) {
  const uint64_t begin = thread.registers.rsp & ~uint64_t{7};
  std::array<uint64_t, 512> words{};
  for (uint64_t at = begin; at < begin + kStackBytes; at += sizeof words) {
    const size_t count = core.read(at, words.data(), sizeof words) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) {
      if (words[i] % 8 != 0 || words[i] < 4096) continue;
      const auto tag = core.read_word(words[i]);
      if (!tag || *tag != kPrimaryClass) continue;
      if (auto thrown = read_exception(core, words[i]); thrown) return thrown;
    }
    if (count < words.size()) break;
  }
  return std::nullopt;
}

// Only a thread that is terminating: an exception that is being handled elsewhere is no cause.
bool is_terminating(const Artefacts& artefacts) {
  const ThreadStack* const stack = artefacts.stack_of(artefacts.dead_tid());
  if (stack == nullptr) return false;
  for (const Frame& frame : stack->frames) {
    const std::string name = plain_function_name(frame.function);
    if (name == "std::terminate" || name.starts_with("__cxa_throw") || name.starts_with("__cxxabiv1::__terminate") ||
        name.starts_with("__gnu_cxx::__verbose_terminate_handler")) {
      return true;
    }
  }
  return false;
}

void take(Investigation& investigation, const Thrown& thrown, const std::string& source) {
  const bool allocation = thrown.type == "std::bad_alloc" || thrown.type == "std::bad_array_new_length";
  const std::string excerpt = thrown.type + (thrown.what.empty() ? "" : ": " + thrown.what);
  investigation.add(EvidenceTier::kLibraryMessage, source, allocation ? "OOM" : "EXCEPTION", 0.95, "exception",
                    excerpt);
  Particulars& particulars = investigation.particulars;
  particulars.exception_type = thrown.type;
  if (!thrown.what.empty()) particulars.exception_what = thrown.what;
  if (allocation && particulars.memory_scope.empty()) particulars.memory_scope = kScopeProcess;
}

}  // namespace

void apply_exception_rules(Investigation& investigation) {
  const Artefacts& artefacts = investigation.artefacts;
  if (artefacts.record && !artefacts.record->exception_type.empty()) {
    take(investigation, {artefacts.record->exception_type, artefacts.record->exception_what}, "crash record");
  }
  const CoreThread* const thread = artefacts.core_thread(artefacts.dead_tid());
  if (thread == nullptr || !is_terminating(artefacts)) return;
  if (const auto thrown = find_exception(*artefacts.core, *thread); thrown) take(investigation, *thrown, "core");
}

}  // namespace crashwright::rca
