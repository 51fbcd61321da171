#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> exchange_fault_kinds() {
  FaultKind exchange_disconnect;
  exchange_disconnect.name = "exchange_disconnect";
  exchange_disconnect.family = "exchange";
  exchange_disconnect.action = FaultAction::kExchangeDisconnect;
  exchange_disconnect.doc = "the exchange drops the connection; the engine has to log in again";
  exchange_disconnect.example = "exchange_disconnect: {at: gateway.send_order, hit: 40}";
  exchange_disconnect.ends_process = false;
  exchange_disconnect.causes_release = {"NO_FAULT"};
  exchange_disconnect.causes_asan = {"NO_FAULT"};

  return {exchange_disconnect};
}

}  // namespace crashwright::harness
