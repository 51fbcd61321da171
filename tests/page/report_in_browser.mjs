// The report of a run as Chromium shows it: prints what is wrong with it, a problem a line.
//
//   node report_in_browser.mjs TOOLS CHROMIUM RUN PICTURES            every check, then pictures
//   node report_in_browser.mjs TOOLS CHROMIUM RUN PICTURES --pictures  pictures only, for people
//
// Before it believes that a report is good, it shows the checks a page that is bad in every way (bad_page.html): one
// that finds nothing there is a problem itself. Exit status: 0 no problem, 1 problems, 2 it could not look.
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL, fileURLToPath} from "node:url";

import {startBrowser, withPage} from "./browser.mjs";
import * as checks from "./report_checks.mjs";

const CASES = 6;
const CASE = "case-two-locks-in-two-orders.release";
const PHONE = {width: 390, height: 844};

const problems = [];

function note(where, found) {
  for (const problem of found) problems.push(`${where}: ${problem}`);
}

async function lookWithScripts(browser, url, folder) {
  await withPage(browser, url, {}, async (page, complaints) => {
    note("links", await checks.deadLinks(page, folder));
    note("filters", await checks.filters(page, CASES));
    note("light", await checks.contrast(page));
    note("console", complaints);
  });
  await withPage(browser, url, {colorScheme: "dark"}, async (page, complaints) => {
    note("dark", await checks.contrast(page));
    note("console in the dark", complaints);
  });
  await withPage(browser, url, {viewport: PHONE}, async (page, complaints) => {
    note("phone", await checks.phone(page));
    note("console on a phone", complaints);
  });
  await withPage(browser, url, {}, async (page) => note("keyboard", await checks.keys(page)));
  await withPage(browser, `${url}#${CASE}`, {}, async (page) => note("links", await checks.linkOpensCase(page, CASE)));
  await withPage(browser, url, {}, async (page) => note("policy", await checks.foreignScript(page)));
}

async function lookWithoutScripts(browser, url, folder) {
  await withPage(browser, url, {javaScriptEnabled: false}, async (page, complaints) => {
    note("without scripts", await checks.withoutScripts(page));
    note("without scripts", await checks.deadLinks(page, folder));
    note("console without scripts", complaints);
  });
}

// Each check, at a page that it must refuse.
async function lookAtBadPage(browser) {
  const file = fileURLToPath(new URL("bad_page.html", import.meta.url));
  await withPage(browser, pathToFileURL(file).href, {}, async (page, complaints) => {
    await page.waitForLoadState("networkidle");
    const seen = {
      "a console error": complaints.some((one) => one.startsWith("console: ")),
      "an exception": complaints.some((one) => one.startsWith("exception: ")),
      "a request": complaints.some((one) => one.startsWith("request: ")),
      "dead links": (await checks.deadLinks(page, path.dirname(file))).length === 2,
      "pale text": (await checks.contrast(page)).some((one) => one.startsWith("contrast: ")),
      "a wide page": (await checks.tooWide(page)).length === 1,
      "a foreign script": (await checks.foreignScript(page)).length === 1,
      "a closed case": (await checks.linkOpensCase(page, "case-hidden")).length === 1,
      "keys that do nothing": (await checks.keys(page)).length >= 4,
    };
    for (const [what, found] of Object.entries(seen)) {
      if (!found) problems.push(`the test is blind: it does not find ${what} in bad_page.html`);
    }
  });
  await withPage(browser, pathToFileURL(file).href, {javaScriptEnabled: false}, async (page) => {
    if ((await checks.withoutScripts(page)).length === 0) problems.push("the test is blind without scripts");
  });
}

async function takePictures(browser, url, folder) {
  fs.mkdirSync(folder, {recursive: true});
  for (const colorScheme of ["light", "dark"]) {
    await withPage(browser, url, {colorScheme}, async (page) =>
      page.screenshot({path: path.join(folder, `report-${colorScheme}.png`), fullPage: true}));
  }
  await withPage(browser, url, {viewport: PHONE}, async (page) =>
    page.screenshot({path: path.join(folder, "report-phone.png"), fullPage: true}));
}

async function main([tools, program, run, pictures, only]) {
  const url = pathToFileURL(path.join(run, "report.html")).href;
  const browser = await startBrowser(tools, program);
  try {
    if (only !== "--pictures") {
      await lookAtBadPage(browser);
      await lookWithScripts(browser, url, run);
      await lookWithoutScripts(browser, url, run);
    }
    await takePictures(browser, url, pictures);
  } finally {
    await browser.close();
  }
  for (const problem of problems) console.log(problem);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.log(`the browser could not look: ${error.message}`);
  return 2;
});
