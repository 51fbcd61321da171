// One Chromium, driven by Playwright, and the pages that it shows. Says of each page what its console complained of and
// what it asked the network for.
//
// Playwright comes from the folder that ci/install fills by package-lock.json; the browser is the distribution's.
import {createRequire} from "node:module";
import path from "node:path";

export async function startBrowser(tools, program) {
  const {chromium} = createRequire(path.resolve(tools) + path.sep)("playwright-core");
  return chromium.launch({executablePath: program, args: ["--disable-gpu", "--disable-dev-shm-usage"]});
}

// What a page did that a report must not do; it grows while the page lives.
function watch(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!/^(file|data|about):/.test(request.url())) complaints.push(`request: ${request.url()}`);
  });
  page.on("requestfailed", (request) => complaints.push(`request failed: ${request.url()}`));
  return complaints;
}

// Opens `url` in a window of its own; `use` gets the page and its complaints.
export async function withPage(browser, url, options, use) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, colorScheme: "light", ...options});
  try {
    const page = await context.newPage();
    const complaints = watch(page);
    await page.goto(url);
    return await use(page, complaints);
  } finally {
    await context.close();
  }
}
