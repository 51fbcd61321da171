#!/usr/bin/env python3
"""The house style as a test: what can be checked by machine is, and exceptions may only shrink.

usage: style_test.py ROOT            check; exit 1 with file:line: message for each violation
       style_test.py ROOT --ratchet  rewrite style_ratchet.json with today's exceptions (only ever to lower them)

Checks: line length, file length, function length, layering between rooms, calls that are forbidden in signal context,
a header comment in every public header, words that promise something for later, standard headers that are there by
chance only (a later libstdc++ includes fewer of them by itself). The exceptions that exist are in
style_ratchet.json with their size; growing one fails, and so does leaving one in the file that has shrunk.
"""
import json
import pathlib
import re
import sys

LINE_MAX = 120
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# Bottom up: a room includes only itself and rooms named before it.
ROOMS = ["base", "postmortem", "rca", "mock_engine", "verifiers", "harness"]
# design: the reference engine links the kit alone, never the autopsy.
FORBIDDEN_INCLUDES = {"mock_engine": {"rca"}, "postmortem": set(), "base": set()}
TOP_ROOMS = {"bench", "tests", "examples"}  # may include everything

# Sources whose code runs in a signal handler, from the first to the last line.
SIGNAL_CONTEXT_MARK = "// Signal context: this whole file."
FORBIDDEN_IN_SIGNAL_CONTEXT = re.compile(
    r"\b(malloc|calloc|realloc|free|printf|fprintf|snprintf|sprintf|fopen|fwrite|fputs|puts|localtime|gmtime|strftime"
    r"|syslog|exit|dlopen|dlsym|backtrace|backtrace_symbols|pthread_mutex_lock|getenv|strerror|std::string|std::vector"
    r"|std::map|std::mutex|std::lock_guard|std::unique_lock|std::function|std::cout|std::cerr|fmt::\w+"
    r"|throw|make_unique|make_shared)\b(?!\.h)|\bnew\s+[A-Za-z(]|\bdelete\s")
PROMISES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# What a name of the standard library needs, wherever it came from so far.
STANDARD_NAMES = {
    "cstdint": r"\bu?int(8|16|32|64|ptr)_t\b",
    "string": r"\bstd::string\b",
    "vector": r"\bstd::vector<",
    "optional": r"\bstd::optional<",
    "memory": r"\bstd::(unique_ptr|shared_ptr|make_unique|make_shared)\b",
    "map": r"\bstd::map<",
    "array": r"\bstd::array\b",
    "functional": r"\bstd::function<",
    "algorithm": r"\bstd::(sort|find|find_if|any_of|all_of|none_of|count_if|min|max|clamp)\(",
    "mutex": r"\bstd::(mutex|lock_guard|unique_lock)\b",
    "thread": r"\bstd::thread\b",
    "atomic": r"\bstd::atomic\b",
    "cstring": r"\bstd::(memcpy|memset|memcmp|strlen|strcmp|strerror)\(",
    "cstdlib": r"\bstd::(getenv|strtol|strtoul|abort|exit)\(",
}


