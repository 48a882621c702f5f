import { existsSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { defineExperiment, memoryStore, type RunHandle, run, start } from "crucible-harness";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atLabelDesk } from "#src/app/label-desk";
import { labelsIn } from "#src/app/results/labels-in";
import { faults } from "#src/testing/faults";
import { openLabelPages } from "#src/viewer/label-pages";
import { openRuns, type Runs } from "#src/viewer/runs";
import { openViewer, type Viewer } from "#src/viewer/server";
import { temporaryFolder } from "../support.ts";
import { canBrowse, openBrowser, openPage } from "./browser.ts";
import { NEVER_MS, scratch, start as startCommand, until } from "./command.ts";

/** Tasks that end well up to the fifth item, and then wait until they are released and fail; the limiter breaks on the way. */
function faulted(directory: string): { handle: RunHandle; release: () => void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const experiment = defineExperiment({
    name: "Seen <b>live</b>",
    dataset: Array.from({ length: 30 }, (_, i) => ({ id: `item-${i}` })),
    conditions: ["first", "second"].map((name) => ({
      name,
      run: async (_: { id: string }, { charge }) => {
        ended += 1;
        charge(0.01);
        if (ended <= 10) return { accuracy: 1, text: "<img src=x onerror=alert(1)>" };
        await released;
        throw Object.assign(new Error("<script>alert(2)</script>"), { status: 400 });
      },
    })),
    metrics: ["accuracy"],
    config: {
      maxParallel: 3,
      errorHandling: { failureWindow: 8, minimumTasks: 8, maxFailureRate: 0.2, onOpen: "pause", coolDownMs: 3_600_000 },
    },
  });
  let ended = 0;
  const handle = start(experiment, {
    checkpointDir: directory,
    formats: [],
    faults: faults([{ target: "actor", path: "services/limiter", fault: "crash", at: 8 }]),
  });
  return { handle, release };
}

const directory = temporaryFolder();
let handle: RunHandle;
let release: () => void;
let runs: Runs;
let viewer: Viewer;
beforeAll(async () => {
  ({ handle, release } = faulted(directory));
  runs = openRuns(directory);
  viewer = await openViewer(runs);
  await until(() => handle.status().accounting.succeeded === 10, "the first tasks");
  await until(() => existsSync(join(directory, `${handle.id}.live`)), "the run to answer");
});
afterAll(async () => {
  release();
  handle.abort();
  await handle.done;
  await viewer.close();
  runs.close();
});

type Marked = Element & { isMarked?: boolean };
const KEPT = "h1, h2, input, svg.machine";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(
  path: string,
  headers: Record<string, string> = {},
  { method = "GET", port = viewer.port } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    asked.on("error", reject).end();
  });
}

/** Waits for a condition, as long as it takes. */
const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: NEVER_MS });

const tokenOf = (url: string): string => new URL(url).searchParams.get("token")!;

