// Which file of the engine's folder a scenario may have meant by a name that none of them has.
//
// Threads: free functions. Errors: none; a folder that cannot be read has no files.
#pragma once

#include <string>

namespace crashwright::harness {

// "there is no file jurnal: did you mean "journal"?"; empty when there is one by that name. `name` is a path from the
// folder, or a file's name alone.
[[nodiscard]] std::string no_such_file(const std::string& name, const std::string& folder);

}  // namespace crashwright::harness
