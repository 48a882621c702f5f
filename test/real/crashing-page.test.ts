import { readFileSync } from "node:fs";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { canBrowse, openBrowser, openPage } from "./browser.ts";

describe("examples/crawler.ts", () => {
  it("reads each page once, tries again what is busy, and loses the broken page alone", async () => {
    const { pages } = await import("../../examples/crawler.ts");
    expect(pages).toEqual({
      "/": "read",
      "/news": "read",
      "/about": "read",
      "/busy": "read",
      "/archive": "read",
      "/broken": "lost",
    });
  });
});

describe.skipIf(!canBrowse)("examples/crashing-page", () => {
  let browser: Browser | undefined;
  afterAll(() => browser?.close());

  it("brings back the worker that crashed, and leaves the others alone", async () => {
    const { outputFiles } = await build({
      entryPoints: ["examples/crashing-page/page.ts"],
      bundle: true,
      platform: "browser",
      format: "esm",
      write: false,
    });
    browser = await openBrowser();
    const page = await openPage(browser);
    const html = readFileSync("examples/crashing-page/index.html", "utf8").replace(/<script.*<\/script>/, "");
    await page.setContent(html);
    await page.addScriptTag({ type: "module", content: outputFiles[0]!.text });
    const counting = "[...document.querySelectorAll('output')].every(({ value }) => /^counts [3-9]/.test(value))";
    await page.waitForFunction(counting);
    await page.click("text=crash green");
    await page.waitForFunction("document.querySelectorAll('li')[1].textContent.includes('1 restarts')");
    await page.waitForFunction("document.querySelectorAll('output')[1].value === 'counts 1'");
    expect(await page.locator("span").allTextContents()).toEqual(["0 restarts", "1 restarts", "0 restarts"]);
  });
});
