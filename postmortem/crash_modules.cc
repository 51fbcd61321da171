#include "postmortem/crash_modules.h"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace crashwright::postmortem {
namespace {

struct CodeRange {
  uint64_t begin;
  uint64_t end;
};

struct ModuleList {
  size_t count;
  CodeRange code[kModulesMax];
  crash_format::Module modules[kModulesMax];
};

// Two lists in turn: a crash during a refresh still reads the finished one.
ModuleList g_lists[2];
std::atomic<const ModuleList*> g_current{&g_lists[0]};

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

int add_module(dl_phdr_info* info, size_t, void* context) {
  auto& list = *static_cast<ModuleList*>(context);
  if (list.count == kModulesMax) return 1;
  crash_format::Module& module = list.modules[list.count];
  module = {};
  module.base = info->dlpi_addr;
  module.begin = UINT64_MAX;
  CodeRange& code = list.code[list.count];
  code = {UINT64_MAX, 0};
  for (size_t i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uint64_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD) {
      module.begin = std::min<uint64_t>(module.begin, begin);
      module.end = std::max<uint64_t>(module.end, begin + segment.p_memsz);
      if ((segment.p_flags & PF_X) != 0) {
        code.begin = std::min<uint64_t>(code.begin, begin);
        code.end = std::max<uint64_t>(code.end, begin + segment.p_memsz);
      }
    } else if (segment.p_type == PT_NOTE && module.build_id_size == 0) {
      take_build_id(reinterpret_cast<const char*>(begin), segment.p_memsz, module);
    }
  }
  if (module.begin >= module.end) return 0;
  take_name(*info, module, list.count == 0);
  ++list.count;
  return 0;
}

}  // namespace

void collect_modules() {
  ModuleList& next = g_current.load(std::memory_order_relaxed) == &g_lists[0] ? g_lists[1] : g_lists[0];
  next.count = 0;
  ::dl_iterate_phdr(add_module, &next);
  g_current.store(&next, std::memory_order_release);
}

std::span<const crash_format::Module> modules() noexcept {
  const ModuleList* const list = g_current.load(std::memory_order_acquire);
  return {list->modules, list->count};
}

int find_code_module(uint64_t address) noexcept {
  const ModuleList* const list = g_current.load(std::memory_order_acquire);
  for (size_t i = 0; i < list->count; ++i) {
    if (address >= list->code[i].begin && address < list->code[i].end) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace crashwright::postmortem
