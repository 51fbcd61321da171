#!/usr/bin/env bash
# The main job as a test: every stock scenario passes. stock_test.sh CRASHWRIGHT SCENARIOS OUT
# A case that this machine cannot run makes the test a skipped one (77); a fault that never fired makes it a failed one,
# though a run ends with 3 for either.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$1" run "$2" --skip-tag foreign --jobs 2 --out "$3" 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
if [ "$code" = 3 ] && ! grep -q '^\[.*\] INCONCLUSIVE ' "$log"; then exit 77; fi
exit "$code"
