// The page's script. Its hash is checked by tests/page/report_page_test.py; a changed script needs a new one:
//   python3 tests/page/report_page_test.py --script-hash report.html
#include "harness/report/html_parts.h"

namespace crashwright::harness {
namespace {

constexpr const char* kScript = R"js(
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const filters = $("filters");
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch (e) { } };
  const kept = (key) => { try { return localStorage.getItem(key); } catch (e) { return null; } };
  const night = matchMedia("(prefers-color-scheme:dark)");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : night.matches;
  if (kept("crashwright-theme")) root.dataset.theme = kept("crashwright-theme");
  const toggle = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    keep("crashwright-theme", root.dataset.theme);
  };

  for (const block of document.querySelectorAll(".repeat")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", () => {
      const text = block.querySelector("pre").textContent;
      const done = () => { button.textContent = "copied"; setTimeout(() => { button.textContent = "copy"; }, 1500); };
      if (!navigator.clipboard) return select(block);
      navigator.clipboard.writeText(text).then(done, () => select(block));
    });
    block.append(button);
  }
  const select = (block) => getSelection().selectAllChildren(block.querySelector("pre"));

  const rows = [...document.querySelectorAll("#cases tbody tr")];
  const cases = [...document.querySelectorAll("details.case")];
  const sectionOf = (row) => {
    const body = $(decodeURIComponent(row.querySelector("a").hash.slice(1)));
    return body && body.closest("details");
  };
  const apply = () => {
    const wanted = new Set([...filters.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value));
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const suite = $("suite") ? $("suite").value : "";
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const good = wanted.has(row.dataset.o) && (!suite || row.dataset.s === suite) &&
        words.every((word) => text.includes(word));
      row.hidden = !good;
      const section = sectionOf(row);
      if (section) section.hidden = !good;
      shown += good ? 1 : 0;
    }
    const all = rows.length + (rows.length === 1 ? " case" : " cases");
    $("shown").textContent = shown === rows.length ? all : shown + " of " + all;
  };
  if (filters) {
    filters.hidden = false;
    filters.addEventListener("input", apply);
    apply();
  }

  const open = () => {
    const target = location.hash && $(decodeURIComponent(location.hash.slice(1)));
    const section = target && target.closest("details.case");
    if (section) { section.open = true; section.hidden = false; section.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();

  let at = -1;
  const step = (by) => {
    const visible = cases.filter((one) => !one.hidden);
    if (!visible.length) return;
    at = Math.min(Math.max(at + by, 0), visible.length - 1);
    const summary = visible[at].querySelector("summary");
    summary.focus();
    summary.scrollIntoView({block: "start"});
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target.id === "search") {
      event.target.value = "";
      apply();
      event.target.blur();
    }
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "/" && $("search")) { event.preventDefault(); $("search").focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
    if (event.key === "d") toggle();
  });
})();
)js";

}  // namespace

const char* html_script() noexcept { return kScript; }

const char* html_script_hash() noexcept { return "sha256-b0I4WUbdqSfVGNwyzItAQ5/fmymN9094sPlnVz8aLtE="; }

}  // namespace crashwright::harness
