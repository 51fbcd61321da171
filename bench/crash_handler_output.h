// What a crash handler left: read from its files and its pipe, and judged.
//
// Threads: one. Errors: what cannot be read counts as not left.
#pragma once

#include <string>

#include "bench/crash_handler_page.h"
#include "bench/crash_handler_run.h"

namespace crashwright::bench {

// All files below `folder` in one, without the page and the file that fills a disk.
[[nodiscard]] std::string output_of(const std::string& folder);

// Complete: the output shows code between the page's markers, as a name, as hexadecimal text or as raw bytes.
[[nodiscard]] Left judge_output(const std::string& output, const VictimPage& page);

// Our own record is held to everything that it promises; fills in its times.
[[nodiscard]] Left judge_record(const std::string& path, const VictimPage& page, Outcome& outcome);

[[nodiscard]] std::optional<CoreTruth> read_core(const std::string& folder, const VictimPage& page);

}  // namespace crashwright::bench
