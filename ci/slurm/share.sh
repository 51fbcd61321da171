#!/usr/bin/env bash
# One share of a campaign, as one task of a Slurm job array; submitted by ci/slurm/campaign. Its arguments are those of
# `crashwright run`. A share that is run again, because its node was lost, makes a new run beside the broken one.
set -euo pipefail
exec "$CRASHWRIGHT_PROGRAM" run "$@" --shard "$SLURM_ARRAY_TASK_ID/$CRASHWRIGHT_SHARDS" \
  --out "$CRASHWRIGHT_CAMPAIGN/share-$SLURM_ARRAY_TASK_ID"
