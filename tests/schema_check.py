#!/usr/bin/env python3
"""Every stock scenario satisfies the schema that `crashwright schema` prints, and mistakes do not.

usage: schema_check.py CRASHWRIGHT SCENARIOS    exit 1 with a line for each scenario that the schema refuses

Reads YAML as an editor does (YAML 1.1 scalars, so `on` is a boolean), with python3-jsonschema and python3-yaml.
"""
import json
import pathlib
import subprocess
import sys

import jsonschema
import yaml

MISTAKES = {
    "an unknown key": {"name": "x", "fualts": []},
    "no name": {"faults": []},
    "an unknown fault": {"name": "x", "faults": [{"sigkil": {"at": "a.b"}}]},
    "a parameter of another fault": {"name": "x", "faults": [{"sigkill": {"at": "a.b", "bytes": "100B"}}]},
    "two faults in one entry": {"name": "x", "faults": [{"sigkill": {"at": "a"}, "abort": {"at": "a"}}]},
    "a duration without its unit": {"name": "x", "deadline": 30},
    "a word that is none": {"name": "x", "session": {"durability": "powerloss"}},
    "a dimension that is none": {"name": "x", "matrix": {"profile": ["E"]}},
    "a seed that is no number": {"name": "x", "matrix": {"seeds": ["a"]}},
    "a passage that is none": {"name": "x", "sweep": {"passages": ["frist"]}},
    "a number out of range": {"name": "x", "session": {"symbols": 1000}},
}


def main():
    crashwright, folder = sys.argv[1:]
    schema = json.loads(subprocess.run([crashwright, "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    bad = 0
    files = [f for f in sorted(pathlib.Path(folder).rglob("*.yaml"))
             if f.name != "planted_bugs.yaml" and not f.name.endswith(".part.yaml")]
    for file in files:
        for error in validator.iter_errors(yaml.safe_load(file.read_text())):
            print(f"{file}: {'/'.join(map(str, error.path))}: {error.message}")
            bad += 1
    for what, document in MISTAKES.items():
        if validator.is_valid(document):
            print(f"the schema accepts {what}: {document}")
            bad += 1
    if len(files) < 50:
        print(f"only {len(files)} scenarios found below {folder}")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
