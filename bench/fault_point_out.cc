// Compiled twice without fault points, with and without the line that is one: the object code must be the same
// (fault_point_object.py compares it).
#include "postmortem/fault_point.h"

extern "C" int passes_a_fault_point(int value) {
#if defined(CRASHWRIGHT_PROBE_WITH_LINE)
  CRASHWRIGHT_FAULT_POINT("probe.compiled_out");
#endif
  return value * 3;
}
