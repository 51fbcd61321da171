#include "harness/faults/registry.h"

namespace crashwright::harness {

using postmortem::FaultAction;

std::vector<FaultKind> memory_fault_kinds() {
  FaultKind null_dereference;
  null_dereference.name = "null_dereference";
  null_dereference.family = "memory";
  null_dereference.action = FaultAction::kNullDereference;
  null_dereference.doc = "reads a member through a null pointer";
  null_dereference.example = "null_dereference: {at: gateway.send_order, hit: 100}";
  null_dereference.causes_release = {"NULL_DEREF"};
  null_dereference.causes_asan = {"NULL_DEREF"};

  FaultKind use_after_free;
  use_after_free.name = "use_after_free";
  use_after_free.family = "memory";
  use_after_free.action = FaultAction::kUseAfterFree;
  use_after_free.doc = "goes on using an object that was freed";
  use_after_free.example = "use_after_free: {at: book.apply, hit: 500}";
  // Without a sanitizer nothing marks freed memory: all that can be seen is the wild access it leads to.
  use_after_free.causes_release = {"USE_AFTER_FREE", "WILD_ACCESS"};
  use_after_free.causes_asan = {"USE_AFTER_FREE"};

  FaultKind double_free;
  double_free.name = "double_free";
  double_free.family = "memory";
  double_free.action = FaultAction::kDoubleFree;
  double_free.doc = "frees the same block twice";
  double_free.example = "double_free: {at: orders.apply, hit: 20}";
  double_free.causes_release = {"DOUBLE_FREE"};
  double_free.causes_asan = {"DOUBLE_FREE"};

  FaultKind heap_overflow;
  heap_overflow.name = "heap_overflow";
  heap_overflow.family = "memory";
  heap_overflow.action = FaultAction::kHeapOverflow;
  heap_overflow.doc = "writes past the end of a heap block";
  heap_overflow.example = "heap_overflow: {at: book.apply, hit: 500}";
  heap_overflow.causes_release = {"HEAP_OVERFLOW"};
  heap_overflow.causes_asan = {"HEAP_OVERFLOW"};

  FaultKind stack_exhaustion;
  stack_exhaustion.name = "stack_exhaustion";
  stack_exhaustion.family = "memory";
  stack_exhaustion.action = FaultAction::kStackExhaustion;
  stack_exhaustion.doc = "recurses until the thread has no stack left";
  stack_exhaustion.example = "stack_exhaustion: {at: strategy.decide, hit: 50}";
  stack_exhaustion.causes_release = {"STACK_OVERFLOW_EXHAUSTION"};
  stack_exhaustion.causes_asan = {"STACK_OVERFLOW_EXHAUSTION"};

  FaultKind signed_overflow;
  signed_overflow.name = "signed_overflow";
  signed_overflow.family = "memory";
  signed_overflow.action = FaultAction::kSignedOverflow;
  signed_overflow.doc = "overflows a signed integer, which only the asan build notices";
  signed_overflow.example = "signed_overflow: {at: risk.check, hit: 50}";
  signed_overflow.causes_asan = {"UNDEFINED_BEHAVIOUR"};

  return {null_dereference, use_after_free, double_free, heap_overflow, stack_exhaustion, signed_overflow};
}

}  // namespace crashwright::harness
