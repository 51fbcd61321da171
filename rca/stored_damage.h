// What is wrong with the files that a process kept its records and its state in, whether it died of that or not.
//
// Audit logs and state stores are told by their first bytes. A torn tail is what a death leaves and recovery drops;
// damage in front of it is lost or doubtful history, and more than recovery can mend.
// Threads: any. Signal context: no. Errors: a file that cannot be read as what it says it is, is said to be so.
#pragma once

#include <string>
#include <vector>

namespace crashwright::rca {

// One line for each finding, beginning with the file's path inside `folder`; empty when all is whole.
[[nodiscard]] std::vector<std::string> stored_damage(const std::string& folder);

}  // namespace crashwright::rca
