// Storage faults for people: what became of one that was armed, and what a mistyped rule was meant to be.
//
// Threads: free functions. Errors: none.
#pragma once

#include <string>

#include "base/result.h"

namespace crashwright::harness {

// A line of the layer's report ("eio_fsync confirmed 5", fault_gate.h) in words: "eio_fsync happened: the program was
// answered EIO". What is no such line comes back as it is.
[[nodiscard]] std::string fault_report_in_words(const std::string& line);

// As parse_storage_fault(), but tells the nearest word for one that is not understood.
[[nodiscard]] Status check_storage_fault(const std::string& rule);

}  // namespace crashwright::harness
