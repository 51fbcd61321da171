#include "harness/scenario/scenario_file.h"

#include <sys/stat.h>

#include "base/file.h"
#include "harness/scenario/diagnostic.h"
#include "harness/scenario/yaml_tree.h"

namespace crashwright::harness {
namespace {

tl::unexpected<ValueError> refuse(const char* error_code, std::string message, std::string hint = {}) {
  return tl::unexpected<ValueError>(ValueError{error_code, std::move(message), std::move(hint)});
}

}  // namespace

ValueResult<std::string> read_scenario_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return refuse(code::kCannotRead, "no such file");
  if (!S_ISREG(info.st_mode)) return refuse(code::kCannotRead, "not a regular file");
  if (static_cast<uint64_t>(info.st_size) > kScenarioBytesMax) {
    const Diagnostic refusal = too_large(path, static_cast<uint64_t>(info.st_size));
    return refuse(code::kTooLarge, refusal.message, refusal.hint);
  }
  auto text = read_file(path);
  if (!text) return refuse(code::kCannotRead, text.error().message);
  return std::move(*text);
}

}  // namespace crashwright::harness
