#!/bin/sh
# Commits numbered files into a git repository and acknowledges every commit.
#
# usage: git_writer.sh FSYNC COMMITS [sync]    FSYNC: what core.fsync takes: all, none, ...
# With `sync` the folder of the branch is synced before each acknowledgement, which git itself never does.
set -eu
fsync=$1 commits=$2 folder=${3:-}
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git -c init.defaultBranch=main init -q --template= .
git config core.fsync "$fsync"
git config core.fsyncMethod fsync
git config gc.auto 0
# Creating a repository is not what is judged: git syncs neither HEAD nor the configuration.
sync .git/HEAD .git/config .git
i=1
while [ "$i" -le "$commits" ]; do
  echo "content $i" > "file$i"
  git add "file$i"
  git commit -q -m "$i"
  if [ "$folder" = sync ]; then sync .git/refs/heads; fi
  echo "ack $i"
  i=$((i + 1))
done
