import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInspector, createWebSocketInspector } from "@statelyai/inspect";
import { defineExperiment, openInspector, start as startRun } from "crucible-harness";
import { supervisor, up } from "crucible-harness/supervision";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createActor, fromPromise, setup } from "xstate";
import { temporaryFolder } from "../support.ts";
import { canBrowse, openBrowser, openPage } from "./browser.ts";
import { NEVER_MS, scratch, start, until } from "./command.ts";

/** A plain XState app: nothing of it is ours. */
const player = setup({}).createMachine({
  id: "player",
  initial: "off",
  states: {
    off: { on: { POWER: "on" } },
    on: { initial: "paused", states: { paused: { on: { PLAY: "playing" } }, playing: { on: { PAUSE: "paused" } } } },
  },
});

const here = scratch();
let command: ReturnType<typeof start>;
let url: string;
let feed: string;
let port: number;
let cookie: string;
beforeAll(async () => {
  command = start(["inspect", "--json"], here.path);
  let printed = "";
  command.child.stdout!.on("data", (chunk) => {
    printed += chunk;
  });
  await until(() => printed.includes("\n"), "the address");
  ({ url, feed, port } = JSON.parse(printed));
  const { headers } = await fetch(url, { redirect: "manual" });
  cookie = headers.get("set-cookie")!.split(";")[0]!;
});
afterAll(async () => {
  command.child.kill("SIGINT");
  expect(await command.ended).toMatchObject({ code: 0, stderr: "" });
  here.remove();
});

const origin = (): string => `http://127.0.0.1:${port}`;
const pageText = async (path: string): Promise<string> =>
  (await fetch(`${origin()}${path}`, { headers: { cookie } })).text();
const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look, { timeout: NEVER_MS });

/** How a socket that wants in fares. */
const knock = (address: string, options = {}): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(address, options);
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("error", () => resolve("refused"));
  });

