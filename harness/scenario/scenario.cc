#include "harness/scenario/scenario.h"

namespace crashwright::harness {

const char* build_name(Build build) noexcept {
  switch (build) {
    case Build::kRelease:
      return "release";
    case Build::kAsan:
      return "asan";
    case Build::kPlanted:
      return "planted";
    case Build::kForeign:
      return "foreign";
  }
  return "release";
}

const char* durability_name(Durability level) noexcept {
  return level == Durability::kPowerLoss ? "power_loss" : "process_death";
}

const char* profile_name(Profile profile) noexcept {
  switch (profile) {
    case Profile::kK:
      return "K";
    case Profile::kE:
      return "E";
    case Profile::kS:
      return "S";
  }
  return "K";
}

const char* limits_name(Limits limits) noexcept {
  switch (limits) {
    case Limits::kTight:
      return "tight";
    case Limits::kMissing:
      return "missing";
    case Limits::kDefault:
      break;
  }
  return "default";
}

const char* core_way_name(CoreWay way) noexcept {
  switch (way) {
    case CoreWay::kKernel:
      return "kernel";
    case CoreWay::kOutside:
      return "outside";
    case CoreWay::kSelf:
      return "self";
    case CoreWay::kNone:
      break;
  }
  return "none";
}

}  // namespace crashwright::harness
