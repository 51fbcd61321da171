// The version of this program, from the build.
#pragma once

namespace crashwright::harness::cli {

inline constexpr const char* kVersion = "crashwright " CRASHWRIGHT_VERSION;

}  // namespace crashwright::harness::cli
