import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { NEVER_MS } from "./command.ts";

const executablePath = process.env.CRUCIBLE_CHROMIUM ?? "/usr/bin/chromium";

/** Whether there is a browser, or must be one. Where there is none, the tests of pages are skipped, and say so. */
export const canBrowse = existsSync(executablePath) || process.env.CRUCIBLE_REQUIRE_CHROMIUM === "1";
if (!canBrowse)
  console.warn(`skipped: pages in a browser: no ${executablePath}; install Debian's chromium or set CRUCIBLE_CHROMIUM`);

/** Starts Chromium, however long a busy machine takes for it. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
    timeout: NEVER_MS,
  });

/** An empty page of a desktop's size, that waits as long. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
  page.setDefaultTimeout(NEVER_MS);
  return page;
}
