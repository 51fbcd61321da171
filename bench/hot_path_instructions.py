#!/usr/bin/env python3
"""Instructions of each hot path, counted by callgrind: the same on a loaded machine as on a quiet one.

usage: hot_path_instructions.py                     print samples for `crashwright bench`
       hot_path_instructions.py --ratchet FILE      compare with FILE; exit 1 when a hot path has grown
       hot_path_instructions.py --ratchet FILE --tighten  write today's counts into FILE where they have fallen

Runs hot_path_probe, which lies beside this program (or in the folder given with --programs), under valgrind.
A count may be above the ratchet by TOLERANCE: patch releases of a compiler move single instructions, and an audit
append now and then wakes the committer. A regression that matters, a call or a lock more, is above it.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TIMES = 1000  # repetitions inside the probe, hot_path_probe.cc
TOLERANCE = 0.03
TOLERANCE_INSTRUCTIONS = 1  # of short paths


def run_callgrind(probe, folder):
    out = pathlib.Path(folder) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured",
               f"--callgrind-out-file={out}", str(probe), folder]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"hot_path_instructions: {' '.join(command[:2])} ended with {done.returncode}: {done.stderr[-300:]}")
    return out.read_text()


def inclusive_costs(text):
    """Cost of each called function with all that it calls, from lines `cfn=`, `calls=`, `position cost`."""
    names, costs, called, after_calls = {}, {}, None, False
    for line in text.split("\n"):
        match = re.match(r"c?fn=\((\d+)\)(?: (.*))?", line)
        if match:
            if match.group(2):
                names[match.group(1)] = match.group(2)
            if line.startswith("cfn="):
                called = names[match.group(1)]
        elif line.startswith("calls="):
            after_calls = True
        elif after_calls:
            costs[called] = costs.get(called, 0) + int(line.split()[-1])
            after_calls = False
    return costs


def count_instructions(probe):
    with tempfile.TemporaryDirectory(prefix="crashwright-callgrind-") as folder:
        costs = inclusive_costs(run_callgrind(probe, folder))
    empty = costs["hot_empty_loop"]
    return {name[len("hot_"):]: (cost - empty) / TIMES
            for name, cost in sorted(costs.items()) if name.startswith("hot_") and name != "hot_empty_loop"}


def check_ratchet(counts, path, tighten):
    ratchet = json.loads(path.read_text()) if path.exists() else {}
    status = 0
    for name, count in counts.items():
        allowed = ratchet.get(name)
        if allowed is None:
            if not tighten:
                print(f"{name}: {count:.1f} instructions, and no line in {path.name}; add one with --tighten")
                status = 1
            continue
        limit = allowed + max(allowed * TOLERANCE, TOLERANCE_INSTRUCTIONS)
        verdict = "holds" if count <= limit else "has grown"
        status = status if count <= limit else 1
        print(f"{name}: {count:.1f} instructions, ratchet {allowed:.1f}: {verdict}")
    for name in sorted(set(ratchet) - set(counts)):
        print(f"{name}: in {path.name}, but the probe has no such hot path")
        status = 1
    if tighten and status == 0:
        lowered = {name: round(min(count, ratchet.get(name, count)), 1) for name, count in counts.items()}
        path.write_text(json.dumps(lowered, indent=1, sort_keys=True) + "\n")
    return status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ratchet", type=pathlib.Path)
    parser.add_argument("--tighten", action="store_true")
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path(sys.argv[0]).resolve().parent)
    parser.add_argument("--repetitions", type=int, default=1, help="counts do not vary: taken once all the same")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print(json.dumps({"samples": {}, "absent": {"instructions": "valgrind is not installed"}}))
        return 77 if options.ratchet else 0
    counts = count_instructions(options.programs / "hot_path_probe")
    if options.ratchet:
        return check_ratchet(counts, options.ratchet, options.tighten)
    print(json.dumps({"samples": {f"instructions.{name}": [count] for name, count in counts.items()}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
