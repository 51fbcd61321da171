#!/usr/bin/env bash
# Goal: a campaign on Slurm gives the verdicts of one machine, also when a node dies in the middle of it.
# Method: Debian's Slurm with two nodes on this machine (ci/slurm/loopback); one node is killed while its share runs.
# usage: slurm_test.sh CRASHWRIGHT SOURCE
set -euo pipefail
crashwright=$1
source=$2
for program in slurmctld slurmd munged sbatch; do
  command -v "$program" > /dev/null || { echo "SKIPPED: no $program"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "SKIPPED: needs root"; exit 77; }
folder=$(mktemp -d)
cluster=$folder/cluster
trap '"$source/ci/slurm/loopback" stop "$cluster"; rm -rf "$folder"' EXIT

scenario() {  # NAME SESSION FAULT [MORE]
  printf 'name: %s\nsession: {%s}\nfaults:\n  - %s\n%s\n' "$1" "$2" "$3" "${4:-}" > "$folder/scenarios/$1.yaml"
}
mkdir "$folder/scenarios"
for i in $(seq 8); do scenario "quick$i" "messages: 300" "sigkill: {at: feed.message, hit: $((i * 20))}"; done
# Long enough for its node to be killed under it; the other one fails, so that there is something to agree on.
scenario slow "messages: 3000, feed_rate: 500" "abort: {at: feed.message, hit: 2500}"
scenario fails "messages: 300" "abort: {at: feed.message, hit: 9}" "expect: {rca: {cause: FPE}}"

status=0
"$crashwright" run "$folder/scenarios" --seed 5 --out "$folder/whole" > "$folder/whole.log" || status=$?
[ "$status" = 1 ] || { cat "$folder/whole.log"; exit 1; }

"$source/ci/slurm/loopback" start "$cluster" 2
export SLURM_CONF=$cluster/slurm.conf CRASHWRIGHT_POLL_SECONDS=0.5
cd "$folder"
"$source/ci/slurm/campaign" --shards 3 --out "$folder/campaign" --program "$crashwright" \
  -- "$folder/scenarios" --seed 5 > "$folder/campaign.log" 2>&1 &
campaign=$!

wait_for() {  # SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ $SECONDS -ge $end ]; then
      echo "$what: not within the time"
      cat "$folder/campaign.log" "$folder"/campaign/*.log
      squeue
      exit 1
    fi
    sleep 0.2
  done
}
slow_share() { grep -l '"case":"slow.release"' "$folder"/campaign/share-*/latest/events.jsonl 2>/dev/null; }
wait_for 90 "the slow case" slow_share > /dev/null
share=$(slow_share | sed 's|.*/share-\([0-9]*\)/.*|\1|')
task=$(squeue -h -t R -r -o '%K %N' | awk -v share="$share" '$1 == share { print $2 }')
[ -n "$task" ] || { echo "share $share runs on no node"; squeue; exit 1; }
"$source/ci/slurm/loopback" kill "$cluster" "$task"
# Slurm waits two minutes before it starts the task of a dead node again; it need not here.
requeued() { squeue -h -t PD -r -o '%K %i' | awk -v share="$share" '$1 == share { print $2 }' | grep .; }
wait_for 60 "the share in the queue again" requeued > /dev/null
scontrol update JobId="$(requeued)" StartTime=now

status=0
wait "$campaign" || status=$?
cat "$folder/campaign.log"
[ "$status" = 1 ] || { echo "the campaign ended with $status, one machine with 1"; exit 1; }
runs=$(find "$folder/campaign/share-$share" -mindepth 1 -maxdepth 1 -type d | wc -l)
[ "$runs" -ge 2 ] || { echo "share $share was run $runs times"; exit 1; }
"$crashwright" diff "$folder/whole" "$folder/campaign/merged" | tee "$folder/diff.log"
grep -q '^0 worse, 0 better, 0 new, 0 gone,' "$folder/diff.log"

# Called again, it runs what is missing, and nothing else.
rm -r "$folder/campaign/share-1"
status=0
"$source/ci/slurm/campaign" --shards 3 --out "$folder/campaign" --program "$crashwright" \
  -- "$folder/scenarios" --seed 5 > "$folder/again.log" 2>&1 || status=$?
[ "$status" = 1 ] || { cat "$folder/again.log"; exit 1; }
grep -q 'shares 1 of 3$' "$folder/again.log"
