#include "rca/symbolizer.h"

#include <cxxabi.h>
#include <elf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>

#include "rca/build_id.h"
#include "rca/code_ranges.h"
#include "rca/debug_file.h"
#include "rca/debug_info.h"
#include "rca/function_name.h"
#include "rca/module_extents.h"

namespace crashwright::rca {
namespace {

constexpr size_t kModulesMax = 4096;
constexpr size_t kMangledMax = 4096;  // longer names stay as they are
constexpr uint64_t kVdsoBytesMax = 64 * 1024;

// Debug files of this machine only: libdwfl's own search would also ask a network service.
int find_debug_info(Dwfl_Module* module, void**, const char*, Dwarf_Addr, const char* file, const char* link,
                    GElf_Word checksum, char** found) {
  const unsigned char* bits = nullptr;
  GElf_Addr address = 0;
  std::string build_id;
  const int size = dwfl_module_build_id(module, &bits, &address);
  for (int i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    build_id += kDigits[bits[i] >> 4];
    build_id += kDigits[bits[i] & 15];
  }
  const std::string path =
      find_debug_file(file == nullptr ? "" : file, build_id, {link == nullptr ? "" : link, checksum});
  if (path.empty()) return -1;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) *found = ::strdup(path.c_str());
  return fd;
}

// The file at its old place, or one of the same build from elsewhere.
std::string file_of_build(const std::string& path, const std::string& build_id, const ModuleSources& sources) {
  if (build_id.empty() || sources.files.empty() || build_id_of_file(path) == build_id) return path;
  for (const std::string& file : sources.files) {
    if (build_id_of_file(file) == build_id) return file;
  }
  return path;
}

int find_no_file(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

}  // namespace

bool is_system_module(std::string_view path) {
  for (const std::string_view prefix : {"/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "[vdso]"}) {
    if (path.starts_with(prefix)) return true;
  }
  // A text names a library without its folder.
  constexpr std::string_view kLibraries[] = {
      "libc.so",  "libc-2.",  "libpthread",    "libm.so",    "libm-2.",   "ld-linux",   "ld-2.",      "libstdc++",
      "libc++",   "libgcc_s", "linux-gate.so", "linux-vdso", "libjvm.so", "libcoreclr", "libsystem_", "libdispatch",
      "libswift", "dyld",     "ntdll",         "KERNELBASE", "kernel32",  "KERNEL32",   "ucrtbase"};
  if (path.find('/') != std::string_view::npos) return false;
  return std::ranges::any_of(kLibraries, [&](std::string_view library) { return path.starts_with(library); });
}

bool begins_as_elf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char magic[SELFMAG] = {};
  return !path.empty() && file.read(magic, SELFMAG) && std::memcmp(magic, ELFMAG, SELFMAG) == 0;
}

std::string demangled(const std::string& name) {
  if (name.size() > kMangledMax || !name.starts_with("_Z")) return name;
  int status = 0;
  char* const text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string result = text;
  std::free(text);
  return result;
}

struct Symbolizer::Impl {
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
  std::string build_id;
  std::string program_path;
  std::vector<std::string> notes;
  ModuleExtents extents;
  mutable std::map<Dwfl_Module*, DebugInfo> debug_info;

  Impl() {
    callbacks.find_elf = find_no_file;
    callbacks.find_debuginfo = find_debug_info;
    dwfl = dwfl_begin(&callbacks);
    if (dwfl != nullptr) dwfl_report_begin(dwfl);
  }
  ~Impl() { dwfl_end(dwfl); }

