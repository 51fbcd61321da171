// What happens to the data between a death and the next start: the power that was lost, and the faults at rest.
//
// Threads: the worker of the case, while no engine runs. Errors: of the storage layer and of the files; a fault at rest
// that finds nothing to damage is none, it stays armed.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "harness/runner/case_context.h"
#include "harness/runner/file_damage.h"

namespace crashwright::harness {

// After the death of start `number`.
[[nodiscard]] Status apply_aftermath(CaseContext& context, uint32_t number, const OtherData& others);

}  // namespace crashwright::harness
