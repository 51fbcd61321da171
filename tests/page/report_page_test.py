#!/usr/bin/env python3
"""The report of a real run, as a real browser shows it.

usage: report_page_test.py CRASHWRIGHT FOLDER          run scenarios into FOLDER, open the report, check it
       report_page_test.py --script-hash PAGE          the hash that html_script.cc must name
       report_page_test.py --screenshots RUN FOLDER    pictures of a run's report, for people

Checks: no error on the console and no request to anywhere; every link leads somewhere; the page is whole without
scripts; filters, keys and copying work with them; light and dark; contrast; no other script can run; the order of the
evidence; JUnit as Jenkins wants it; events as their schema says. Without Chromium what needs it is skipped, and said
to be.
"""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser  # noqa: E402

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


def check_links(browser, folder):
    for href in browser.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"):
        if href.startswith("#"):
            good = browser.evaluate(f"!!document.getElementById(decodeURIComponent({json.dumps(href[1:])}))")
        else:
            good = (folder / urllib.parse.unquote(href)).exists()
        check(good, f"a link leads nowhere: {href}")


def check_keys(browser):
    focus = "document.activeElement.tagName + '.' + (document.activeElement.id || '')"
    browser.press("j")
    check(browser.evaluate(focus) == "SUMMARY.", "j goes to the next case")
    browser.press("/")
    check(browser.evaluate(focus) == "INPUT.search", "/ goes to the search")
    browser.press("Escape")
    before = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    browser.press("d")
    check(browser.evaluate("getComputedStyle(document.body).backgroundColor") != before, "d changes light and dark")
    browser.press("d")
    browser.press("Tab")
    check(browser.evaluate("document.activeElement !== document.body"), "Tab reaches something")


def check_filters(browser):
    visible = "[...document.querySelectorAll('#cases tbody tr')].filter((row) => !row.hidden).length"
    check(browser.evaluate(visible) == len(SCENARIOS), "all cases are shown at first")
    browser.evaluate("document.querySelector('#filters input[value=PASS]').click()")
    check(browser.evaluate(visible) < len(SCENARIOS), "a verdict can be hidden")
    browser.evaluate("document.querySelector('#filters input[value=PASS]').click()")
    browser.evaluate("(() => { const s = document.getElementById('search'); s.value = 'lock_order_deadlock'; "
                     "s.dispatchEvent(new Event('input', {bubbles: true})); })()")
    check(browser.evaluate(visible) == 1, "the search finds a fault")
    check("1 of" in browser.evaluate("document.getElementById('shown').textContent"), "the filter says how many")
    browser.evaluate("(() => { const s = document.getElementById('search'); s.value = ''; "
                     "s.dispatchEvent(new Event('input', {bubbles: true})); })()")


def check_contrast(browser):
    script = (pathlib.Path(__file__).parent / "contrast.js").read_text()
    for dark in (False, True):
        browser.show(1280, 900, dark)
        browser.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        result = browser.evaluate(script)
        check(result["seen"] > 100, f"only {result['seen']} texts were seen")
        check(not result["failures"], f"contrast, {'dark' if dark else 'light'}: {result['failures']}")
        wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
        check(wide <= 0, f"the page is {wide} px wider than the window")


def check_phone(browser):
    """Nothing runs out of a narrow window, and the overview keeps what matters: verdict, name, reason."""
    browser.show(390, 844, False)
    wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
    check(wide <= 0, f"on a phone the page is {wide} px wider than the window")
    reason = browser.evaluate("document.querySelector('#cases tr[data-o=FAIL] td:nth-child(2) div.soft').innerText")
    check(len(reason) > 10, f"the overview does not say why a case failed: {reason}")
    name = browser.evaluate("document.querySelector('#cases tbody td:nth-child(2)').getBoundingClientRect().width")
    check(name > 200, f"a case's name has {name} px on a phone")
    browser.show(1280, 900, False)


def check_policy(browser):
    """Should escaping ever fail, no script but the page's own may run."""
    browser.evaluate("(() => { const script = document.createElement('script'); script.textContent = 'window.ran = 1'; "
                     "document.body.append(script); })()")
    check(browser.evaluate("window.ran === undefined"), "a script that is not the page's own ran")


def check_without_scripts(browser, url):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(url)
    check(not browser.complaints(), f"without scripts: {browser.complaints()}")
    # Layout and text as the browser has them: page scripts cannot be asked.
    snapshot = browser.call("DOMSnapshot.captureSnapshot", computedStyles=[])
    strings, document = snapshot["strings"], snapshot["documents"][0]
    shown = " ".join(strings[i] for i in document["layout"]["text"] if i >= 0)
    for text in ("a wrong expectation", "Timeline", "Log around the crash", "crashwright run", "attention"):
        check(text in shown, f"without scripts there is no \"{text}\"")
    check("next, previous case" not in shown, "without scripts there are filters that do nothing")
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


def check_in_browser(program, run, shots):
    url = (run / "report.html").as_uri()
    with Browser(program) as browser:
        browser.show(1280, 900, False)
        browser.open(url)
        check_links(browser, run)
        check_filters(browser)
        check_keys(browser)
        check_contrast(browser)
        check_phone(browser)
        check(not browser.complaints(), f"the console complains: {browser.complaints()}")
        # From elsewhere: within the page a browser loads nothing anew.
        browser.open("about:blank")
        browser.open(url + "#case-two-locks-in-two-orders.release")
        check(browser.evaluate("document.getElementById('case-two-locks-in-two-orders.release')"
                               ".checkVisibility()"), "a link to a case opens it")
        check_policy(browser)
        check_without_scripts(browser, url)
        take_screenshots(browser, run, shots)


def take_screenshots(browser, run, shots):
    shots.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        browser.show(1280, 1000, dark)
        browser.open((run / "report.html").as_uri())
        browser.screenshot(shots / f"report-{'dark' if dark else 'light'}.png", whole=True)


def main():
    if sys.argv[1] == "--script-hash":
        print(script_hash(pathlib.Path(sys.argv[2]).read_text()))
        return 0
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if sys.argv[1] == "--screenshots":
        with Browser(program) as browser:
            take_screenshots(browser, pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]))
        return 0
    folder = pathlib.Path(sys.argv[2])
    run = make_run(sys.argv[1], folder)
    check_junit(run / "junit.xml")
    check_events(sys.argv[1], run / "events.jsonl")
    check_text((run / "report.html").read_text())
    if program:
        check_in_browser(program, run, folder / "screenshots")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems with the report of {run}")
    if problems:
        return 1
    if not program:
        print("SKIPPED: no chromium: the page was read, not shown")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
