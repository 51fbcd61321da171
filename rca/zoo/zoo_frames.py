"""Compares the frames of the autopsy with those of gdb, for the thread that died.

Equal means: for frames of the program itself the same function, inlined calls included; for frames of the system's
libraries the same address. Frames that gdb makes up for tail calls stand on no stack and are left out. Lines are
counted apart: where several lines share one address gdb and libdw choose differently.
"""
import json
import re
import subprocess

FRAMES_MAX = 24  # of an exhausted stack both show an end, the depth between differs

GDB_SCRIPT = """
import gdb, json
frames = []
frame = gdb.newest_frame()
while frame is not None and len(frames) < 64:
    if frame.type() == gdb.TAILCALL_FRAME:
        frame = frame.older()
        continue
    sal = frame.find_sal()
    frames.append({"pc": frame.pc(), "function": frame.name() or "", "line": sal.line if sal.symtab else 0,
                   "inlined": frame.type() == gdb.INLINE_FRAME,
                   "module": gdb.current_progspace().solib_name(frame.pc()) or ""})
    frame = frame.older()
print("FRAMES " + json.dumps(frames))
"""


def frames_of_gdb(program, core):
    out = subprocess.run(["gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                          "python exec(" + repr(GDB_SCRIPT) + ")", str(program), str(core)],
                         capture_output=True, text=True, timeout=120).stdout
    for line in out.splitlines():
        if line.startswith("FRAMES "):
            return json.loads(line[len("FRAMES "):])
    return []


def plain(name):
    """Without arguments, template arguments, clone suffixes and unnamed namespaces."""
    name = name.replace("(anonymous namespace)::", "").replace("operator()", "call operator")
    before = None
    while before != name:
        before = name
        name = re.sub(r"<[^<>]*>", "", name)
        name = re.sub(r"\([^()]*\)", "", name)
    name = re.sub(r"( const|\[clone.*|\.(isra|constprop|part|cold).*)", "", name)
    name = re.sub(r"\{lambda\}?(#\d+)?\}?::", "{lambda}::", name).split("@")[0].strip()
    if "operator" not in name:
        name = name.split(" ")[-1]  # a return type, where the name is that of a template
    return name.split("::")[-1] if "lambda" in name or "call operator" in name else name


def is_system(module):
    return module.startswith(("/lib", "/usr/lib", "[vdso]"))


def compare(report, program, core):
    thread = next((t for t in report.get("threads", []) if t["faulting"]), {"frames": []})
    theirs = frames_of_gdb(program, core)
    ours = [f for f in thread["frames"] if not is_system(f["module"])][:FRAMES_MAX]
    project = [f for f in theirs if not is_system(f["module"])][:FRAMES_MAX]
    physical = lambda frames: [f["pc"] for f in frames if not f["inlined"]][:FRAMES_MAX]
    result = {"compared": 0, "equal": 0, "lines": 0, "lines_equal": 0, "differences": []}

    def note(equal, text):
        result["compared"] += 1
        result["equal"] += bool(equal)
        if not equal:
            result["differences"].append(text)

    for index, frame in enumerate(project):
        own = ours[index] if index < len(ours) else {"function": "(none)", "line": 0}
        same = plain(own["function"]) == plain(frame["function"])
        result["lines"] += 1
        result["lines_equal"] += same and own["line"] == frame["line"]
        note(same, f"#{index} gdb {frame['function']}:{frame['line']}, ours {own['function']}:{own['line']}")
    system = [pc for pc in physical([f for f in theirs if is_system(f["module"])])]
    known = {f["pc"] for f in thread["frames"]}
    for pc in system:
        note(pc in known, f"gdb has {pc:#x}, ours does not")
    return result
