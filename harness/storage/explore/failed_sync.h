// A sync that failed and was taken for one that had not: what it was to make durable is lost for good, and a program
// that acknowledges it all the same is not mended by any sync that is added.
//
// Threads: a free function. Errors: none.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/storage/explore/finding.h"

namespace crashwright::harness {

// The failed sync that the minimal state of the finding rests on: it was to save what is lost there, or what a read no
// longer gives, and something was acknowledged behind it before the power went.
[[nodiscard]] std::optional<uint32_t> failed_sync_acknowledged(const Recording& recording,
                                                               const StorageFinding& finding);

}  // namespace crashwright::harness
