#!/bin/sh
# Judges a repository of git_writer.sh after a power loss: what the branch reaches, not the index or the work tree.
#
# usage: git_checker.sh integrity    no object of the branch is missing or damaged, its commits have no gap
#        git_checker.sh durable      and every commit acknowledged is there
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent
violated() { echo "$1"; exit 1; }
[ -n "${CRASHWRIGHT_ACKED:-}" ] || exit 2
acknowledged=$(tail -n 1 "$CRASHWRIGHT_ACKED")
branch=.git/refs/heads/main
last=0
if [ -e "$branch" ]; then
  said=$(git fsck --no-dangling --no-reflogs --no-progress refs/heads/main 2>&1) ||
    violated "git fsck: $(echo "$said" | head -n 1)"
  last=$(git log -n 1 --format=%s refs/heads/main 2>&1) || violated "git log: $last"
  count=$(git rev-list --count refs/heads/main 2>&1) || violated "git rev-list: $count"
  [ "$last" = "$count" ] || violated "commits are missing in between"
fi
if [ "$1" = durable ] && [ "$last" -lt "${acknowledged:-0}" ]; then
  violated "acknowledged and lost: commit $((last + 1)) of $acknowledged"
fi
exit 0
