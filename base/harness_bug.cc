#include "base/harness_bug.h"

namespace crashwright {

[[gnu::weak]] bool harness_bug_active(const char* /*name*/) noexcept { return false; }

[[gnu::weak]] bool switch_harness_bug(const std::string& name) { return name.empty(); }

[[gnu::weak]] std::vector<std::string> harness_bugs() { return {}; }

}  // namespace crashwright
