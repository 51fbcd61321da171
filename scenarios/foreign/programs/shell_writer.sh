#!/bin/sh
# Replaces a numbered file by the next one and acknowledges each.
#
# usage: shell_writer.sh SYNC COUNT    SYNC: the command that makes durable, `sync` or `true`
set -eu
sync=$1 count=$2
i=1
while [ "$i" -le "$count" ]; do
  seq -s ' ' "$i" 400 > next
  "$sync"
  mv next "current"
  echo "$i" >> journal
  "$sync"
  echo "ack $i"
  i=$((i + 1))
done
