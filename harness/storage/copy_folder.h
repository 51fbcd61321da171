// A folder copied as what it is: names of one file stay names of one file, holes stay holes, symbolic links, pipes and
// sockets stay what they are; modes and times are kept.
//
// Threads: free function. Errors: kUsage when `from` is no folder; kIo with the path; device files are refused
// (kUsage), as nothing that is explored should reach a device.
#pragma once

#include <string>

#include "base/result.h"

namespace crashwright::harness {

// `to` is made where it is not there yet; what it holds already is not asked after.
[[nodiscard]] Status copy_folder(const std::string& from, const std::string& to);

}  // namespace crashwright::harness
