// What a report must keep in a real browser. Each check takes a page that shows one and gives what is wrong with it.
import fs from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";

const contrastScript = fs.readFileSync(path.join(path.dirname(fileURLToPath(import.meta.url)), "contrast.js"), "utf8");

function expect(problems, good, what) {
  if (!good) problems.push(what);
}

export async function deadLinks(page, folder) {
  const problems = [];
  const links = await page.$$eval("a[href]", (all) => all.map((one) => one.getAttribute("href")));
  for (const link of new Set(links)) {
    const good = link.startsWith("#")
      ? await page.evaluate((id) => document.getElementById(id) !== null, decodeURIComponent(link.slice(1)))
      : fs.existsSync(path.join(folder, decodeURIComponent(link)));
    expect(problems, good, `a link leads nowhere: ${link}`);
  }
  return problems;
}

// A link from elsewhere to a case opens it.
export async function linkOpensCase(page, id) {
  const seen = await page.locator(`[id="${id}"]`).isVisible();
  return seen ? [] : [`a link to ${id} does not open it`];
}

export async function filters(page, cases) {
  const problems = [];
  const shown = () => page.locator("#cases tbody tr:visible").count();
  expect(problems, (await shown()) === cases, "not all cases are shown at first");
  const pass = page.locator("#filters input[value=PASS]");
  await pass.click();
  expect(problems, (await shown()) < cases, "a verdict cannot be hidden");
  await pass.click();
  await page.fill("#search", "lock_order_deadlock");
  expect(problems, (await shown()) === 1, "the search does not find a fault");
  expect(problems, (await page.textContent("#shown")).includes("1 of"), "the filter does not say how many");
  await page.fill("#search", "");
  return problems;
}

export async function keys(page) {
  const problems = [];
  const focus = () => page.evaluate(() => `${document.activeElement.tagName}.${document.activeElement.id || ""}`);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.keyboard.press("j");
  expect(problems, (await focus()) === "SUMMARY.", "j does not go to the next case");
  const first = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  expect(problems, (await page.evaluate(() => document.activeElement.textContent)) === first,
         "k does not go back to the case before");
  const open = () => page.evaluate(() => document.activeElement.parentElement.open);
  const before = await open();
  await page.keyboard.press("Enter");
  expect(problems, (await open()) !== before, "Enter does not open or close a case");
  await page.keyboard.press("/");
  expect(problems, (await focus()) === "INPUT.search", "/ does not go to the search");
  await page.keyboard.press("Escape");
  const light = await background();
  await page.keyboard.press("d");
  expect(problems, (await background()) !== light, "d does not change light and dark");
  await page.keyboard.press("d");
  await page.keyboard.press("Tab");
  expect(problems, await page.evaluate(() => document.activeElement !== document.body), "Tab reaches nothing");
  return problems;
}

// Every text against what is behind it, with all cases open (WCAG 2, AA), and nothing wider than the window.
export async function contrast(page) {
  const problems = [];
  await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
  const result = await page.evaluate(contrastScript);
  expect(problems, result.seen > 100, `only ${result.seen} texts were seen`);
  for (const failure of result.failures) problems.push(`contrast: ${failure}`);
  return problems.concat(await tooWide(page));
}

export async function tooWide(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return wide <= 0 ? [] : [`the page is ${wide} px wider than the window`];
}

// On a phone the overview keeps what matters: verdict, name, reason.
export async function phone(page) {
  const problems = await tooWide(page);
  const reason = page.locator("#cases tr[data-o=FAIL] td:nth-child(2) div.soft").first();
  expect(problems, (await reason.innerText()).length > 10, "the overview does not say why a case failed");
  const name = await page.locator("#cases tbody td:nth-child(2)").first().boundingBox();
  expect(problems, name.width > 200, `a case's name has ${name.width} px`);
  return problems;
}

// Should escaping ever fail, no script but the page's own may run.
export async function foreignScript(page) {
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = 1";
    document.body.append(script);
    return window.ran === 1;
  });
  return ran ? ["a script that is not the page's own ran"] : [];
}

// What is there for somebody whose browser runs no scripts: everything but what only a script can do.
export async function withoutScripts(page) {
  const problems = [];
  const shown = await page.locator("body").innerText();
  for (const text of ["a wrong expectation", "Timeline", "Log around the crash", "crashwright run", "attention"]) {
    expect(problems, shown.toLowerCase().includes(text.toLowerCase()), `there is no "${text}"`);
  }
  expect(problems, !shown.includes("next, previous case"), "there are filters that do nothing");
  return problems;
}
