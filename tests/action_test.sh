#!/usr/bin/env bash
# Goal: the step of the GitHub action runs scenarios, annotates, writes the summary and names the run's folder; the
# forms of action, GitLab template and Kubernetes jobs are what those systems read.
# usage: action_test.sh CRASHWRIGHT SOURCE
set -euo pipefail
crashwright=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir scenarios
cat > scenarios/fails.yaml << 'YAML'
name: fails, 100%
session: {messages: 300}
faults:
  - abort: {at: feed.message, hit: 9}
expect: {rca: {cause: FPE}}
YAML
status=0
env GITHUB_ACTIONS=true GITHUB_WORKSPACE="$folder" GITHUB_STEP_SUMMARY="$folder/summary.md" \
  GITHUB_OUTPUT="$folder/output" PROGRAM="$crashwright" SCENARIOS="$folder/scenarios" SEED=3 OPTIONS="--jobs 1" \
  "$source/ci/github/run" > log 2>&1 || status=$?
[ "$status" = 1 ] || { cat log; exit 1; }
title='FAIL fails%2C 100%25 \[release\]'
grep -q "^::error file=scenarios/fails.yaml,line=1,title=$title::.*%0Arepeat: " log || { cat log; exit 1; }
grep -q '^| FAIL | fails, 100% &#91;release&#93; | ' summary.md || { cat summary.md; exit 1; }
grep -q "^folder=$folder/crashwright-out/" output
/usr/bin/python3 - "$source" << 'PY'
import pathlib, sys, yaml
ci = pathlib.Path(sys.argv[1]) / "ci"
action = yaml.safe_load((ci / "github/action.yml").read_text())
assert action["runs"]["using"] == "composite", action
for step in action["runs"]["steps"]:
    assert ("run" in step) != ("uses" in step), step
    assert "run" not in step or step["shell"] == "bash", step
    assert "${{ inputs" not in step.get("run", ""), "an input is text of a script"
gitlab = yaml.safe_load((ci / "gitlab/crashwright.gitlab-ci.yml").read_text())
assert {"crashwright", "crashwright-report"} <= set(gitlab), gitlab
for job in ("crashwright", "crashwright-report"):
    assert gitlab[job]["stage"] in gitlab["stages"] and gitlab[job]["script"], job
jobs = list(yaml.safe_load_all((ci / "k8s/job.yaml").read_text()))
indexed = jobs[0]["spec"]
assert indexed["completionMode"] == "Indexed"
container = indexed["template"]["spec"]["containers"][0]
shards = [entry["value"] for entry in container["env"] if entry["name"] == "CRASHWRIGHT_SHARDS"]
assert shards == [str(indexed["completions"])], (shards, indexed["completions"])
assert indexed["template"]["spec"]["restartPolicy"] in ("Never", "OnFailure")
for job in jobs:
    assert job["apiVersion"] == "batch/v1" and job["kind"] == "Job" and job["metadata"]["name"]
    spec = job["spec"]["template"]["spec"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    for one in spec["containers"]:
        assert one["image"] and {mount["name"] for mount in one["volumeMounts"]} <= volumes, one
PY
for script in "$source"/ci/slurm/{campaign,loopback,share.sh} "$source"/ci/github/run; do bash -n "$script"; done
# The same list for both distributions, with what differs.
printf 'ID=ubuntu\nVERSION_ID=24.04\n' > ubuntu
CRASHWRIGHT_OS_RELEASE=$folder/ubuntu "$source/ci/install" --names > names
grep -qx pkgconf names && grep -qx clang-format-14 names && ! grep -qx chromium names
# The image installs what the build packs, by the name that cpack gives it.
grep -q 'cpack --config build/CPackConfig.cmake -B /packages' "$source/ci/Dockerfile"
grep -q 'COPY --from=build /packages/crashwright_\*.deb' "$source/ci/Dockerfile"
