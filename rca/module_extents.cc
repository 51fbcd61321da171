#include "rca/module_extents.h"

#include <map>

#include "rca/build_id.h"

namespace crashwright::rca {
namespace {

constexpr size_t kExtentsMax = 65'536;

}  // namespace

void ModuleExtents::take(const CoreFile& core) {
  std::map<std::string, uint64_t> biases;
  for (const CoreMapping& mapping : core.mappings()) {
    if (extents_.size() == kExtentsMax) return;
    // Without the file's first page: as linkers lay modules out, where offset and address are the same.
    uint64_t bias = mapping.begin - mapping.file_offset;
    if (mapping.file_offset == 0) {
      if (const auto known = load_bias_in_core(core, mapping.begin); known) biases[mapping.path] = *known;
    }
    if (const auto known = biases.find(mapping.path); known != biases.end()) bias = known->second;
    extents_.push_back({mapping.begin, mapping.end, bias, mapping.path});
  }
}

void ModuleExtents::take(const postmortem::CrashRecord& record) {
  for (const postmortem::CrashModule& module : record.modules) {
    if (!module.path.empty()) extents_.push_back({module.begin, module.end, module.base, module.path});
  }
}

void ModuleExtents::name(Frame& frame) const {
  for (const Extent& extent : extents_) {
    if (frame.pc < extent.begin || frame.pc >= extent.end) continue;
    frame.module = extent.path;
    frame.offset = frame.pc - extent.bias;
    return;
  }
}

}  // namespace crashwright::rca
