#!/usr/bin/env bash
# Goal: docs/scenario_reference.md says what `crashwright schema --format markdown` says.
# usage: reference_test.sh CRASHWRIGHT PAGE
set -euo pipefail
if ! diff -u "$2" <("$1" schema --format markdown); then
  echo "write it anew: crashwright schema --format markdown > docs/scenario_reference.md"
  exit 1
fi
