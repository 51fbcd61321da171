#include <iterator>

#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

namespace {

const FaultKind kKinds[] = {
    {.name = "exchange_disconnect",
     .family = "exchange",
     .action = FaultAction::kExchangeDisconnect,
     .doc = "the exchange drops the connection; the engine has to log in again",
     .example = "exchange_disconnect: {at: gateway.send_order, hit: 40}",
     .stands_for = "a switch that reboots",
     .evidence = "the exchange's count of dropped connections",
     .reveals = "gateway_never_reconnects",
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
    {.name = "feed_gap",
     .family = "exchange",
     .action = FaultAction::kFeedGap,
     .doc = "the message of the feed that is being taken never arrives; the engine has to ask for it",
     .example = "feed_gap: {at: feed.message, hit: 2000}",
     .stands_for = "a multicast packet lost",
     .evidence = "the message withheld, by the injection",
     .reveals = "feed_gap_ignored",
     .default_at = "feed.message",
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
    {.name = "malformed_message",
     .family = "exchange",
     .action = FaultAction::kMalformedMessage,
     .doc = "the message of the feed that is being taken arrives with its type overwritten; the engine "
            "has to ask for it again",
     .example = "malformed_message: {at: feed.message, hit: 2000}",
     .stands_for = "a damaged packet, a message type of the next release",
     .evidence = "the message overwritten, by the injection",
     .reveals = "malformed_message_skipped",
     .default_at = "feed.message",
     .ends_process = false,
     .causes_release = {"NO_FAULT"},
     .causes_asan = {"NO_FAULT"}},
    {.name = "poison_message",
     .family = "exchange",
     .action = FaultAction::kPoisonMessage,
     .doc = "message number `message` of the feed (at: feed.message) or of the exchange (at: "
            "gateway.on_message) kills whoever takes it, in `times` starts in a row; the last of them "
            "must survive by leaving it out",
     .example = "poison_message: {at: feed.message, message: 2000, times: 4}",
     .stands_for = "one message that a parser dies of on every replay",
     .evidence = "a death each time, and the engine's leaving it out the last time",
     .reveals = "poison_never_quarantined",
     .parameters = {"message", "times"},
     .default_at = "feed.message",
     .causes_release = {"NULL_DEREF"},
     .causes_asan = {"NULL_DEREF"}},
};

}  // namespace

std::vector<FaultKind> exchange_fault_kinds() { return {std::begin(kKinds), std::end(kKinds)}; }

}  // namespace crashwright::harness
