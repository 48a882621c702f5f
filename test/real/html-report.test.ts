import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { html, type Report } from "#src/reports/index";
import { exampleReport, hostileReport } from "../reports/examples.ts";
import { wideReport } from "../reports/wide.ts";
import { temporaryFolder } from "../support.ts";
import { canBrowse, openBrowser, openPage } from "./browser.ts";

describe.skipIf(!canBrowse)("the HTML report in Chromium", () => {
  let browser: Browser;
  let report: Report;
  const folder = temporaryFolder();
  beforeAll(async () => {
    browser = await openBrowser();
    shown = await openEmpty();
    report = await exampleReport();
  });
  afterAll(() => browser?.close());

  let shown: Page;
  /** Of all pages. */
  const problems: string[] = [];
  async function openEmpty(): Promise<Page> {
    const page = await openPage(browser);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => request.url().startsWith("file:") || problems.push(`asked for ${request.url()}`));
    return page;
  }
  /** A report as a reader opens it: in one page for all, which takes a browser a third of the time that one for each takes. */
  async function open(of: Report, name: string, colorScheme: "light" | "dark" = "light", page = shown): Promise<Page> {
    const file = join(folder, `${name}.html`);
    if (!existsSync(file)) writeFileSync(file, html(of));
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ media: "screen", colorScheme });
    await page.goto(pathToFileURL(file).href);
    return page;
  }
  let hostile: Promise<Page> | undefined;
  /** Opened once: its names and outputs are megabytes. */
  const openHostile = async (): Promise<Page> => {
    hostile ??= open(await hostileReport(), "hostile", "light", await openEmpty());
    return hostile;
  };
  const firstColumn = (page: Page, table: string): Promise<string[]> =>
    page.locator(`#${table} tbody tr:not(.group) th`).allTextContents();

  it("sorts a table by a column, up and then down, within its groups", async () => {
    const page = await open(report, "example");
    const header = page.locator("#table-results thead th", { hasText: "accuracy" });
    const values = async (): Promise<number[]> => {
      const texts = await page
        .locator("#table-results tbody:first-of-type tr:not(.group) td:nth-child(3)")
        .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset.v)));
      return texts;
    };
    await header.getByRole("button").click();
    expect(await header.getAttribute("aria-sort")).toBe("ascending");
    expect(await values()).toEqual([...(await values())].sort((a, b) => a - b));
    await header.getByRole("button").press("Enter"); // by keyboard
    expect(await header.getAttribute("aria-sort")).toBe("descending");
    expect(await values()).toEqual([...(await values())].sort((a, b) => b - a));
    expect(problems).toEqual([]);
  });

  it("filters the rows of a long table", async () => {
    const page = await open(await manyItems(report, 40), "filter");
    await page.locator("#table-plan").waitFor();
    const filter = page.locator("#table-plan").getByRole("searchbox");
    await filter.fill("seed");
    const shown = await page.locator("#table-plan tbody tr:visible").allTextContents();
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.every((row) => row.toLowerCase().includes("seed"))).toBe(true);
    await filter.fill("");
    expect((await firstColumn(page, "table-plan")).length).toBeGreaterThan(shown.length);
    expect(problems).toEqual([]);
  });

  it("is dark where the reader's system is, and light or dark by choice", async () => {
    const page = await open(report, "example", "dark");
    const lightness = (): Promise<number> =>
      page.evaluate(() => {
        const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? ["0"];
        return Number(red);
      });
    expect(await lightness()).toBeLessThan(60);
    const button = page.getByRole("button", { name: /Theme/ });
    await button.click();
    expect(await lightness()).toBeGreaterThan(200);
    await button.click();
    expect(await lightness()).toBeLessThan(60);
    expect(problems).toEqual([]);
  });

  it("reads ten thousand items only when asked, a hundred at a time, and finds one", async () => {
    const page = await open(await manyItems(report, 10_000), "items");
    expect(await page.locator("#items tbody tr").count()).toBe(0);
    await page.getByRole("button", { name: "Show items" }).click();
    expect(await page.locator("#items tbody tr").count()).toBe(100);
    expect(await page.getByRole("status").textContent()).toContain("10000 of 10000 items, page 1 of 100");
    await page.getByRole("searchbox", { name: "Find items" }).fill("item 7777");
    expect(await page.locator("#items tbody tr").count()).toBe(1);
    await page.getByRole("button", { name: "item 7777" }).click();
    expect(await page.locator("#items .detail .side").textContent()).toContain("output of 7777");
    expect(problems).toEqual([]);
  });

  it("shows an item with its input, its target and the answer of each condition, and those that one condition of a pair has right", async () => {
    const page = await open(report, "example");
    await page.locator("#comparisons details", { hasText: "accuracy: all pairs" }).first().locator("summary").click();
    const row = page.locator("#table-pairs-accuracy tbody tr:not(.group)").first();
    const [better, worse] = [
      await row.locator("th, td").nth(0).textContent(),
      await row.locator("td").nth(0).textContent(),
    ];
    await row.getByRole("button", { name: "items" }).click();
    const head = await page.locator("#items thead th").allTextContents();
    const [b, w] = [head.indexOf(better!), head.indexOf(worse!)];
    const cells = await page
      .locator("#items tbody tr.item")
      .evaluateAll((rows) =>
        rows.map((one) => [...(one as HTMLTableRowElement).cells].map(({ textContent }) => textContent)),
      );
    expect(cells.length).toBeGreaterThan(3);
    for (const texts of cells) expect([texts[b]![0], texts[w]![0]]).toEqual(["✓", "✗"]);
    expect(cells[0]![0]).toMatch(/What is .*target: B/s);
    await page.locator("#items .open").first().click();
    expect(await page.locator("#items .side h3").allTextContents()).toEqual(["Input", "Target", ...head.slice(1)]);
    expect(await page.locator("#items .side mark").count()).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it("fits the width of a phone: tables and charts scroll by themselves, never the page", async () => {
    for (const page of [await open(report, "example"), await openHostile()]) {
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), page.url()).toBe(390);
    }
  });

  it("answers the question of the run without scrolling, on a desktop and on a phone", async () => {
    const page = await open(report, "example");
    for (const [width, height, whole] of [
      [1440, 900, ".verdict .panel"],
      [390, 844, ".verdict .line:last-of-type"],
    ] as const) {
      await page.setViewportSize({ width, height });
      const { y, height: own } = (await page.locator(whole).boundingBox())!;
      expect([width, y + own <= height, y + own]).toEqual([width, true, y + own]);
    }
    expect(await page.locator(".verdict .ranks .mark").count()).toBe(6);
    expect(await page.locator(".verdict .strip .lost").allTextContents()).toEqual([
      "2 failed of 360 tasks",
      "2 of 3 gates missed",
    ]);
  });

  it("of fifty conditions and six metrics stays a page that one scrolls: each pair once, the best first, all else folded", async () => {
    const page = await open(await wideReport(50, 6), "wide");
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(15_000);
    }
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(20_000);
    expect(await page.locator("#comparisons > figure.intervals").count()).toBe(1); // the first metric's
    expect(await page.locator("#comparisons > details > figure.intervals").count()).toBe(5);
    expect(await page.locator("#comparisons > figure.intervals").first().locator(".mark").count()).toBe(20);
    expect(await page.locator("#comparisons > figure.table:has(tr:nth-child(50))").count()).toBe(0);
    expect(await page.locator("#table-pairs-score-0 tbody tr").count()).toBe(50);
    expect(await page.locator("#table-pairs-score-0").textContent()).toContain("The first 50 of 1,225 rows");
    expect(problems).toEqual([]);
  });

  it("prints dark ink on white paper, whatever the reader's system", async () => {
    const page = await open(report, "example", "dark");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const [ink, paper] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor];
    });
    expect([ink, paper]).toEqual(["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
    const heads = await page.evaluate(() =>
      [...document.querySelectorAll("table.data thead, table.data thead button, .scroll:has(table)")].map((one) => {
        const { display, overflowX } = getComputedStyle(one);
        return one.matches(".scroll") ? overflowX : display;
      }),
    );
    // heads stand on every page: Chromium repeats none within a part that scrolls, and paints no button in one that it repeats
    expect([...new Set(heads)].sort()).toEqual(["contents", "table-header-group", "visible"]);
  });

  it("shows hostile names as text and runs nothing of them", async () => {
    const page = await openHostile();
    await page.getByRole("button", { name: "Show items" }).click();
    await page.locator("#items .open").first().click();
    expect(await page.locator("#table-results").textContent()).toContain("<script>alert(1)</script>");
    expect(await page.locator("script").count()).toBe(2);
    expect(problems).toEqual([]);
  });

  it("can be used without eyes or mouse: language, headings in order, names, captions of pictures, contrast", async () => {
    const page = await open(report, "example");
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    const levels = await page
      .locator("h1, h2, h3")
      .evaluateAll((all) => all.map((heading) => Number(heading.tagName[1])));
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, i) => {
      expect(level - levels[i]!).toBeLessThanOrEqual(1);
    });
    const unnamed = await page
      .locator("button, input, select")
      .evaluateAll(
        (all) =>
          all.filter(
            (one) => !(one.textContent || one.getAttribute("aria-label") || (one as HTMLInputElement).labels?.length),
          ).length,
      );
    expect(unnamed).toBe(0);
    const pictures = await page
      .locator("svg[role=img]")
      .evaluateAll((all) =>
        all.map((svg) =>
          (svg.getAttribute("aria-labelledby") ?? "")
            .split(" ")
            .every((id) => document.getElementById(id)?.textContent),
        ),
      );
    expect(pictures.length).toBeGreaterThan(5);
    expect(pictures.every(Boolean)).toBe(true);
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const tone of ["--soft", "--up", "--down"])
      expect(await contrast(page, tone), tone).toBeGreaterThanOrEqual(4.5);
  });
});

/** WCAG contrast of a colour of the page with its paper. */
const contrast = (page: Page, tone: string): Promise<number> =>
  page.evaluate((name) => {
    const root = getComputedStyle(document.documentElement);
    const luminance = (hex: string): number => {
      const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
      const [r, g, b] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(full.slice(at, at + 2), 16) / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [a, b] = [luminance(root.getPropertyValue(name).trim()), luminance(root.getPropertyValue("--paper").trim())];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }, tone);

/** The report with so many items in its item-by-item part. */
async function manyItems(report: Report, count: number): Promise<Report> {
  const conditions = ["plain", "careful", "careless"];
  const items = Array.from({ length: count }, (_, i) => ({
    id: `item ${i}`,
    entries: conditions.map((condition, c) => ({
      condition,
      status: "success",
      repeats: 1,
      values: [(i + c) % 2],
      text: `output of ${i}`,
    })),
  }));
  return { ...report, items: { fields: ["accuracy"], items, omitted: 0 } };
}
