#!/usr/bin/env python3
"""Holds rca.schema.json against real outputs of `crashwright autopsy --json`: cores, texts, folders.

usage: schema_test.py CRASHWRIGHT VICTIM VICTIM_ASAN     ends with 77 (skipped) without python3-jsonschema
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    sys.exit(77)

HERE = pathlib.Path(__file__).parent
DEATHS = ["null", "variables", "deadlock", "reader_deadlock", "exhaustion", "assert", "exception", "bad_alloc", "none"]


def texts():
    parts = (HERE / "testing/crash_texts.txt").read_text().split("\n%% ")[1:]
    return {label.split("\n")[0]: label.split("\n", 1)[1] for label in parts}


def die(program, death, folder):
    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    options = "abort_on_error=1:disable_coredump=0:detect_leaks=0:log_path=" + folder + "/asan"
    with open(folder + "/stderr.txt", "w", encoding="utf-8") as out:
        subprocess.run([program, death], cwd=folder, preexec_fn=prepare, stdout=out, stderr=out, check=False,
                       env={**os.environ, "ASAN_OPTIONS": options})


def main():
    crashwright, victims = sys.argv[1], sys.argv[2:]
    schema = json.loads((HERE / "rca.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    causes = {entry for entry in schema["definitions"]["cause"]["enum"]}
    checked, wrong = 0, 0

    def check(what, *arguments):
        nonlocal checked, wrong
        command = [crashwright, "autopsy", "--json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        checked += 1
        for error in validator.iter_errors(json.loads(done.stdout)):
            wrong += 1
            print(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")

    with tempfile.TemporaryDirectory() as scratch:
        for victim in victims:
            for death in DEATHS:
                folder = tempfile.mkdtemp(dir=scratch)
                die(victim, death, folder)
                check(f"{pathlib.Path(victim).name} {death}", folder)
        for name, text in texts().items():
            path = scratch + "/text"
            pathlib.Path(path).write_text(text, encoding="utf-8")
            check(name, "--text", path)
    broken = {"format": "crashwright-rca", "version": 1, "cause": "NO_SUCH_CAUSE"}
    if validator.is_valid(broken) or "NO_SUCH_CAUSE" in causes:
        wrong += 1
        print("the schema lets anything pass")
    print(f"{checked} outputs, {wrong} breaches of the schema")
    return 1 if wrong or checked < 80 else 0


sys.exit(main())
