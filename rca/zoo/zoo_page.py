"""The zoo's result as a table, and as the page docs/autopsy_zoo.md."""
import collections
import json
import pathlib
import textwrap

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "rca.schema.json"


def matrix(deaths):
    """Rows: the cause; columns: what the autopsy said, in words that fit a page."""
    table = collections.defaultdict(collections.Counter)
    for death in deaths:
        table[death["expected"]][death["said"]] += 1
    lines = ["| is | deaths | told right | said instead |", "|---|---|---|---|"]
    for cause in sorted(table):
        said = table[cause]
        others = ", ".join(f"{name} {count}" for name, count in said.most_common() if name != cause)
        lines.append(f"| {cause} | {sum(said.values())} | {said[cause]} | {others or '-'} |")
    return "\n".join(lines)


def by_flavour(deaths):
    lines = ["| flavour | deaths | cause and function right |", "|---|---|---|"]
    for flavour in sorted({death["flavour"] for death in deaths}):
        of_it = [death for death in deaths if death["flavour"] == flavour]
        right = sum(d["said"] == d["expected"] and d["blamed"] == d["function"] for d in of_it)
        lines.append(f"| {flavour} | {len(of_it)} | {right} |")
    return "\n".join(lines)


def scope(causes_of_zoo):
    """What the figures are about, and what they are not."""
    causes = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]["cause"]["enum"]
    absent = sorted(set(causes) - set(causes_of_zoo) - {"NONE", "NO_FAULT", "UNKNOWN"})
    text = ("Each death is that of a small program, by itself. Causes without a death here: "
            f"{', '.join(absent) or 'none'}; these "
            "are held against texts, case folders and scenarios only, and are in none of the figures above. "
            "Stripped builds and builds without frame pointers are plain ones. A process that sends itself a "
            "signal though nothing faulted is UNKNOWN: that is the right answer, and counts as one. Frames "
            "are compared with gdb's for plain builds: of the thread that died, the first 24 of the program "
            "with their inlined calls by function, and those of the system's libraries by address alone.")
    return textwrap.wrap(text, 100)


def write(path, deaths, result, builds, name_of):
    wrong = [d for d in deaths if d["said"] != d["expected"] or d["blamed"] != d["function"]]
    lines = ["# The fault zoo", "",
             "What the autopsy says of deaths whose cause and function are known: every bug of `rca/zoo`, in every",
             "build of it. This page is written by `rca/zoo/zoo.py --crashwright build/bin/crashwright --doc",
             "docs/autopsy_zoo.md`, the nightly command.", "", "| figure | value | bar |", "|---|---|---|",
             f"| deaths | {result['deaths']} | at least 300 |",
             f"| cause and function both right | {result['right_percent']:.1f} % | at least 98 % |",
             "| signature equal over the builds of one bug | "
             f"{result['signature_equal_percent']:.1f} % | at least 97 % |",
             f"| pairs of bugs with one signature | {result['signature_merged_wrongly']} | 0 |"]
    if "frames_equal_gdb_percent" in result:
        lines.append(f"| frames equal to gdb's | {result['frames_equal_gdb_percent']:.1f} % | at least 99 % |")
    lines += ["", "## What is in it", "", *scope({death["expected"] for death in deaths})]
    lines += ["", "## Confusion matrix", "", matrix(deaths), "", "## By flavour", "", by_flavour(deaths), ""]
    lines += ["## Told wrong", ""]
    lines += [f"- {d['bug']} in {d['build']}: said {d['said']} in `{d['blamed']}`, is {d['expected']} in "
              f"`{d['function']}`" for d in wrong] or ["None."]
    lines += ["", "## Builds", "", ", ".join(f"`{name_of(build)}`" for build in builds) + ".", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
