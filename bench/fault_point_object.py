#!/usr/bin/env python3
"""What a fault point leaves in the object code when it is compiled out: it must be nothing.

usage: fault_point_object.py WITH.o WITHOUT.o DORMANT.o          print samples for `crashwright bench`
       fault_point_object.py WITH.o WITHOUT.o DORMANT.o --check  exit 1 unless it is nothing

WITH.o and WITHOUT.o are fault_point_out.cc with CRASHWRIGHT_NO_FAULT_POINTS, with and without the line. DORMANT.o is
the same source with fault points compiled in: it must differ, or the comparison would prove nothing.
"""
import argparse
import json
import re
import subprocess
import sys


def sections(path):
    """Size of every section that is loaded, by name."""
    listing = subprocess.run(["objdump", "-h", path], capture_output=True, text=True, check=True).stdout
    found = {}
    for match in re.finditer(r"^\s*\d+ (\S+)\s+([0-9a-f]+).*\n\s+(.*)$", listing, re.M):
        if "ALLOC" in match.group(3):
            found[match.group(1)] = found.get(match.group(1), 0) + int(match.group(2), 16)
    return found


def code(path):
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True)
    return listing.stdout.split("\n", 3)[3]


def symbols(path):
    return subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout


def bytes_more(left, right):
    ours, theirs = sections(left), sections(right)
    return sum(abs(ours.get(name, 0) - theirs.get(name, 0)) for name in set(ours) | set(theirs))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("with_line")
    parser.add_argument("without_line")
    parser.add_argument("dormant")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--repetitions", type=int, default=1)
    options = parser.parse_args()
    more = bytes_more(options.with_line, options.without_line)
    if not options.check:
        print(json.dumps({"samples": {"compiled_out_bytes": [more],
                                      "compiled_in_bytes": [bytes_more(options.dormant, options.without_line)]}}))
        return 0
    same = (more == 0 and code(options.with_line) == code(options.without_line)
            and symbols(options.with_line) == symbols(options.without_line))
    differs = code(options.dormant) != code(options.without_line)
    print(f"compiled out: {more} bytes more, code and symbols {'the same' if same else 'DIFFER'}; "
          f"compiled in: code {'differs, as it should' if differs else 'is THE SAME'}")
    return 0 if same and differs else 1


if __name__ == "__main__":
    sys.exit(main())
