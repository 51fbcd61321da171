#!/usr/bin/env bash
# Goal: the installed kit is found by find_package(crashwright), an engine links it, and it drags in liburing alone.
# usage: install_test.sh BUILD SOURCE
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/prefix" > "$folder/install.log"
cmake -S "$source/tests/consumer" -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/prefix" \
  -DCMAKE_CXX_COMPILER_LAUNCHER= \
  > "$folder/configure.log" || { cat "$folder/configure.log"; exit 1; }
cmake --build "$folder/build" > "$folder/build.log" || { cat "$folder/build.log"; exit 1; }
"$folder/build/consumer" "$folder" | tee "$folder/points"
grep -q '^consumer.send_order' "$folder/points"
strangers=$(ldd "$folder/build/consumer" | awk '{print $1}' |
  grep -vE '^(linux-vdso|libstdc\+\+|libgcc_s|libc|libm|liburing)\.so|ld-linux' || true)
if [ -n "$strangers" ]; then
  echo "the kit drags in: $strangers"
  exit 1
fi
echo "installed, found, linked: nothing but liburing came along"