describe("crucible inspect", () => {
  it("lets in who has a token or a secret, each for its own", async () => {
    const status = async (path: string, headers = {}) => (await fetch(`${origin()}${path}`, { headers })).status;
    const secret = new URL(feed).pathname.slice(1);
    const token = new URL(url).searchParams.get("token")!;
    expect(await status("/", { cookie })).toBe(200);
    expect(await status("/")).toBe(401);
    expect(await status(`/?token=${secret}`)).toBe(401); // what apps are given does not let them read
    expect(await status(`/${secret}`)).toBe(401);
    expect(await status("/window/x")).toBe(401);
    expect(await status(`/window/${secret}`)).toBe(200);
    expect(await knock(`ws://127.0.0.1:${port}/`)).toBe("refused");
    expect(await knock(`ws://127.0.0.1:${port}/${token}`)).toBe("refused");
    expect(await knock(feed, { headers: { host: "attacker.example" } })).toBe("refused");
    expect(await knock(feed, { origin: "http://localhost:5173" })).toBe("open"); // a page that was given the secret
  });

  it("shows a run that is told where it waits", async () => {
    const experiment = defineExperiment({
      name: "inspected",
      dataset: [{ id: "a", text: "secret-text" }],
      conditions: ["x", "y"].map((name) => ({ name, run: () => ({ accuracy: 1, answer: "secret-answer" }) })),
      metrics: ["accuracy"],
    });
    const options = { checkpointDir: here.path, formats: [] as never[] };
    await startRun(experiment, { ...options, inspect: feed as "local" }).done;
    await eventually(() => pageText("/")).toContain(">collector</a>");
    const shown = await pageText("/");
    for (const name of ["run", "experiment", "services", "limiter", "conditions", "task 0"])
      expect(shown).toContain(`>${name}</a>`);
    const key = /actor\/([^"]+)">limiter/.exec(shown)![1]!;
    const limiter = await pageText(`/actor/${key}`);
    expect(limiter).toContain('data-state="throttled"');
    expect(limiter + (await pageText("/events"))).not.toContain("secret");
    for (const inspect of ["nowhere", "ws://example.com/x", "ws://127.0.0.1.example.com:1/x"])
      await expect(startRun(experiment, { ...options, inspect: inspect as "local" }).done).rejects.toThrow(
        "inspect must be local, stately, or the address",
      );
  });
});

describe("an inspector in the process", () => {
  it("shows a run, a supervision tree, and any messages of @statelyai/inspect, under the address that it prints", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const experiment = defineExperiment({
      name: "local",
      dataset: [{ id: "a" }],
      conditions: ["x", "y"].map((name) => ({ name, run: () => ({ accuracy: 1 }) })),
      metrics: ["accuracy"],
    });
    await startRun(experiment, { checkpointDir: temporaryFolder(), formats: [], inspect: "local" }).done;
    const said = printed.mock.calls.flat().join(" ");
    printed.mockRestore();
    const read = async (address: string, path: string) => {
      const first = await fetch(address, { redirect: "manual" });
      const own = first.headers.get("set-cookie")!.split(";")[0]!;
      return (await fetch(new URL(path, address), { headers: { cookie: own } })).text();
    };
    expect(await read(/http:\S+/.exec(said)![0], "/")).toContain(">limiter</a>");

    const inspector = await openInspector();
    const tree = supervisor({ children: [{ id: "job", start: fromPromise(() => new Promise(() => {})) }] });
    const actor = createActor(tree, { inspect: inspector.inspect }).start();
    await up(actor);
    const send = inspector.connect();
    const foreign = createInspector({ send });
    foreign.actor("anything", { status: "active", value: "somewhere", context: {} });
    foreign.event("anything", "poke");
    const page = await read(inspector.url, "/");
    expect(page).toContain(">job</a>");
    expect(page).toContain(">anything</a>");
    expect(page).toContain("somewhere");
    await inspector.close();
  });
});

describe.skipIf(!canBrowse)("the inspector's pages in Chromium", () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const app = createWebSocketInspectorOf();
  beforeAll(async () => {
    browser = await openBrowser();
    page = await openPage(browser);
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
  });
  afterAll(async () => {
    app.stop();
    await browser?.close();
  });

  it("follow a plain XState machine that connects, and step back through what it did", async () => {
    await page.goto(url);
    const actor = app.begin(feed);
    await page.getByRole("link", { name: "player", exact: true }).click();
    const active = () =>
      page.locator("svg.machine .state.active").evaluateAll((all) => all.map((one) => one.getAttribute("data-state")));
    await eventually(active).toEqual(["off"]);
    actor.send({ type: "POWER" });
    actor.send({ type: "PLAY" });
    await eventually(active).toEqual(["on", "on.playing"]); // without a reload
    await page.getByText("Live", { exact: true }).waitFor();
    await page.locator("main").press("[");
    await eventually(() => page.locator("p.what").textContent()).toContain("is sent PLAY");
    expect(await active()).toEqual(["on", "on.paused"]);
    await page.getByRole("link", { name: "First" }).click();
    await eventually(active).toEqual(["off"]);
    actor.send({ type: "PAUSE" });
    await page.getByRole("link", { name: "Forward" }).waitFor();
    expect(await active()).toEqual(["off"]); // it stays where it was stepped to
    await page.getByRole("link", { name: "Live" }).click();
    await eventually(active).toEqual(["on", "on.paused"]);

    await page.getByRole("link", { name: "Sequence" }).click();
    await page.locator("svg.sequence text.label", { hasText: "PAUSE" }).first().waitFor();
    await page.getByRole("link", { name: "Events" }).click();
    await page.getByLabel("Find").fill("power");
    await eventually(() => page.locator("main tbody tr").count()).toBe(2);
    expect(problems).toEqual([]);
  });

  it("show an app in a browser, through the window that it opens", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createBrowserInspector } from "@statelyai/inspect"; import { createActor, setup } from "xstate";
const machine = setup({}).createMachine({ id: "lamp", initial: "dark", states: { dark: { on: { PRESS: "bright" } }, bright: {} } });
globalThis.begin = (url) => { const { inspect } = createBrowserInspector({ url }); const actor = createActor(machine, { inspect }).start(); actor.send({ type: "PRESS" }); };`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: "browser",
      format: "iife",
      write: false,
    });
    const site = createServer((_, response) => {
      response.setHeader("content-type", "text/html");
      response.end(
        `<!doctype html><title>app</title><script>${outputFiles[0]!.text.replaceAll("</script", "<\\/script")}</script>`,
      );
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const own = await openPage(browser);
    await own.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await own.evaluate(
      (address) => (globalThis as unknown as { begin(url: string): void }).begin(address),
      `${origin()}/window${new URL(feed).pathname}`,
    );
    await eventually(() => pageText("/")).toContain(">lamp</a>");
    await eventually(() => pageText("/")).toContain("bright");
    await own.context().close();
    site.closeAllConnections();
    site.close();
  });
});

/** Begins the plain app; its inspector tries again by itself when it is not stopped. */
function createWebSocketInspectorOf() {
  let inspector: ReturnType<typeof createWebSocketInspector> | undefined;
  return {
    begin(address: string) {
      inspector = createWebSocketInspector({ url: address });
      return createActor(player, { inspect: inspector.inspect }).start();
    },
    stop: () => inspector?.stop(),
  };
}
