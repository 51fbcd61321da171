#!/usr/bin/env python3
"""A case repeated by its repro.sh ends as it did: same verdict, same promises, same cause, same signature.

usage: repeat_test.py CRASHWRIGHT SCENARIOS OUT    exit 1 with a line for each case that ended otherwise

Runs the scenarios tagged smoke with their artefacts kept, then each case again from its own folder.
"""
import json
import pathlib
import shutil
import subprocess
import sys

KEPT = ("outcome", "verdicts", "cause", "function", "signature")


def run(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def cases_of(out):
    return json.loads((out / "latest" / "run.json").read_text())["cases"]


def main():
    crashwright, scenarios, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(out, ignore_errors=True)
    run([crashwright, "run", scenarios, "--tag", "smoke", "--keep", "--out", out / "first"])
    cases = cases_of(out / "first")
    otherwise = 0
    for number, before in enumerate(cases):
        again = out / f"again-{number}"
        run([out / "first" / "latest" / before["folder"] / "repro.sh", "--out", again])
        repeated = cases_of(again)
        after = repeated[0] if len(repeated) == 1 else {}
        for key in KEPT:
            if before.get(key) == after.get(key):
                continue
            otherwise += 1
            print(f"{before['case']}: {key} was {before.get(key)} and is {after.get(key)}")
    print(f"{len(cases)} cases repeated, {otherwise} differences")
    return 1 if otherwise or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