  // `shown` is the path as the process knew it, `mapped_id` the build id of what it had mapped, `base` as for
  // dwfl_report_elf. Another build than the mapped one would give wrong names, which is worse than none.
  void report(const std::string& shown, const std::string& file, const std::string& mapped_id, uint64_t base,
              bool is_bias) {
    const std::string file_id = build_id_of_file(file);
    if (!mapped_id.empty() && !file_id.empty() && mapped_id != file_id) {
      notes.push_back("module " + shown + ": the file has build id " + file_id + ", the process had " + mapped_id +
                      " mapped; left out");
      return;
    }
    if (dwfl != nullptr && dwfl_report_elf(dwfl, shown.c_str(), file.c_str(), -1, base, is_bias) == nullptr) {
      notes.push_back("module " + shown + ": " + dwfl_errmsg(-1));
    }
  }
  // Null for the system's libraries: names are enough, their lines cost most of the time and blame nobody.
  Dwarf_Die* unit_at(Dwfl_Module* module, uint64_t at, Dwarf_Addr& bias) const {
    const char* const name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
    if (name != nullptr && is_system_module(name)) return nullptr;
    Dwarf_Die* const unit = dwfl_module_addrdie(module, at, &bias);
    if (unit != nullptr) return unit;
    Dwarf* const dwarf = dwfl_module_getdwarf(module, &bias);
    return dwarf == nullptr ? nullptr : debug_info[module].unit_at(dwarf, at - bias);
  }
  void report_vdso(const CoreFile& core) {
    const uint64_t begin = core.auxiliary(AT_SYSINFO_EHDR);
    const CoreSegment* const segment = core.segment_of(begin);
    if (dwfl == nullptr || begin == 0 || segment == nullptr || segment->begin != begin) return;
    std::string image(std::min(segment->end - begin, kVdsoBytesMax), '\0');
    if (core.read(begin, image.data(), image.size()) != image.size()) return;
    UniqueFd fd(::memfd_create("vdso", MFD_CLOEXEC));
    if (!fd || ::write(fd.get(), image.data(), image.size()) != static_cast<ssize_t>(image.size())) return;
    if (dwfl_report_elf(dwfl, "[vdso]", "[vdso]", fd.get(), begin, false) != nullptr) (void)fd.release();
  }
};

Symbolizer::Symbolizer() : impl_(std::make_unique<Impl>()) {}
Symbolizer::~Symbolizer() = default;

std::unique_ptr<Symbolizer> Symbolizer::from_core(const CoreFile& core, const ModuleSources& sources) {
  std::unique_ptr<Symbolizer> symbolizer(new Symbolizer);
  Impl& impl = *symbolizer->impl_;
  const CoreMapping* const main = core.mapping_of(core.auxiliary(AT_ENTRY));
  const std::string main_path = main == nullptr ? "" : main->path;
  std::map<std::string, bool> seen;
  impl.extents.take(core);
  for (const CoreMapping& mapping : core.mappings()) {
    if (mapping.file_offset != 0 || seen.size() >= kModulesMax || !seen.emplace(mapping.path, true).second) continue;
    char magic[SELFMAG];
    if (core.read(mapping.begin, magic, SELFMAG) != SELFMAG || std::memcmp(magic, ELFMAG, SELFMAG) != 0) continue;
    const bool is_main = mapping.path == main_path;
    const std::string mapped_id = build_id_in_core(core, mapping.begin);
    if (is_main) impl.build_id = mapped_id;
    // What was started may be a script: its interpreter is the program then.
    const std::string file = is_main && begins_as_elf(sources.executable)
                                 ? sources.executable
                                 : file_of_build(mapping.path, mapped_id, sources);
    if (is_main) impl.program_path = file;
    impl.report(mapping.path, file, mapped_id, mapping.begin, false);
  }
  if (core.mappings().empty()) impl.notes.emplace_back("the core has no list of mapped files: no names of functions");
  impl.report_vdso(core);
  if (impl.dwfl != nullptr) dwfl_report_end(impl.dwfl, nullptr, nullptr);
  return symbolizer;
}

std::unique_ptr<Symbolizer> Symbolizer::from_record(const postmortem::CrashRecord& record,
                                                    const std::string& executable) {
  std::unique_ptr<Symbolizer> symbolizer(new Symbolizer);
  Impl& impl = *symbolizer->impl_;
  impl.extents.take(record);
  bool is_main = true;  // the dynamic linker lists the program first
  for (const postmortem::CrashModule& module : record.modules) {
    if (module.path.empty() || module.path.front() != '/') continue;
    const std::string& file = is_main && !executable.empty() ? executable : module.path;
    if (is_main) impl.build_id = module.build_id;
    impl.report(module.path, file, module.build_id, module.base, true);
    is_main = false;
  }
  if (impl.dwfl != nullptr) dwfl_report_end(impl.dwfl, nullptr, nullptr);
  return symbolizer;
}

std::unique_ptr<Symbolizer> Symbolizer::from_mappings(std::string_view mappings) {
  std::unique_ptr<Symbolizer> symbolizer(new Symbolizer);
  Impl& impl = *symbolizer->impl_;
  std::map<std::string, bool> seen;
  for (const FileMapping& mapping : parse_file_mappings(mappings)) {
    if (mapping.offset != 0 || seen.size() >= kModulesMax || !seen.emplace(mapping.path, true).second) continue;
    impl.report(mapping.path, mapping.path, "", mapping.begin, false);
  }
  if (impl.dwfl != nullptr) dwfl_report_end(impl.dwfl, nullptr, nullptr);
  return symbolizer;
}

std::vector<Frame> Symbolizer::frames_at(uint64_t pc, bool exact) const {
  Frame frame;
  frame.pc = pc;
  const uint64_t at = exact || pc == 0 ? pc : pc - 1;
  Dwfl_Module* const module = impl_->dwfl == nullptr ? nullptr : dwfl_addrmodule(impl_->dwfl, at);
  if (module == nullptr) {
    impl_->extents.name(frame);
    return {frame};
  }
  Dwarf_Addr load_bias = 0;
  if (dwfl_module_getelf(module, &load_bias) != nullptr) frame.offset = pc - load_bias;
  if (const char* const name = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
      name != nullptr) {
    frame.module = name;
  }
  Dwarf_Addr bias = 0;
  std::vector<Frame> frames;
  if (Dwarf_Die* const unit = impl_->unit_at(module, at, bias); unit != nullptr) {
    for (SourceFrame& source : impl_->debug_info[module].frames_at(*unit, at - bias)) {
      frame.function = std::move(source.function);
      frame.file = std::move(source.file);
      frame.line = source.line;
      frame.inlined = source.inlined;
      frames.push_back(frame);
    }
  }
  const bool named = !frames.empty() && !frames.back().function.empty();
  if (named && plain_function_name(frames.back().function).find("::") != std::string::npos) return frames;
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name = dwfl_module_addrinfo(module, at, &offset, &symbol, nullptr, nullptr, nullptr);
  if (named) {
    if (name != nullptr) frames.back().function = whole_function_name(frames.back().function, demangled(name));
    return frames;
  }
  if (name != nullptr) frame.function = demangled(name);
  frame.inlined = false;
  return {frame};
}

CodePlace Symbolizer::place_of(uint64_t pc, bool exact) const {
  const uint64_t at = exact || pc == 0 ? pc : pc - 1;
  Dwfl_Module* const module = impl_->dwfl == nullptr ? nullptr : dwfl_addrmodule(impl_->dwfl, at);
  Dwarf_Addr bias = 0;
  Dwarf_Die* const unit = module == nullptr ? nullptr : impl_->unit_at(module, at, bias);
  if (unit == nullptr) return {};
  return {impl_->debug_info[module].calls_at(*unit, at - bias), at - bias, bias};
}

bool Symbolizer::knows(uint64_t pc) const {
  return impl_->dwfl != nullptr && dwfl_addrmodule(impl_->dwfl, pc) != nullptr;
}

namespace {

struct SymbolSearch {
  const std::string& module_part;
  const std::string& symbol;
  uint64_t address = 0;
};

int search_symbol(Dwfl_Module* module, void**, const char* name, Dwarf_Addr, void* argument) {
  auto& search = *static_cast<SymbolSearch*>(argument);
  const std::string_view path = name == nullptr ? "" : name;
  if (path.substr(path.rfind('/') + 1).find(search.module_part) != 0) return DWARF_CB_OK;
  const int count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol{};
    GElf_Addr address = 0;
    const char* const found = dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
    if (found != nullptr && symbol.st_shndx != SHN_UNDEF &&
        std::string_view(found).substr(0, std::string_view(found).find('@')) == search.symbol) {
      search.address = address;
      return DWARF_CB_ABORT;
    }
  }
  return DWARF_CB_OK;
}

}  // namespace

uint64_t Symbolizer::address_of(const std::string& module_part, const std::string& symbol) const {
  SymbolSearch search{module_part, symbol};
  if (impl_->dwfl != nullptr) dwfl_getmodules(impl_->dwfl, search_symbol, &search, 0);
  return search.address;
}

std::string Symbolizer::variable_at(uint64_t address) const {
  Dwfl_Module* const module = impl_->dwfl == nullptr ? nullptr : dwfl_addrmodule(impl_->dwfl, address);
  if (module == nullptr) return {};
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name = dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT) return {};
  return demangled(name);
}

const std::string& Symbolizer::program_path() const { return impl_->program_path; }
const std::string& Symbolizer::build_id() const { return impl_->build_id; }
const std::vector<std::string>& Symbolizer::notes() const { return impl_->notes; }
Dwfl* Symbolizer::dwfl() const { return impl_->dwfl; }

}  // namespace crashwright::rca
