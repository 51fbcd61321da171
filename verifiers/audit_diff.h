// An audit log against the exchange's drop copy: what one of the two has and the other has not.
//
// Compared are the orders that the exchange saw arrive with the intents, and the sequenced messages it sent with the
// records that carry their session sequence: kind, order and its terms, shares left, the exchange's number of the
// order, match, reason of a cancel. Messages behind the last one that the log knows are told once, as what is still to
// be applied. What an intent says it does not know (kTermsUnknown) it does not contradict; such orders are counted.
// Threads: pure functions. Errors: none; differences are the result. Signal context: no.
#pragma once

#include <string>
#include <vector>

#include "postmortem/audit_log.h"
#include "verifiers/drop_copy.h"

namespace crashwright::verifiers {

struct AuditDifferences {
  std::vector<std::string> lines;  // one for each difference, in the order of the log, then of the drop copy
  uint64_t orders_compared = 0;
  uint64_t terms_unknown = 0;  // of these, orders whose intent the log knows by the answer alone
  uint64_t messages_compared = 0;
  uint64_t messages_behind = 0;  // of the exchange behind the last one that the log knows
};

[[nodiscard]] AuditDifferences compare_with_drop_copy(const std::vector<postmortem::AuditRecord>& log,
                                                      const std::vector<ExchangeEvent>& drop_copy);

// The life of one order, replacements included: what caused it, every record, how long each step took, what is left.
// Empty when the log never heard of it.
[[nodiscard]] std::string explain_order(const std::vector<postmortem::AuditRecord>& log, uint32_t user_ref);

}  // namespace crashwright::verifiers
