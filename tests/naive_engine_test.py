#!/usr/bin/env python3
"""What docs/why.md tells of the naive engine is what a run finds: which promises it breaks, where, and which it keeps.

usage: naive_engine_test.py CRASHWRIGHT SCENARIOS FOLDER    exit 1 with a line for each promise that is told wrong
"""
import json
import pathlib
import subprocess
import sys

# Scenario file: promises that break, promises that hold. What is in neither list is not told.
BOOKS = ["state_recovery", "audit_replay", "rca", "reconciliation", "continuity"]
KEPT = ["cleanliness"]  # log_survival as well, unless a death happens to fall between an entry's count and its text
STORY = {
    "process/sigkill_after_send.yaml": (BOOKS, KEPT),
    "process/sigkill_on_fill.yaml": (BOOKS, KEPT),
    "memory/null_dereference_in_feed.yaml": (["rca", "core_capture", "handler"], KEPT),
    "process/second_primary.yaml": (BOOKS, KEPT),
    "process/sigkill_while_logging.yaml": (["log_survival"], KEPT),
    "checks/division_by_zero.yaml": (["core_capture", "handler", "rca"], KEPT),
    "exchange/refused_logins_after_kill.yaml": (["recovery_time"], KEPT),
    "control/undisturbed.yaml": ([], BOOKS + ["log_survival"] + KEPT),
}
# Names a fault point of the mock engine that the naive one has not.
BEYOND_IT = "process/sigkill_around_checkpoint.yaml"
LACKS = "missing: the engine has no fault point checkpoint.after_write"


def title_of(scenarios, name):
    title = next(line for line in (scenarios / name).read_text().splitlines() if line.startswith("name: "))
    return title[6:].strip('"')


def main():
    crashwright, scenarios, folder = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    command = [crashwright, "run", "--engine", "naive_engine", "--build", "release", "--format", "json"]
    files = [str(scenarios / name) for name in [*STORY, BEYOND_IT]]
    ran = subprocess.run(command + ["--out", folder] + files, capture_output=True, text=True)
    if not ran.stdout.startswith("{"):
        print(ran.stderr)
        return 1
    cases = {case["name"]: case for case in json.loads(ran.stdout)["cases"]}
    complaints = []
    for name, (broken, kept) in STORY.items():
        case = cases[title_of(scenarios, name)]
        if case["outcome"] == "SKIPPED":
            print(f"SKIPPED: {name}: {case['summary']}")
            continue
        verdicts = case["verdicts"]
        complaints += [f"{name}: {promise} is {verdicts.get(promise)}, told is FAIL"
                       for promise in broken if verdicts.get(promise) != "FAIL"]
        complaints += [f"{name}: {promise} is FAIL, told is that it holds"
                       for promise in kept if verdicts.get(promise) == "FAIL"]
    beyond = cases[title_of(scenarios, BEYOND_IT)]
    if (beyond["outcome"], beyond["summary"]) != ("SKIPPED", LACKS):
        complaints.append(f"{BEYOND_IT}: {beyond['outcome']} {beyond['summary']}, not SKIPPED {LACKS}")
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