describe("the viewer's door", () => {
  const cookieFrom = async (of: Viewer): Promise<string> => {
    const { status, headers } = await ask(`/?token=${tokenOf(of.url)}`, {}, { port: of.port });
    expect(status).toBe(303);
    expect(headers.location).toBe("/");
    expect(headers["set-cookie"]![0]).toMatch(/; HttpOnly; SameSite=Lax/);
    return headers["set-cookie"]![0]!.split(";")[0]!;
  };

  it("opens for the token alone, under this machine's own name, for looking", async () => {
    const cookie = await cookieFrom(viewer);
    expect((await ask("/", { cookie })).status).toBe(200);
    expect((await ask("/")).status).toBe(401);
    expect((await ask("/style.css")).status).toBe(401);
    expect((await ask("/", { cookie: cookie.replace(/=.*/, `=${"0".repeat(64)}`) })).status).toBe(401);
    expect((await ask(`/?token=${"0".repeat(64)}`, { cookie })).status).toBe(401);
    expect((await ask("/", { cookie, host: "attacker.example" })).status).toBe(403);
    expect(
      (await ask(`/?token=${tokenOf(viewer.url)}`, { host: `127.0.0.1.attacker.example:${viewer.port}` })).status,
    ).toBe(403);
    expect((await ask("/", { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).status).toBe(403);
    expect((await ask("/", { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).status).toBe(200);
    for (const method of ["POST", "PUT", "DELETE"]) expect((await ask("/", { cookie }, { method })).status).toBe(405);
    expect((await ask("//attacker.example/", { cookie })).status).toBe(400);
  });

  it("is another one for another viewer of the same runs", async () => {
    const others = openRuns(directory);
    const other = await openViewer(others);
    try {
      const [own, foreign] = [await cookieFrom(other), await cookieFrom(viewer)];
      expect((await ask("/", { cookie: own }, { port: other.port })).body).toContain("Seen &lt;b&gt;live");
      expect((await ask("/", { cookie: foreign }, { port: other.port })).status).toBe(401);
      expect((await ask("/", { cookie: own })).status).toBe(401);
    } finally {
      await other.close();
      others.close();
    }
  });

  it("lets nothing in from elsewhere, and nothing be kept or embedded", async () => {
    const { headers } = await ask("/", { cookie: await cookieFrom(viewer) });
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("does not mind those who go away in the middle", async () => {
    const cookie = await cookieFrom(viewer);
    const streams = Array.from({ length: 40 }, () => {
      const headers = { cookie, accept: "text/event-stream" };
      const asked = request({ host: "127.0.0.1", port: viewer.port, path: `/run/${handle.id}`, headers });
      asked.on("error", () => {});
      asked.on("response", (response) => {
        response.on("error", () => {});
        response.once("data", () => asked.destroy());
      });
      asked.end();
      return new Promise((resolve) => asked.on("close", resolve));
    });
    await Promise.all(streams);
    expect((await ask("/", { cookie })).status).toBe(200);
    expect(handle.status().state).toBe("running");
  });
});

describe.skipIf(!canBrowse)("the viewer in Chromium, over a live run with faults", () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
    page = await openPage(browser);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("dialog", (dialog) => problems.push(dialog.message()));
    page.on("request", (asked) => new URL(asked.url()).hostname === "127.0.0.1" || problems.push(asked.url()));
    await page.goto(viewer.url);
  });
  afterAll(() => browser?.close());
  /** Follows the link to a page of the run, and waits for all of it: a click alone comes back while the old one still stands. */
  const open = async (name: string): Promise<void> => {
    await page.getByRole("link", { name, exact: true }).click();
    await page.locator(".tabs [aria-current]", { hasText: name }).waitFor();
    await page.waitForLoadState();
  };
  /** Marks the elements on the screen: they are to be changed, not to be made again, or focus and selection would be lost. */
  const mark = () =>
    page.evaluate((kept) => {
      for (const one of document.querySelectorAll(kept)) (one as Marked).isMarked = true;
    }, KEPT);
  /** What is on the screen and was not when it was marked. */
  const madeAnew = () =>
    page.evaluate(
      (kept) =>
        [...document.querySelectorAll(kept)]
          .filter((one) => !(one as Marked).isMarked)
          .map((one) => one.outerHTML.slice(0, 80)),
      KEPT,
    );
  const stateOf = (machine: string, state: string) => page.locator(`#${machine} [data-state="${state}"]`);

  it("shows the tree with the restart, the breaker's chart as it moves to open, and the tasks that fit, without a reload", async () => {
    expect(page.url()).not.toContain("token");
    await page.getByRole("link", { name: "Seen <b>live</b>", exact: true }).click();
    await page.getByText("10 succeeded").waitFor();
    await page.getByRole("status").filter({ hasText: "live" }).waitFor();

    await open("Tree");
    const limiter = page.locator('[data-path="services/limiter"]');
    await limiter.getByText("1 restart").waitFor();
    expect(await limiter.textContent()).toContain("crash: injected into services/limiter");
    await page.locator(".actor", { hasText: "waits for its attempt" }).first().waitFor();
    expect(await page.getByRole("table", { name: "Restarts" }).textContent()).toContain("services/limiter");

    await open("Machines");
    await mark();
    expect(await stateOf("breaker", "closed").getAttribute("data-count")).toBe("1");
    expect(await stateOf("breaker", "open").getAttribute("data-count")).toBe("0");
    expect(await stateOf("worker", "running").getAttribute("data-count")).toBe("3");
    release();
    await page.locator('#breaker [data-state="open"][data-count="1"]').waitFor();
    expect(await stateOf("breaker", "closed").getAttribute("data-count")).toBe("0");
    await page.locator('#limiter [data-state="closed"][data-count="1"]').waitFor();
    expect(await madeAnew()).toEqual([]);

    await open("Tasks");
    const rows = page.locator("main tbody tr");
    await mark();
    await page.getByLabel("Status").selectOption("failed");
    await page
      .getByText(/1 to \d+ of \d+ matching tasks/)
      .first()
      .waitFor();
    await eventually(async () => (await rows.count()) - handle.status().accounting.failed).toBe(0);
    const failed = await rows.count();
    expect((await rows.allTextContents()).every((text) => text.includes("failed permanent"))).toBe(true);
    await page.getByLabel("Condition").selectOption("first");
    await eventually(() => rows.count()).toBeLessThan(failed);
    await page.getByLabel("Status").selectOption("");
    await page.locator("main").press("/"); // to the search
    await page.keyboard.type("onerror");
    await eventually(async () => (await rows.allTextContents()).every((text) => text.includes("success"))).toBe(true);
    expect(page.url()).toContain("q=onerror");
    expect(await page.getByLabel("Find").inputValue()).toBe("onerror");
    expect(await madeAnew()).toEqual([]);

    await rows.first().getByRole("link").click();
    await page.getByText("<img src=x onerror=alert(1)>").waitFor();
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it("filters facts, is dark where the reader is, and can be used without a mouse", async () => {
    await open("Facts");
    await page.getByLabel("Type").selectOption("circuit.opened");
    await eventually(() => page.locator("main tbody tr").count()).toBe(1);
    await page.emulateMedia({ colorScheme: "dark" });
    const background = () =>
      page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)![0]));
    expect(await background()).toBeLessThan(60);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background()).toBeGreaterThan(200);
    await page.locator("h1").click();
    await page.keyboard.press("2");
    await page.waitForURL(/\/tree$/);
    await open("Tasks");
    await page.locator("main tbody th a").first().click();
    await page.waitForURL(/\/tasks\/\d+$/);
    const first = Number(/\d+$/.exec(page.url())![0]);
    await page.keyboard.press("]");
    await page.waitForURL(new RegExp(`/tasks/${first + 1}$`));
    await page.keyboard.press("[");
    await page.waitForURL(new RegExp(`/tasks/${first}$`));
    for (const name of ["Overview", "Tree", "Machines", "Facts", "Tasks"]) {
      await open(name);
      const unnamed = await page
        .locator("button, input, select, svg[role=img]")
        .evaluateAll(
          (all) =>
            all.filter(
              (one) =>
                !(
                  one.textContent?.trim() ||
                  one.getAttribute("aria-label") ||
                  (one as HTMLInputElement).labels?.length
                ),
            ).length,
        );
      expect(unnamed, name).toBe(0);
      const levels = await page
        .locator("h1, h2, h3")
        .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
      expect(levels[0]).toBe(1);
      for (const [i, level] of levels.slice(1).entries()) expect(level - levels[i]!).toBeLessThanOrEqual(1);
    }
    expect(problems).toEqual([]);
  });

  it("labels answers without a mouse: each key is a label that is stored, and the answer that was skipped comes back", async () => {
    const store = { ...memoryStore(), close: () => {} };
    const experiment = defineExperiment({
      name: "To be labelled",
      dataset: [{ id: "q", input: "6 * 7?", target: "42" }],
      conditions: ["first", "second", "third"].map((name) => ({
        name,
        run: () => ({ accuracy: 1, completion: "<img src=x onerror=alert(3)> 42" }),
      })),
      metrics: ["accuracy"],
    });
    const { experimentId } = await run(experiment, { formats: [], store: () => store });
    await atLabelDesk(experimentId, { store }, async (desk) => {
      const door = await openLabelPages(desk);
      const labels = await openPage(browser, { viewport: { width: 1000, height: 800 } });
      labels.on("pageerror", (error) => problems.push(error.message));
      labels.on("dialog", (dialog) => problems.push(dialog.message()));
      await labels.goto(door.url);
      await labels.getByLabel("Your name").fill("ada");
      await labels.getByLabel("Rubric").fill("right if it says 42");
      await labels.keyboard.press("Enter");
      await labels.getByRole("heading", { name: "Answer 1 of 3" }).waitFor();
      expect(await labels.locator("main").textContent()).not.toMatch(/first|second|third/);
      const told = (words: string) => labels.getByRole("status").filter({ hasText: words }).waitFor();
      await labels.keyboard.press("c");
      await told("1 of 3 labelled");
      await labels.keyboard.press("s");
      await labels.getByRole("heading", { name: "Answer 3 of 3" }).waitFor();
      await labels.keyboard.press("/");
      await labels.keyboard.type("0.5");
      await labels.keyboard.press("Enter");
      await told("2 of 3 labelled");
      await labels.getByRole("link", { name: "Start" }).click();
      await labels.getByRole("link", { name: "ada" }).click();
      await labels.getByRole("heading", { name: "Answer 2 of 3" }).waitFor(); // the one that was skipped
      await labels.keyboard.press("p");
      await labels.getByRole("heading", { name: "All answers are labelled" }).waitFor();
      await labels.keyboard.press("u");
      await told("2 of 3 labelled");
      await labels.keyboard.press("i");
      await labels.getByRole("heading", { name: "All answers are labelled" }).waitFor();
      await door.close();
    });
    expect(labelsIn(store).map(({ rater, label }) => [rater, label])).toEqual([
      ["ada", "C"],
      ["ada", "0.5"],
      ["ada", "I"],
    ]);
    expect(problems).toEqual([]);
  });

  it("says how the run ended when it ends, and then stands still", async () => {
    await open("Overview");
    await page.locator(".pill", { hasText: "running" }).first().waitFor();
    handle.abort("seen enough");
    await handle.done;
    await page.locator("header .pill", { hasText: "aborted" }).waitFor();
    await page.getByText("seen enough").first().waitFor();
    await eventually(() => page.locator("#connection").textContent()).toBe("");
    expect(problems).toEqual([]);
  });
});

describe("crucible view", () => {
  const here = scratch();
  afterAll(() => here.remove());

  it("prints one address, makes reports in a process of its own, and ends when it is interrupted", async () => {
    const { child, ended } = startCommand(["view", "--json", "--checkpoints", directory], here.path);
    let printed = "";
    child.stdout!.on("data", (chunk) => {
      printed += chunk;
    });
    await until(() => printed.includes("\n"), "the address");
    const { url, port } = JSON.parse(printed) as { url: string; port: number };
    const { headers } = await ask(`/?token=${tokenOf(url)}`, {}, { port });
    const cookie = headers["set-cookie"]![0]!.split(";")[0]!;
    handle.abort();
    await handle.done;
    const results = async () => (await ask(`/run/${handle.id}/results`, { cookie }, { port })).body;
    await eventually(results).not.toContain("Analysing");
    expect(await results()).toContain("Results by condition");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });
});
