import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createActor, setup } from "xstate";
import { z } from "zod";
import { atLabelDesk } from "#src/app/label-desk";
import { run } from "#src/app/run";
import { scripted } from "#src/backends/scripted";
import { defineExperiment } from "#src/experiment/define";
import { type Inspector, openInspector } from "#src/inspector/inspector";
import { html } from "#src/reports/index";
import { exact } from "#src/scoring/exact";
import { chain, generate, tool, useTools } from "#src/solver/index";
import { openLabelPages } from "#src/viewer/label-pages";
import { openRuns } from "#src/viewer/runs";
import { writeSite } from "#src/viewer/write-site";
import { exampleReport } from "../reports/examples.ts";
import { temporaryFolder } from "../support.ts";
import { canBrowse, openBrowser, openPage } from "./browser.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds on a page that is at least serious: rule and first place. */
const seriousOn = async (page: Page): Promise<string[]> => {
  const { violations } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes[0]!.target.join(" ")} (${nodes.length}) ${nodes[0]!.failureSummary.slice(0, 200)}`,
    );
};

const look = tool({
  name: "look",
  parameters: z.object({}),
  execute: () => {
    throw new Error("nothing there");
  },
});
/** Calls its tool, which fails, and answers then: a timeline has bars of all kinds. */
const looking = scripted((messages) =>
  messages.at(-1)?.role === "tool"
    ? { content: messages[0]?.content.length === 10 ? "A" : "B" }
    : { content: "", toolCalls: [{ id: "1", name: "look", arguments: {} }] },
);

describe.skipIf(!canBrowse)("every page, light and dark, on a desktop and on a phone", () => {
  let browser: Browser;
  let page: Page;
  const site = join(temporaryFolder(), "site");
  const files: string[] = [];
  let inspector: Inspector | undefined;
  let labelling: Promise<void> | undefined;
  let endLabelling = (): void => {};
  /** Addresses of an inspector's pages, with its token. */
  const inspectorPages = async (): Promise<string[]> => {
    inspector = await openInspector();
    const machine = setup({}).createMachine({
      id: "nested",
      initial: "off",
      states: {
        off: { on: { POWER: "on" } },
        on: { type: "parallel", states: { left: { initial: "a", states: { a: {}, b: {} } }, right: {} } },
      },
    });
    const actor = createActor(machine, { inspect: inspector.inspect }).start();
    actor.send({ type: "POWER" });
    const key = encodeURIComponent(`1-${actor.sessionId}`);
    const paths = ["/", `/actor/${key}`, "/events", "/sequence", `/actor/${key}?at=1`];
    return paths.map((path) => {
      const address = new URL(path, inspector!.url);
      address.searchParams.set("token", new URL(inspector!.url).searchParams.get("token")!);
      return address.href;
    });
  };
  /** Addresses of the pages where answers are labelled, which stay up until the end. */
  const labelPages = async (id: string, checkpointDir: string): Promise<string[]> =>
    new Promise((ready) => {
      labelling = atLabelDesk(id, { checkpointDir }, async (desk) => {
        await desk.give({ task: (await desk.at(0))!.task, label: "C", rater: "ada", rubric: "r" });
        const door = await openLabelPages(desk);
        ready(
          ["/", "/label?rater=ada&rubric=r", "/label?rater=ada&rubric=r&at=0"].map((path) => {
            const address = new URL(path, door.url);
            address.searchParams.set("token", new URL(door.url).searchParams.get("token")!);
            return address.href;
          }),
        );
        await new Promise<void>((resolve) => {
          endLabelling = resolve;
        });
        await door.close();
      });
    });
  beforeAll(async () => {
    const checkpointDir = temporaryFolder();
    const experiment = defineExperiment({
      name: "Accessible",
      dataset: Array.from({ length: 12 }, (_, i) => ({ id: `i${i}`, question: `What is ${i}?`, answer: "A" })),
      datasetConfig: { fields: { input: "question", target: "answer" } },
      conditions: [
        {
          name: "plain",
          run: ({ id }) => {
            if (id === "i7") throw new Error("no");
            return { accuracy: id.length % 2, completion: `plain of ${id}` };
          },
        },
        { name: "careful", solver: chain(useTools([look]), generate()), scorers: [exact()], backend: looking },
      ],
      metrics: ["accuracy", "latency"],
    });
    const { experimentId: id } = await run(experiment, { checkpointDir, formats: [] });
    await run(experiment, { checkpointDir, formats: [] }); // the page of two runs needs another one
    const runs = openRuns(checkpointDir);
    await writeSite(runs, undefined, site);
    runs.close();
    const of = (name: string): string => join(site, "run", id, name);
    const pages = [
      "index",
      "tree/index",
      "machines/index",
      "facts/index",
      "tasks/index",
      "items/index",
      "matrix/index",
      "results/index",
    ];
    files.push(
      join(site, "index.html"),
      ...readdirSync(join(site, "experiment")).map((name) => join(site, "experiment", name)),
      ...readdirSync(join(site, "compare")).map((name) => join(site, "compare", name)),
      ...pages.map((name) => of(`${name}.html`)),
    );
    files.push(of("items/0/index.html"), of("tasks/0/index.html"), of("tasks/14/index.html"));
    files.push(of("report.html"));
    const report = join(site, "example-report.html");
    writeFileSync(report, html(await exampleReport()));
    files.push(report);
    files.push(...(await inspectorPages()), ...(await labelPages(id, checkpointDir)));
    browser = await openBrowser();
    page = await openPage(browser, { bypassCSP: true });
    await page.addInitScript(axe);
  });
  afterAll(async () => {
    await browser?.close();
    await inspector?.close();
    endLabelling();
    await labelling;
  });

  /** Each page is seen in one of them. */
  const screens = [
    ["light", 1440],
    ["dark", 390],
    ["dark", 1440],
    ["light", 390],
  ] as const;
  it.each(screens)("has nothing serious that axe would find: %s, %i px wide", async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    const found: string[] = [];
    const place = screens.findIndex(([scheme, px]) => scheme === colorScheme && px === width);
    for (const file of files.filter((_, i) => i % 4 === place)) {
      await page.goto(file.startsWith("http") ? file : pathToFileURL(file).href);
      if (file.endsWith("report.html")) await openAll(page);
      for (const one of await seriousOn(page)) found.push(`${file.replace(site, "")}: ${one}`);
      expect([file, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([file, width]);
    }
    expect(found).toEqual([]);
  });
});

/** Opens what is folded, and an item. */
async function openAll(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Show items" }).click();
  await page.locator("#items .open").first().click();
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
}
