#!/usr/bin/env bash
# Goal: every C++ source is as clang-format 14 would write it; another version lays out otherwise, and is not asked.
# usage: format_test.sh SOURCE
set -euo pipefail
cd "$1"
tool=$(command -v clang-format-14 || command -v clang-format) || { echo "no clang-format here"; exit 77; }
"$tool" --version | grep -q 'version 14\.' || { echo "not version 14: $("$tool" --version)"; exit 77; }
status=0
while IFS= read -r -d '' file; do
  if ! "$tool" --dry-run -Werror "$file" > /dev/null 2>&1; then
    echo "$file: run clang-format -i $file"
    status=1
  fi
done < <(find base postmortem rca mock_engine verifiers harness bench tests \( -name '*.cc' -o -name '*.h' \) -print0)
exit $status
