#!/usr/bin/env python3
"""The report of a real run, as a real browser shows it.

usage: report_page_test.py CRASHWRIGHT FOLDER TOOLS       run scenarios into FOLDER, open the report, check it
       report_page_test.py --script-hash PAGE             the hash that html_script.cc must name
       report_page_test.py --screenshots TOOLS RUN FOLDER pictures of a run's report, for people

TOOLS is the folder that ci/page_tools fills (build/page_tools). Checked here: JUnit as Jenkins wants it; events as
their schema says; the order of the evidence; that no other script can run. Checked in Chromium (report_in_browser.mjs):
no error on the console and no request to anywhere; every link leads somewhere; the page is whole without scripts;
filters and keys; light and dark; contrast; a phone. Without Chromium or Playwright the test fails; it is skipped, and
says so, only where the distribution has no package of Chromium.
"""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SKIPPED = 77
PAGE_BYTES_MAX = 2 << 20
ORDER = ["Timeline", "Log around the crash", "Stacks", "Wait-for ring", "State difference", "Evidence",
         "Storage operations lost", "Artefacts"]
SCENARIOS = {
    "passes": "name: a death that is survived\nsession: {messages: 800}\nfaults:\n"
              "  - null_dereference: {at: gateway.send_order, hit: 5}\n",
    "control": "name: nothing happens\nsession: {messages: 300}\n",
    "wrong": "name: a wrong expectation\nwhy: <b>markup</b> & \"quotes\" stay text\nsession: {messages: 800}\nfaults:\n"
             "  - null_dereference: {at: gateway.send_order, hit: 6}\nexpect: {rca: {cause: FPE}}\n",
    "ring": "name: two locks in two orders\nsession: {messages: 800, stall_after: 200ms}\nfaults:\n"
            "  - lock_order_deadlock: {at: book.apply, hit: 100}\nexpect: {rca: {cause: FPE}}\n",
    "never": "name: never reached\nsession: {messages: 300}\nfaults:\n  - abort: {at: feed.message, hit: 1000000}\n",
    "power": "name: power is lost\nsession: {messages: 800, durability: power_loss}\nfaults:\n"
             "  - power_loss: {at: gateway.after_send, hit: 15}\nexpect: {rca: {cause: FPE}}\n",
}

problems = []


def check(good, what):
    if not good:
        problems.append(what)


def script_hash(page):
    script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def make_run(crashwright, folder):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "scenarios").mkdir(parents=True)
    for name, text in SCENARIOS.items():
        (folder / "scenarios" / f"{name}.yaml").write_text(text)
    command = [crashwright, "run", str(folder / "scenarios"), "--out", str(folder / "out")]
    # An earlier run, so that there is history.
    subprocess.run(command + ["--filter", "nothing happens"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(command + ["--allow-skipped"], capture_output=True, text=True)
    check(done.returncode == 1, f"the run ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-500:]}")
    return (folder / "out" / "latest").resolve()


def check_junit(path):
    """What the schema of Jenkins' JUnit plug-in allows, and counts that add up."""
    allowed = {"testsuites": {"name", "tests", "failures", "errors", "time"},
               "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
               "testcase": {"name", "classname", "time"}, "failure": {"type", "message"},
               "error": {"type", "message"}, "skipped": {"message"}}
    inside = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "error", "skipped"}}
    root = xml.parse(path).getroot()
    check(root.tag == "testsuites", "junit: the root is testsuites")
    for element in root.iter():
        check(element.tag in allowed, f"junit: element {element.tag}")
        check(set(element.attrib) <= allowed.get(element.tag, set()), f"junit: attributes {sorted(element.attrib)}")
        for child in element:
            check(child.tag in inside.get(element.tag, set()), f"junit: {child.tag} in {element.tag}")
        if "time" in element.attrib:
            check(re.fullmatch(r"\d+(\.\d+)?", element.get("time")), f"junit: time {element.get('time')}")
    for suite in root.iter("testsuite"):
        check(int(suite.get("tests")) == len(suite), f"junit: tests of {suite.get('name')}")
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            found = len(suite.findall(f"testcase/{tag}"))
            check(int(suite.get(kind)) == found, f"junit: {kind} of {suite.get('name')}")


def check_events(crashwright, path):
    import jsonschema
    schema = json.loads(subprocess.run([crashwright, "schema", "events"], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    lines = path.read_text().splitlines()
    for line in lines:
        for error in validator.iter_errors(json.loads(line)):
            problems.append(f"events: {error.message[:300]}")
    broken = json.loads(lines[0])
    del broken["seed"]
    check(not validator.is_valid(broken), "events: the schema misses a missing key")


def check_text(page):
    check(script_hash(page) in page, f"the page's policy does not name its script: {script_hash(page)}")
    check(page.count("<script") == 1, "one script, ours")
    check(len(page.encode()) < PAGE_BYTES_MAX, f"{len(page)} bytes")
    check("<b>markup</b>" not in page, "markup of a scenario is markup of the page")
    section = page[page.index('id="case-two-locks'):]
    section = section[:section.index("</details>\n<details class=\"case\"")]
    headings = re.findall(r"<h3>([^<]*)</h3>", section)
    places = [next((i for i, h in enumerate(headings) if h.startswith(word)), None) for word in ORDER[:6] + ORDER[7:]]
    check(None not in places and places == sorted(places), f"the order of the evidence: {headings}")
    if 'class="badge SKIPPED"' not in page:
        check("<h3>Storage operations lost</h3>" in page, "what a loss of power took away")


def names_chromium():
    """Whether this distribution has the package at all (ci/packages-*.txt)."""
    return "chromium" in subprocess.run([str(PROJECT / "ci" / "install"), "--names"], check=True, capture_output=True,
                                        text=True).stdout.split()


def browser_command(tools, run, pictures):
    """What shows a run's report in Chromium; None where the distribution has no package of it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program and not names_chromium():
        return None
    for name, there in (("chromium", program), ("nodejs", shutil.which("node")),
                        ("playwright-core", (tools / "node_modules" / "playwright-core").is_dir())):
        if not there:
            sys.exit(f"FAILED: no {name}, and without it nobody has looked at the report: run ci/install "
                     f"(ci/page_tools {tools} for this build folder)")
    return ["node", str(HERE / "report_in_browser.mjs"), str(tools), program, str(run), str(pictures)]


def check_in_browser(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    problems.extend(done.stdout.splitlines())
    check(done.returncode == (1 if done.stdout else 0), f"the browser's check ended with {done.returncode}")


def main():
    if sys.argv[1] == "--script-hash":
        print(script_hash(pathlib.Path(sys.argv[2]).read_text()))
        return 0
    if sys.argv[1] == "--screenshots":
        return subprocess.run(browser_command(*[pathlib.Path(word).resolve() for word in sys.argv[2:5]])
                              + ["--pictures"]).returncode
    folder = pathlib.Path(sys.argv[2])
    command = browser_command(pathlib.Path(sys.argv[3]), folder / "out" / "latest", folder / "screenshots")
    run = make_run(sys.argv[1], folder)
    check_junit(run / "junit.xml")
    check_events(sys.argv[1], run / "events.jsonl")
    check_text((run / "report.html").read_text())
    if command:
        check_in_browser(command)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems with the report of {run}")
    if problems:
        return 1
    if not command:
        print("SKIPPED: this distribution has no chromium package: the page was read, not shown")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
