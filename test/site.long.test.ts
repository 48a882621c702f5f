import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canBrowse, openBrowser, openPage } from "./real/browser.ts";

const scratch = mkdtempSync("test/.scratch/site-");
const site = join(scratch, "site");
const build = (to: string): string =>
  execFileSync(
    process.execPath,
    ["--import", "tsx", "--conditions=crucible-harness-source", "test/site.mjs", "--to", to],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_OPTIONS: "" } },
  );
build(site);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const files = readdirSync(site, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
const pages = new Map(
  files.filter((path) => path.endsWith(".html")).map((path) => [path, readFileSync(join(site, path), "utf8")]),
);
const idsOf = new Map(
  [...pages].map(([path, text]) => [path, new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id))]),
);

describe("npm run site", () => {
  it("makes a page of every document, whose links lead to files and places that are there, without a network", () => {
    const wrong = [...pages].flatMap(([from, text]) =>
      [...text.matchAll(/ (href|src)="([^"]*)"/g)].flatMap(([, attribute, to]) => {
        if (/^(https:|mailto:|data:)/.test(to!)) return attribute === "src" ? [`${from}: ${to} is of a network`] : [];
        const [path = "", slug] = to!.split("#", 2);
        const target = path === "" ? from : normalize(join(dirname(from), path)).replaceAll("\\", "/");
        const isThere = files.includes(target) && (slug === undefined || idsOf.get(target)?.has(slug));
        return isThere ? [] : [`${from}: ${to}`];
      }),
    );
    expect(wrong).toEqual([]);
    for (const path of readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".md"),
    ))
      expect(pages.has(path.replaceAll("\\", "/").replace(/\.md$/, ".html")), path).toBe(!path.startsWith("api"));
  });

  it("replaces no folder that is anything but an earlier site", () => {
    const taken = mkdtempSync(join(scratch, "taken-"));
    expect(() => build(taken)).toThrow("must be a folder that is not there, or an earlier site");
    expect(existsSync(taken)).toBe(true);
  });
});

describe.skipIf(!canBrowse)("the site in a browser, from disk", () => {
  let browser: Browser;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const open = async (path: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> => {
    const page = await openPage(browser, options);
    page.on("pageerror", (error) => complaints.push(`${path}: ${error}`));
    page.on("requestfailed", (request) => complaints.push(`${path}: ${request.url()}`));
    await page.goto(pathToFileURL(join(site, path)).href);
    return page;
  };

  it("finds sections by words and by the beginning of an option, and leads to them by keyboard", async () => {
    const page = await open("how-to/vitest.html");
    await page.keyboard.press("/");
    await page.keyboard.type("maxfailureR");
    await page.locator("#found a", { hasText: "Options: defineExperiment" }).waitFor();
    await page.locator("#search").fill("cohen's dz");
    await page.locator("#found a", { hasText: "Cohen's dz" }).first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/plain-statistics\.html#cohens-dz/);
    await page.locator("#search").fill("<img>zzzqqq");
    await page.locator("#found p", { hasText: "Nothing is found." }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("follows the reader's theme, and remembers another that is chosen", async () => {
    const paper = (page: Page): Promise<string> => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const page = await open("index.html", { colorScheme: "dark" });
    expect(await paper(page)).toBe("rgb(22, 24, 26)");
    await page.locator("#theme").click();
    expect(await paper(page)).toBe("rgb(253, 253, 251)");
    await page.goto(pathToFileURL(join(site, "ci.html")).href);
    expect(await paper(page)).toBe("rgb(253, 253, 251)");
    expect(complaints).toEqual([]);
  });

  it("is as wide as a phone", async () => {
    const page = await open("index.html", { viewport: { width: 390, height: 844 } });
    const wide: string[] = [];
    const widest = ["options", "statistics", "machines", "supervision/conformance", "how-to/from-inspect", "changelog"];
    for (const path of widest.map((name) => `${name}.html`)) {
      await page.goto(pathToFileURL(join(site, path)).href);
      if (await page.evaluate("document.documentElement.scrollWidth > innerWidth")) wide.push(path);
    }
    expect(wide).toEqual([]);
    await page.locator("details.all summary").click();
    await page.locator("details.all a", { hasText: "Tutorial" }).click();
    await page.waitForURL(/tutorial\.html$/);
    expect(complaints).toEqual([]);
  });
});
