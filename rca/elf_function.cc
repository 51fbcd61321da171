#include "rca/elf_function.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "base/unique_fd.h"

namespace crashwright::rca {
namespace {

constexpr size_t kNamesShown = 3;

struct Symbol {
  std::string symbol;
  std::string demangled;
  uint64_t address;
};

std::string demangle(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol, nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && text ? std::string(text.get()) : std::string(symbol);
}

// Up to the list of parameters, which is the last balanced pair of parentheses.
std::string without_parameters(const std::string& demangled) {
  const size_t end = demangled.rfind(')');
  if (end == std::string::npos) return demangled;
  int depth = 0;
  for (size_t i = end + 1; i-- > 0;) {
    if (demangled[i] == ')') ++depth;
    if (demangled[i] == '(' && --depth == 0) return i > 0 ? demangled.substr(0, i) : demangled;
  }
  return demangled;
}

class ElfProgram {
 public:
  explicit ElfProgram(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    ::elf_version(EV_CURRENT);
    if (fd_) elf_.reset(::elf_begin(fd_.get(), ELF_C_READ, nullptr));
    good_ = elf_ && ::gelf_getehdr(elf_.get(), &header_) != nullptr;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] uint64_t entry() const { return header_.e_entry; }

  // Every function that is defined here and no clone.
  [[nodiscard]] std::vector<Symbol> functions() const {
    std::vector<Symbol> found;
    if (!good_) return found;
    for (Elf_Scn* section = ::elf_nextscn(elf_.get(), nullptr); section != nullptr;
         section = ::elf_nextscn(elf_.get(), section)) {
      GElf_Shdr header;
      if (::gelf_getshdr(section, &header) == nullptr) continue;
      if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) add_table(section, header, found);
    }
    return found;
  }

 private:
  struct Ender {
    void operator()(Elf* elf) const { ::elf_end(elf); }
  };

  void add_table(Elf_Scn* section, const GElf_Shdr& header, std::vector<Symbol>& found) const {
    Elf_Data* const data = ::elf_getdata(section, nullptr);
    const size_t count = header.sh_entsize == 0 ? 0 : header.sh_size / header.sh_entsize;
    for (size_t i = 0; data != nullptr && i < count; ++i) {
      GElf_Sym symbol;
      if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
      const char* const name = ::elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      if (name == nullptr || std::string_view(name).find('.') != std::string_view::npos) continue;
      found.push_back({name, demangle(name), symbol.st_value});
    }
  }

  UniqueFd fd_;
  std::unique_ptr<Elf, Ender> elf_;
  GElf_Ehdr header_{};
  bool good_ = false;
};

}  // namespace

Result<ElfFunction> find_elf_function(const std::string& path, const std::string& name) {
  const ElfProgram program(path);
  if (!program.good())
    return fail(ErrorKind::kUsage, path + " is no ELF program", "name the program itself, no script");
  std::vector<Symbol> matches;
  for (Symbol& symbol : program.functions()) {
    const bool named =
        symbol.symbol == name || symbol.demangled == name || without_parameters(symbol.demangled) == name;
    const bool known = std::any_of(matches.begin(), matches.end(),
                                   [&](const Symbol& other) { return other.address == symbol.address; });
    if (named && !known) matches.push_back(std::move(symbol));
  }
  if (matches.empty()) {
    return fail(ErrorKind::kUsage, fmt::format("no function \"{}\" in {}", name, path),
                "functions that were inlined everywhere, or of a stripped program, have no symbol");
  }
  if (matches.size() > 1) {
    std::string names;
    for (size_t i = 0; i < matches.size() && i < kNamesShown; ++i) {
      names += (i > 0 ? ", or " : "") + matches[i].demangled;
    }
    return fail(ErrorKind::kUsage, fmt::format("{} functions are called \"{}\" in {}", matches.size(), name, path),
                "write one in full: " + names);
  }
  return ElfFunction{matches.front().demangled, matches.front().address, program.entry()};
}

std::vector<std::string> elf_function_names(const std::string& path) {
  std::set<std::string> names;
  for (const Symbol& symbol : ElfProgram(path).functions()) names.insert(without_parameters(symbol.demangled));
  return {names.begin(), names.end()};
}

}  // namespace crashwright::rca
