#!/usr/bin/env bash
# Goal: every C++ source is as clang-format would write it. usage: format_test.sh SOURCE
set -euo pipefail
cd "$1"
status=0
while IFS= read -r -d '' file; do
  if ! clang-format --dry-run -Werror "$file" > /dev/null 2>&1; then
    echo "$file: run clang-format -i $file"
    status=1
  fi
done < <(find base postmortem rca mock_engine verifiers harness bench tests \( -name '*.cc' -o -name '*.h' \) -print0)
exit $status
