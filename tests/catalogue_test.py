#!/usr/bin/env python3
"""The catalogue is what it says: faults, scenarios, planted bugs and incidents fit each other.

usage: catalogue_test.py CRASHWRIGHT MOCK_ENGINE_PLANTED PROJECT    exit 1 with a line for each thing that does not fit

Runs no case. Reads YAML with python3-yaml.
"""
import pathlib
import subprocess
import sys

import yaml

SCENARIOS_MIN = 150
INCIDENTS = 13
BUGS_MIN = 100
# Planted bugs that no scenario can show, and who does; may shrink, never grow.
WITHOUT_ENTRY = {"audit_salt_not_checked": "mock_engine/engine_ledger_test.cc: no fault leaves another log's block"}


def ask(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    crashwright, planted, project = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    complaints = []
    folder = project / "scenarios"
    files = [path for path in sorted(folder.rglob("*.yaml"))
             if path.name != "planted_bugs.yaml" and not path.name.endswith(".part.yaml")]
    scenarios = {path: next(yaml.safe_load_all(path.read_text())) for path in files}

    page = ask(crashwright, "faults", "--format", "markdown")
    if page != (project / "docs" / "faults.md").read_text():
        complaints.append("docs/faults.md is not what `crashwright faults --format markdown` writes")
    kinds = [line[4:] for line in page.splitlines() if line.startswith("### ")]
    examples = [yaml.safe_load(path.read_text()) for path in sorted((project / "examples").rglob("scenarios/*.yaml"))]
    used = {kind for document in [*scenarios.values(), *examples] for fault in document.get("faults") or []
            for kind in fault}
    complaints += [f"no scenario has the fault {kind}" for kind in kinds
                   if kind not in used]

    if len(scenarios) < SCENARIOS_MIN:
        complaints.append(f"{len(scenarios)} scenarios, at least {SCENARIOS_MIN} are promised")
    reasons = {}
    for path, document in scenarios.items():
        why = document.get("why")
        if not why:
            complaints.append(f"{path.name} does not say why it exists")
        elif why in reasons:
            complaints.append(f"{path.name} exists for the same reason as {reasons[why]}")
        reasons[why] = path.name

    incidents = [path for path in files if path.parent.name == "incidents"]
    if len(incidents) != INCIDENTS:
        complaints.append(f"{len(incidents)} incidents, {INCIDENTS} are promised")
    for path in incidents:
        for word in ("# Record: ", "# Re-created: ", "# Caught by: "):
            if word not in path.read_text():
                complaints.append(f"{path.name} has no line \"{word.strip('# ')}\"")

    bugs = yaml.safe_load((folder / "planted_bugs.yaml").read_text())
    listed = {bug["bug"] for bug in bugs}
    if len(listed) < BUGS_MIN:
        complaints.append(f"{len(listed)} planted bugs, at least {BUGS_MIN} are promised")
    compiled = set(ask(planted, "--list-planted-bugs").split())
    missing = sorted({bug["bug"] for bug in bugs if bug.get("in") != "harness"} - compiled)
    complaints += [f"planted bug {bug} is listed and not compiled in" for bug in missing]
    complaints += [f"planted bug {bug} is compiled in and not listed"
                   for bug in sorted(compiled - listed - set(WITHOUT_ENTRY))]
    smoke = {document["name"] for document in scenarios.values() if "smoke" in document.get("tags", [])}
    complaints += [f"no scenario tagged smoke is meant to catch {bug['bug']}" for bug in bugs
                   if not smoke & set(bug["scenarios"])]
    needed = {name for bug in bugs for name in smoke & set(bug["scenarios"]) if len(smoke & set(bug["scenarios"])) == 1}
    complaints += [f"\"{name}\" is tagged smoke and catches nothing which the others do not"
                   for name in sorted(smoke - needed)]

    for complaint in complaints:
        print(complaint)
    print(f"{len(kinds)} faults, {len(scenarios)} scenarios, {len(listed)} planted bugs, {len(incidents)} incidents")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
