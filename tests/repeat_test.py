#!/usr/bin/env python3
"""A case repeated by its repro.sh ends as it did: same verdict, same promises, same cause, same signature.

usage: repeat_test.py CRASHWRIGHT SCENARIOS OUT [OPTION...]    exit 1 with a line for each case that ended otherwise

Runs the scenarios with their artefacts kept, with OPTIONs of `crashwright run` (--tag smoke, for one), then each case
again from its own folder, as many at once as there are cores.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

KEPT = ("outcome", "verdicts", "cause", "function", "signature")


def run(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3, 5, 10):
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def cases_of(out):
    return json.loads((out / "latest" / "run.json").read_text())["cases"]


def repeated(script, out):
    run([script, "--out", out])
    cases = cases_of(out)
    shutil.rmtree(out)
    return cases[0] if len(cases) == 1 else {}


def main():
    crashwright, scenarios, out, *options = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), *sys.argv[4:]
    shutil.rmtree(out, ignore_errors=True)
    run([crashwright, "run", scenarios, *options, "--keep", "--out", out / "first"])
    cases = cases_of(out / "first")
    scripts = [out / "first" / "latest" / case["folder"] / "repro.sh" for case in cases]
    otherwise = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = pool.map(repeated, scripts, [out / f"again-{number}" for number in range(len(cases))])
        for before, after in zip(cases, ends):
            for key in KEPT:
                if before.get(key) == after.get(key):
                    continue
                otherwise += 1
                print(f"{before['case']}: {key} was {before.get(key)} and is {after.get(key)}")
    print(f"{len(cases)} cases repeated, {otherwise} differences")
    return 1 if otherwise or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
