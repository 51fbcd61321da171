#!/usr/bin/env python3
"""The fault zoo: lets every bug kill the program in every build, and scores what the autopsy says of each death.

usage: zoo.py --crashwright build/bin/crashwright [--work DIR] [--only BUG...] [--doc FILE] [--samples]
       zoo.py --crashwright build/bin/crashwright --programs plain=PROGRAM asan=PROGRAM [--sample N] [--seed S]

Builds: {GCC, Clang} x {-O0, -O2} x {plain with and without frame pointers, each also stripped with its debug file
apart; AddressSanitizer; UndefinedBehaviorSanitizer; ThreadSanitizer; MemorySanitizer (Clang)}. What is scored: cause
and function both right, one signature for one bug in all builds, no signature shared by two bugs, and frames equal to
gdb's. `--programs` takes builds that are there (a test), of which `--sample` lets N random deaths happen; `--samples`
prints for `crashwright bench`.
Exit code: 0 when every bar holds, 1 otherwise, 77 when this machine writes no core into the working directory.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile

import zoo_frames
import zoo_page

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = ["zoo_main.cc", "memory.cc", "checks.cc", "threads.cc", "sanitized.cc", "surroundings.cc"]
SANITIZERS = {
    "plain": [],
    "asan": ["-fsanitize=address", "-fno-omit-frame-pointer"],
    "ubsan": ["-fsanitize=undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"],
    "tsan": ["-fsanitize=thread", "-fno-omit-frame-pointer"],
    "msan": ["-fsanitize=memory", "-fno-omit-frame-pointer"],
}
BARS = {"right_percent": 98, "signature_equal_percent": 97, "frames_equal_gdb_percent": 99}

Build = collections.namedtuple("Build", "compiler opt flavour frame_pointer form")


def all_builds():
    builds = []
    for compiler in ("g++", "clang++"):
        if not shutil.which(compiler):
            print(f"zoo: no {compiler} here, its builds are left out", file=sys.stderr)
            continue
        for opt in ("-O0", "-O2"):
            for pointer in (True, False):
                for form in ("whole", "detached"):
                    builds.append(Build(compiler, opt, "plain", pointer, form))
            for flavour in ("asan", "ubsan", "tsan") + (("msan",) if compiler == "clang++" else ()):
                builds.append(Build(compiler, opt, flavour, True, "whole"))
    return builds


def name_of(build):
    pointer = "fp" if build.frame_pointer else "nofp"
    return f"{build.compiler.replace('+', 'p')}{build.opt}-{build.flavour}-{pointer}-{build.form}"


def compile_build(build, work):
    """The program of that build; compiled again only when a source is newer."""
    folder = work / name_of(build)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "zoo"
    sources = [HERE / source for source in SOURCES]
    newest = max(path.stat().st_mtime for path in sources + [HERE / "zoo.h"])
    if program.exists() and program.stat().st_mtime > newest:
        return program
    pointer = "-fno-omit-frame-pointer" if build.frame_pointer else "-fomit-frame-pointer"
    command = [build.compiler, "-std=c++20", "-g", build.opt, pointer, "-w", "-fstack-protector-strong",
               "-Wl,--build-id=sha1", "-pthread", *SANITIZERS[build.flavour], *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True, cwd=folder)
    if build.form == "detached":
        subprocess.run(["objcopy", "--only-keep-debug", "zoo", "zoo.debug"], check=True, cwd=folder)
        subprocess.run(["strip", "--strip-all", "zoo"], check=True, cwd=folder)
        subprocess.run(["objcopy", "--add-gnu-debuglink=zoo.debug", "zoo"], check=True, cwd=folder)
    return program


def list_bugs(program):
    out = subprocess.run([str(program), "--list"], capture_output=True, text=True, check=True).stdout
    return [dict(zip(("name", "cause", "function", "flavours"), line.split("\t"))) for line in out.splitlines()]


def allow_core():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def die(program, build, bug, folder):
    """Lets the bug kill the program in `folder`; what it leaves stays there."""
    keeps_core = build.flavour not in ("tsan", "msan")
    options = ("handle_segv=2:handle_abort=0:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2:abort_on_error=1:"
               f"disable_coredump={0 if keeps_core else 1}:detect_leaks=1:print_stacktrace=1:halt_on_error=1:"
               f"log_path={folder}/{build.flavour}")
    variables = {f"{name}_OPTIONS": options for name in ("ASAN", "UBSAN", "TSAN", "MSAN")}
    command = [str(program), bug]
    if build.flavour in ("tsan", "msan"):
        command = ["setarch", "-R"] + command  # their shadow memory has no room under wide randomisation
    with open(folder / "stderr.txt", "wb") as output:
        result = subprocess.run(command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, timeout=60,
                                preexec_fn=allow_core, env={**os.environ, **variables})
    for core in folder.glob("core.*"):
        core.rename(folder / "core")
    return result.returncode


def examine(job):
    program, build, bug, options = job
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crashwright-zoo-"))
    try:
        status = die(program, build, bug["name"], folder)
        command = [options.crashwright, "autopsy", "--format", "json", str(folder)]
        out = subprocess.run(command, capture_output=True, text=True,
                             timeout=120)
        report = json.loads(out.stdout) if out.stdout.startswith("{") else {}
        death = {"bug": bug["name"], "build": name_of(build), "flavour": build.flavour, "expected": bug["cause"],
                 "function": bug["function"], "said": report.get("cause", "no answer"),
                 "blamed": report.get("function", "").removeprefix("zoo::"), "signature": report.get("signature", ""),
                 "status": status, "frames": None}
        if options.gdb and build.flavour == "plain" and (folder / "core").exists():
            death["frames"] = zoo_frames.compare(report, program, folder / "core")
        if options.keep and not is_right(death):
            shutil.copytree(folder, pathlib.Path(options.keep) / f"{bug['name']}.{name_of(build)}", dirs_exist_ok=True)
        return death
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_right(death):
    return death["said"] == death["expected"] and death["blamed"] == death["function"]


def signatures_by_bug(deaths):
    by_bug = collections.defaultdict(collections.Counter)
    for death in deaths:
        by_bug[death["bug"]][death["signature"]] += 1
    return by_bug


def score(deaths):
    right = sum(map(is_right, deaths))
    by_bug = signatures_by_bug(deaths)
    bugs_of = collections.defaultdict(set)
    for death in deaths:
        bugs_of[death["signature"]].add(death["bug"])
    equal = sum(max((n for signature, n in signatures.items() if signature), default=0)
                for signatures in by_bug.values())
    merged = sum(len(bugs) * (len(bugs) - 1) // 2 for signature, bugs in bugs_of.items() if signature)
    compared = sum(death["frames"]["compared"] for death in deaths if death["frames"])
    same = sum(death["frames"]["equal"] for death in deaths if death["frames"])
    result = {"deaths": len(deaths), "right_percent": 100 * right / max(1, len(deaths)),
              "signature_equal_percent": 100 * equal / max(1, len(deaths)), "signature_merged_wrongly": merged}
    if compared:
        result["frames_equal_gdb_percent"] = 100 * same / compared
        lines = sum(death["frames"]["lines"] for death in deaths if death["frames"])
        result["lines_equal_gdb_percent"] = 100 * sum(d["frames"]["lines_equal"] for d in deaths if d["frames"]) / lines
    return result


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crashwright", required=True)
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "crashwright-zoo-builds"))
    parser.add_argument("--programs", nargs="+", metavar="FLAVOUR=PROGRAM", help="builds that are there already")
    parser.add_argument("--sample", type=int, help="that many deaths only, chosen at random")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--only", nargs="+", metavar="BUG", help="these bugs only")
    parser.add_argument("--doc", help="writes the page with the confusion matrix")
    parser.add_argument("--keep", help="folder for what the deaths left that were not told right")
    parser.add_argument("--no-gdb", dest="gdb", action="store_false")
    parser.add_argument("--samples", action="store_true", help="prints for `crashwright bench`")
    parser.add_argument("--repetitions", help="accepted, and of no effect: deaths do not vary")
    options = parser.parse_args()
    options.gdb = options.gdb and shutil.which("gdb") is not None
    return options


def main():
    options = parse_options()
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as pattern:
        if pattern.read().strip() not in ("core", "core.%p"):
            print("zoo: kernel.core_pattern must be a plain \"core\"", file=sys.stderr)
            return 77
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        if options.programs:
            named = [program.split("=", 1) for program in options.programs]
            builds = [Build("given", "", flavour, True, "whole") for flavour, _ in named]
            programs = [pathlib.Path(program).resolve() for _, program in named]
        else:
            builds = all_builds()
            programs = list(pool.map(lambda build: compile_build(build, pathlib.Path(options.work)), builds))
        bugs = list_bugs(programs[0])
        jobs = [(program, build, bug, options) for program, build in zip(programs, builds) for bug in bugs
                if build.flavour in bug["flavours"].split() and bug["name"] in (options.only or [bug["name"]])]
        if options.sample:
            print(f"seed {options.seed}")
            jobs = random.Random(options.seed).sample(jobs, min(options.sample, len(jobs)))
        deaths = list(pool.map(examine, jobs))
    result = score(deaths)
    wrong = [death for death in deaths if not is_right(death)]
    output = sys.stderr if options.samples else sys.stdout
    print(zoo_page.matrix(deaths), file=output)
    for death in wrong:
        print(f"wrong: {death['bug']} in {death['build']}: said {death['said']} in {death['blamed']!r}, is "
              f"{death['expected']} in {death['function']!r}", file=output)
    usual = {bug: signatures.most_common(1)[0][0] for bug, signatures in signatures_by_bug(deaths).items()}
    for death in deaths:
        if death["signature"] != usual[death["bug"]]:
            print(f"signature: {death['bug']} in {death['build']}: {death['signature']}, usually "
                  f"{usual[death['bug']]}", file=output)
        for difference in (death["frames"] or {}).get("differences", []):
            print(f"frames: {death['bug']} in {death['build']}: {difference}", file=output)
    print(json.dumps(result), file=output)
    if options.doc:
        zoo_page.write(pathlib.Path(options.doc), deaths, result, builds, name_of)
    if options.samples:
        samples = {name: [value] for name, value in result.items() if name not in ("deaths", "lines_equal_gdb_percent")}
        absent = {} if options.gdb else {"frames_equal_gdb_percent": "there is no gdb here"}
        print(json.dumps({"samples": samples, "absent": absent}))
    held = all(result.get(name, bar) >= bar for name, bar in BARS.items()) and result["signature_merged_wrongly"] == 0
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
