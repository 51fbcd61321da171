#!/usr/bin/env bash
# Goal: every command has a manual page that man(1) can format without a complaint and whatis can name.
# usage: man_test.sh CRASHWRIGHT
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/man1"
"$1" man --out "$folder/man1"
status=0
for command in $("$1" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
  [ -s "$folder/man1/crashwright-$command.1" ] || { echo "no page of $command"; status=1; }
done
for page in "$folder"/man1/*.1; do
  said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 > /dev/null || true)
  [ -z "$said" ] || { echo "$page: $said"; status=1; }
  lexgrog "$page" > /dev/null || { echo "$page: whatis finds no name"; status=1; }
done
MANWIDTH=80 man -l "$folder/man1/crashwright-run.1" > "$folder/run.txt"
grep -q -- '--max-fail' "$folder/run.txt" || {
  echo "the page of run does not show its options"
  status=1
}
exit $status
