#!/bin/sh
# Judges the files of shell_writer.sh after a power loss: `current` is whole and not older than what was acknowledged.
set -u
[ -n "${CRASHWRIGHT_ACKED:-}" ] || exit 2
acknowledged=$(tail -n 1 "$CRASHWRIGHT_ACKED")
acknowledged=${acknowledged:-0}
first=0
if [ -e current ]; then
  first=$(cut -d ' ' -f 1 current)
  [ "$(cat current)" = "$(seq -s ' ' "${first:-0}" 400)" ] || { echo "the file is not whole"; exit 1; }
fi
[ "${first:-0}" -ge "$acknowledged" ] || { echo "acknowledged and lost: file $acknowledged"; exit 1; }
[ "$acknowledged" -eq 0 ] || grep -qx "$acknowledged" journal ||
  { echo "acknowledged and lost: line $acknowledged"; exit 1; }
