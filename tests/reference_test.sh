#!/usr/bin/env bash
# Goal: docs/scenario_reference.md says what `crashwright schema --format markdown` says, and README.md spells the exit
# codes as `crashwright --help` does, and names every promise.
# usage: reference_test.sh CRASHWRIGHT PAGE
set -euo pipefail
if ! diff -u "$2" <("$1" schema --format markdown); then
  echo "write it anew: crashwright schema --format markdown > docs/scenario_reference.md"
  exit 1
fi
readme=$(tr '\n' ' ' < "$(dirname "$2")/../README.md")
"$1" --help | tr '\n' ' ' | sed 's/.*Exit codes: \(.*\)\. The worst wins.*/\1/; s/, \([0-9]\)/\n\1/g' |
  while read -r meaning; do
    [[ "$readme" == *"$meaning"* ]] || { echo "README.md does not say: $meaning"; exit 1; }
  done
promises=$("$1" verifiers --format json | sed -n 's/.*"name": "\(.*\)",/\1/p')
[[ -n "$promises" ]]
for promise in $promises; do
  [[ "$readme" == *"\`$promise\`"* ]] || { echo "README.md does not name the promise $promise"; exit 1; }
done
