#include "postmortem/injection.h"

#include <atomic>

#include "postmortem/injection_faults.h"

namespace crashwright::postmortem::injection {
namespace {

std::atomic<uint32_t> g_handler_stage{0};

// The thread goes on, or hangs.
void perform_and_go_on(ArmedFault& fault) {
  switch (fault.action) {
    case FaultAction::kLostWakeup:
      lost_wakeup();
    case FaultAction::kSlowThread:
      return slow_thread(fault);
    case FaultAction::kDescriptorExhaustion:
      return exhaust_descriptors(fault);
    case FaultAction::kThreadExhaustion:
      return exhaust_threads(fault);
    case FaultAction::kFileSizeLimit:
      return limit_file_size(fault);
    case FaultAction::kWallClockStep:
      return step_wall_clock(fault);
    case FaultAction::kFeedGap:
    case FaultAction::kMalformedMessage:
      return set_input_fault(fault);
    case FaultAction::kPoisonMessage:
      return set_poison(fault);
    default:
      return;
  }
}

void crash_in_handler(const ArmedFault& fault) {
  g_handler_stage.store(static_cast<uint32_t>(fault.args[0]));
  null_dereference();
}

// Those that no switch of manageable length has room for besides.
void perform_another(ArmedFault& fault) {
  switch (fault.action) {
    case FaultAction::kWildRead:
      return wild_read();
    case FaultAction::kWildWrite:
      return wild_write();
    case FaultAction::kWildJump:
      return wild_jump();
    case FaultAction::kWriteToReadOnly:
      return write_to_read_only();
    case FaultAction::kInvalidFree:
      return invalid_free();
    case FaultAction::kStackOverflow:
      return stack_overflow();
    case FaultAction::kGlobalOverflow:
      return global_overflow();
    case FaultAction::kSmashedStack:
      return smashed_stack();
    case FaultAction::kExceptionThroughNoexcept:
      return exception_through_noexcept();
    case FaultAction::kPureVirtualCall:
      return pure_virtual_call();
    case FaultAction::kIllegalInstruction:
      return illegal_instruction();
    case FaultAction::kMisalignedAccess:
      return misaligned_access();
    case FaultAction::kTruncatedMapping:
      return truncated_mapping();
    case FaultAction::kSelfDeadlock:
      return self_deadlock();
    case FaultAction::kTwoThreads:
      return two_threads_die();
    default:
      return perform_and_go_on(fault);
  }
}

}  // namespace

uint32_t handler_stage_to_fault() noexcept { return g_handler_stage.load(); }

void fault_in_handler_stage(uint32_t stage) noexcept {
  uint32_t expected = stage;
  if (stage != 0 && g_handler_stage.compare_exchange_strong(expected, 0)) null_dereference();
}

void perform(ArmedFault& fault) {
  switch (fault.action) {
    case FaultAction::kNone:
      return;
    case FaultAction::kNullDereference:
      return null_dereference();
    case FaultAction::kUseAfterFree:
      return use_after_free();
    case FaultAction::kDoubleFree:
      return double_free();
    case FaultAction::kHeapOverflow:
      return heap_overflow();
    case FaultAction::kStackExhaustion:
      return stack_exhaustion();
    case FaultAction::kSignedOverflow:
      return signed_overflow();
    case FaultAction::kAbort:
      deliberate_abort();
    case FaultAction::kAssert:
      return failed_assertion();
    case FaultAction::kUncaughtException:
      uncaught_exception();
    case FaultAction::kDivisionByZero:
      return division_by_zero();
    case FaultAction::kBadAlloc:
      exhaust_address_space(fault.args[0]);
    case FaultAction::kCgroupOom:
      return exhaust_memory(fault.args[0]);
    case FaultAction::kLockOrderDeadlock:
      return lock_order_deadlock();
    case FaultAction::kStalledThread:
      stalled_thread();
    case FaultAction::kLivelock:
      livelock();
    case FaultAction::kCrashInHandler:
      return crash_in_handler(fault);
    case FaultAction::kSigkill:
    case FaultAction::kSigterm:
      request_kill(fault);
    case FaultAction::kSigstop:
      return request_stop(fault);
    case FaultAction::kExchangeDisconnect:
      return request_disconnect(fault);
    case FaultAction::kSecondPrimary:
      return request_second_primary(fault);
    // The storage layer sees the fired fault in the control block and acts on the next matching operation.
    case FaultAction::kTornWrite:
    case FaultAction::kShortWrite:
    case FaultAction::kEnospc:
    case FaultAction::kEioFsync:
    case FaultAction::kPowerLoss:
    case FaultAction::kLostWrite:
    case FaultAction::kReorderedWrite:
    case FaultAction::kMisdirectedWrite:
    case FaultAction::kFlippedWrite:
    case FaultAction::kEioWrite:
    case FaultAction::kSlowFsync:
    case FaultAction::kStaleRead:
    case FaultAction::kNoInodes:
    case FaultAction::kReadOnly:
      return;
    default:
      return perform_another(fault);
  }
}

}  // namespace crashwright::postmortem::injection
