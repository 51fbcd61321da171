// How often one start of the engine passed each of its fault points, as the control block counted.
//
// Every point of the engine is there, also those that it never reached: it claims their counters when it attaches.
// Threads: any; an engine that still runs goes on counting. Errors: none; empty when the engine never attached.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "postmortem/control_block.h"

namespace crashwright::harness {

[[nodiscard]] std::map<std::string, uint64_t> passages_of(const postmortem::ControlBlock& block);

}  // namespace crashwright::harness
