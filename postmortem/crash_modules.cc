#include "postmortem/crash_modules.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "postmortem/crash_record_writer.h"

namespace crashwright::postmortem {
namespace {

struct ModuleList {
  size_t count;
  CodeRange code[kModulesMax];
  ModuleSection sections[kModulesMax];
};

// Two lists in turn: a crash during a refresh still reads the finished one.
ModuleList g_lists[2];
std::atomic<const ModuleList*> g_current{&g_lists[0]};
std::atomic<uint32_t> g_generation{0};

void take_build_id(const char* notes, size_t size, crash_format::Module& module) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    const size_t name_bytes = (note.n_namesz + 3U) & ~size_t{3};
    const size_t description_bytes = (note.n_descsz + 3U) & ~size_t{3};
    const size_t whole = sizeof note + name_bytes + description_bytes;
    if (whole > size) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(notes + sizeof note, "GNU", 4) == 0) {
      module.build_id_size = static_cast<uint32_t>(std::min<size_t>(note.n_descsz, sizeof module.build_id));
      std::memcpy(module.build_id, notes + sizeof note + name_bytes, module.build_id_size);
      return;
    }
    notes += whole;
    size -= whole;
  }
}

void take_name(const dl_phdr_info& info, crash_format::Module& module, bool executable) {
  if (!executable) {
    module.path.assign(info.dlpi_name);
    return;
  }
  char path[256];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size > 0) module.path.assign({path, static_cast<size_t>(size)});
}

void take_segment(const ElfW(Phdr) & segment, uint64_t base, crash_format::Module& module, CodeRange& code) {
  const uint64_t begin = base + segment.p_vaddr;
  const uint64_t end = begin + segment.p_memsz;
  if (segment.p_type == PT_LOAD) {
    module.begin = std::min(module.begin, begin);
    module.end = std::max(module.end, end);
    if ((segment.p_flags & PF_X) == 0) return;
    code.begin = std::min(code.begin, begin);
    code.end = std::max(code.end, end);
  } else if (segment.p_type == PT_NOTE && module.build_id_size == 0) {
    take_build_id(reinterpret_cast<const char*>(begin), segment.p_memsz, module);
  } else if (segment.p_type == PT_GNU_EH_FRAME) {
    code.unwind_index = begin;
    code.unwind_index_bytes = segment.p_memsz;
  }
}

// The tables of a module are touched for the first time when an exception flies, or here: a dying process has no time
// for page faults, and at its memory limit no page for them.
void prefault_tables(const dl_phdr_info& info, const CodeRange& code) {
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  for (size_t i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info.dlpi_phdr[i];
    const uint64_t begin = info.dlpi_addr + segment.p_vaddr;
    const uint64_t end = begin + segment.p_memsz;
    if (segment.p_type != PT_LOAD || code.unwind_index < begin || code.unwind_index >= end) continue;
    const uint64_t first = code.unwind_index / page * page;
    // Not an error where the kernel is older than 5.14: then the pages come when they are needed.
    ::madvise(reinterpret_cast<void*>(first), end - first, MADV_POPULATE_READ);
  }
}

int add_module(dl_phdr_info* info, size_t, void* context) {
  auto& list = *static_cast<ModuleList*>(context);
  if (list.count == kModulesMax) return 1;
  crash_format::Module& module = list.sections[list.count].module;
  CodeRange& code = list.code[list.count];
  module = {};
  module.base = info->dlpi_addr;
  module.begin = UINT64_MAX;
  code = {UINT64_MAX, 0, 0, 0, 0};
  for (size_t i = 0; i < info->dlpi_phnum; ++i) take_segment(info->dlpi_phdr[i], info->dlpi_addr, module, code);
  if (module.begin >= module.end) return 0;
  code.mapped_end = module.end;
  prefault_tables(*info, code);
  take_name(*info, module, list.count == 0);
  crash_record::seal(list.sections[list.count].header, crash_format::SectionType::kModule, &module, sizeof module);
  ++list.count;
  return 0;
}

}  // namespace

void collect_modules() {
  ModuleList& next = g_current.load(std::memory_order_relaxed) == &g_lists[0] ? g_lists[1] : g_lists[0];
  next.count = 0;
  ::dl_iterate_phdr(add_module, &next);
  g_current.store(&next, std::memory_order_release);
  g_generation.fetch_add(1, std::memory_order_release);
}

std::span<const ModuleSection> modules() noexcept {
  const ModuleList* const list = g_current.load(std::memory_order_acquire);
  return {list->sections, list->count};
}

uint32_t modules_generation() noexcept { return g_generation.load(std::memory_order_acquire); }

const CodeRange& code_range(int index) noexcept { return g_current.load(std::memory_order_acquire)->code[index]; }

int find_code_module(uint64_t address) noexcept {
  const ModuleList* const list = g_current.load(std::memory_order_acquire);
  for (size_t i = 0; i < list->count; ++i) {
    if (address >= list->code[i].begin && address < list->code[i].end) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace crashwright::postmortem
