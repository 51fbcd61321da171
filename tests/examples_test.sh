#!/usr/bin/env bash
# Goal: the engines of examples/ hold in every scenario of theirs, as docs/bring-your-own-engine.md says.
# Method: the C++ one is built against an install tree, as a user would; both are run by the installed crashwright.
# usage: examples_test.sh BUILD SOURCE
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/prefix" > "$folder/install.log"
cmake -S "$source/examples/ledger_engine" -B "$folder/build" -DCMAKE_PREFIX_PATH="$folder/prefix" \
  -DCMAKE_CXX_COMPILER_LAUNCHER= > "$folder/configure.log" || { cat "$folder/configure.log"; exit 1; }
cmake --build "$folder/build" > "$folder/build.log" || { cat "$folder/build.log"; exit 1; }
cd "$folder"
PATH="$folder/build:$PATH" CRASHWRIGHT_PROGRAMS="$folder/build" "$folder/prefix/bin/crashwright" run \
  "$source/examples" --out "$folder/out" "${@:3}"