def strip(text):
    """Source with comments and literals blanked, line structure kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return pattern.sub(blank, text)


def functions(text):
    """(first line, line count) of each function body, lambdas inside it included."""
    code = strip(text)
    stack, line, head_line = [], 1, 1
    found = []
    head = ""
    for char in code:
        if char == "\n":
            line += 1
        if char in ";}" and not (stack and stack[-1][0] == "function"):
            head = ""
        if char == "{":
            inside = any(kind == "function" for kind, _ in stack)
            takes_arguments = re.search(r"\)\s*(const|noexcept|override|final|\s)*$", head)
            scope = re.search(r"\b(namespace|class|struct|enum|union|extern)\b", head) and not takes_arguments
            kind = "block" if inside or scope or ")" not in head else "function"
            stack.append((kind, head_line if head.strip() else line))
            head = ""
            continue
        if char == "}":
            if stack:
                kind, start = stack.pop()
                if kind == "function":
                    found.append((start, line - start + 1))
            head = ""
            continue
        if char == ";":
            head = ""
            continue
        if not head.strip() and not char.isspace():
            head_line = line
        head += char
    return found


def check_file(path, name, problems, measured):
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            problems.append(f"{name}:{number}: {len(line)} characters, at most {LINE_MAX}")
        if PROMISES.search(line) and name != "tests/style_test.py":
            problems.append(f"{name}:{number}: a promise for later; do it now or leave it out")
    if path.suffix not in (".cc", ".h"):
        return
    if len(lines) - 1 > FILE_LINES_MAX:
        measured[f"file {name}"] = len(lines) - 1
    for start, count in functions(text):
        if count > FUNCTION_LINES_MAX:
            measured[f"function {name}:{lines[start - 1].strip()[:60]}"] = count
    check_layers(name, lines, problems)
    if path.suffix == ".h" and not lines[0].startswith("//"):
        problems.append(f"{name}:1: a public header starts with what it is for: threads, errors, signal context")
    if SIGNAL_CONTEXT_MARK in text:
        for number, line in enumerate(strip(text).split("\n"), 1):
            match = FORBIDDEN_IN_SIGNAL_CONTEXT.search(line)
            if match and not line.lstrip().startswith("#include"):
                problems.append(f"{name}:{number}: {match.group(0).strip()} is not allowed in signal context")


def check_layers(name, lines, problems):
    room = name.split("/")[0]
    if room in TOP_ROOMS or room not in ROOMS:
        return
    allowed = set(ROOMS[: ROOMS.index(room) + 1]) - FORBIDDEN_INCLUDES.get(room, set())
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include "([a-z_]+)/', line)
        if match and match.group(1) in ROOMS and match.group(1) not in allowed:
            problems.append(f"{name}:{number}: {room} may not include {match.group(1)} (rooms: {' < '.join(ROOMS)})")


def check_signal_files(root, problems):
    marked = [p for p in (root / "postmortem").glob("*.cc") if SIGNAL_CONTEXT_MARK in p.read_text()]
    if not marked:
        problems.append("postmortem: no source is marked as signal context; the crash handler must be")


def check_standard_includes(root, problems):
    files = {}
    for path in sources(root):
        if path.suffix in (".cc", ".h"):
            text = path.read_text()
            files[str(path.relative_to(root))] = (strip(text), re.findall(r'^#include "([^"]+)"', text, re.M),
                                                  set(re.findall(r"^#include <([^>]+)>", text, re.M)))

    def included(name, seen):
        if name in seen or name not in files:
            return set()
        seen.add(name)
        _, own, standard = files[name]
        return standard.union(*(included(header, seen) for header in own))

    for name, (code, _, _) in files.items():
        there = included(name, set())
        for header, pattern in STANDARD_NAMES.items():
            if header not in there and re.search(pattern, code):
                problems.append(f"{name}: uses what <{header}> declares and does not include it")


def sources(root):
    for room in ROOMS + sorted(TOP_ROOMS) + ["ci", "cmake", "scenarios"]:
        for path in sorted((root / room).rglob("*")):
            if path.is_file() and path.suffix in (".cc", ".h", ".py", ".sh", ".cmake", ".yaml"):
                yield path


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    ratchet_path = root / "tests" / "style_ratchet.json"
    problems, measured = [], {}
    for path in sources(root):
        check_file(path, str(path.relative_to(root)), problems, measured)
    check_signal_files(root, problems)
    check_standard_includes(root, problems)
    ratchet = json.loads(ratchet_path.read_text()) if ratchet_path.exists() else {}
    if "--ratchet" in sys.argv:
        ratchet_path.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")
        ratchet = measured
    for key, size in measured.items():
        if size > ratchet.get(key, 0):
            problems.append(f"{key}: {size} lines, allowed {ratchet.get(key, 'none over the limit')}")
    for key, size in ratchet.items():
        if measured.get(key, 0) < size:
            problems.append(f"{key}: shrank from {size} to {measured.get(key, 0)}; lower style_ratchet.json")
    for problem in problems:
        print(problem)
    print(f"style: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
