// The tables of wordings, one file per origin; text_rules.cc puts them in order.
//
// Adding a wording: one line in the table of what prints it. Within a table the special stands before the general.
// Threads: constant data. Signal context: no.
#pragma once

#include <span>

#include "rca/text_rules.h"

namespace crashwright::rca {

[[nodiscard]] std::span<const TextRule> sanitizer_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> kernel_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> runtime_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> library_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> check_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> signal_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> platform_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> storage_text_rules() noexcept;
[[nodiscard]] std::span<const TextRule> service_text_rules() noexcept;

}  // namespace crashwright::rca
