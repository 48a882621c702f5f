import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { canBrowse, openBrowser, openPage } from "./browser.ts";

/** A program as a browser gets it: one minified text without a module of Node. */
async function bundle(program: string, external: readonly string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "browser", // fails on an import of node:*
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
    external: [...external],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
const sizeOf = (text: string): number => gzipSync(text, { level: 9 }).length;

describe("crucible-harness/supervision as a bundle", () => {
  it("has at most 15 KB beside XState, minified and compressed, with all that it exports; supervisors alone 12.5", async () => {
    const size = sizeOf(await bundle('export * from "crucible-harness/supervision";', ["xstate"]));
    console.log(`crucible-harness/supervision: ${size} bytes min+gzip, xstate not counted`);
    expect(size).toBeLessThanOrEqual(15 * 1024);
    const supervisors = "supervisor, startChild, stop, up, tree, exit, observe, monitor, ask"; // of both kinds
    const alone = sizeOf(await bundle(`export { ${supervisors} } from "crucible-harness/supervision";`, ["xstate"]));
    console.log(`of it, { ${supervisors} }: ${alone} bytes`);
    expect(alone).toBeLessThanOrEqual(12.5 * 1024);
  });

  it("leaves out what a program does not use", async () => {
    const size = sizeOf(await bundle('export { crash } from "crucible-harness/supervision";', ["xstate"]));
    expect(size).toBeLessThan(200);
    const dynamic = await bundle('export { dynamicSupervisor } from "crucible-harness/supervision";', ["xstate"]);
    expect(dynamic).not.toContain("duplicate_child_name"); // what only ordinary supervisors check
  });

  it("imports nothing but XState, and asks nothing of Node when it is loaded", async () => {
    const text = await bundle('export * from "crucible-harness/supervision";', ["xstate"]);
    expect(new Set([...text.matchAll(/(?:^|;)import[^"]*from"([^"]+)"/g)].map(([, name]) => name))).toEqual(
      new Set(["xstate"]),
    );
  });
});

describe.skipIf(!canBrowse)("a supervision tree in Chromium", () => {
  let browser: Browser | undefined;
  afterAll(() => browser?.close());

  it("boots, restarts what crashes, and stops in order", async () => {
    const program = await bundle(`
      import { createActor, fromCallback, fromPromise, setup } from "xstate";
      import { crash, dynamicSupervisor, exit, exitOf, printTree, startChild, stop, supervisor, tree } from "crucible-harness/supervision";
      const said = [];
      const closing = (name) => fromCallback(({ self, receive }) => {
        said.push(name + " up");
        receive(() => exit(self, crash(new Error("boom"))));
        return () => said.push(name + " down");
      });
      let loads = 0;
      const page = fromPromise(async () => { if (++loads < 3) throw new Error("not yet"); return loads; });
      const app = createActor(supervisor({ strategy: "rest_for_one", intensity: 10, onFact: ({ type, id }) => said.push(type + " " + id), children: [
        { id: "socket", start: closing("socket"), name: "socket" },
        { id: "list", start: closing("list") },
        { id: "pages", start: dynamicSupervisor({ start: page, restart: "transient", intensity: 9, onFact: () => {} }), name: "pages" },
      ] }), { id: "app" }).start();
      await startChild(app.system.get("pages"), undefined);
      while (loads < 3) await new Promise((resolve) => setTimeout(resolve));
      app.system.get("socket").send({ type: "anything" });
      const text = printTree(await tree(app));
      const end = await stop(app);
      globalThis.outcome = { said, text, end, loads, process: typeof process };
    `);
    browser = await openBrowser();
    const page = await openPage(browser);
    const problems: string[] = [];
    page.on("pageerror", ({ message }) => problems.push(message));
    await page.addScriptTag({ type: "module", content: program });
    await page.waitForFunction("globalThis.outcome");
    expect(problems).toEqual([]);
    expect(await page.evaluate("outcome")).toMatchObject({
      process: "undefined",
      loads: 3,
      end: { kind: "shutdown" },
      said: [
        "socket up",
        "child.started socket",
        "list up",
        "child.started list",
        "child.started pages",
        "socket down",
        "child.exited socket",
        "list down",
        "socket up",
        "child.started socket",
        "list up",
        "child.started list",
        "child.started pages",
        "list down",
        "socket down",
      ],
      text: [
        "app",
        "|- socket  worker      alive, 1 restart",
        "|- list    worker      alive",
        "`- pages   supervisor  alive",
      ].join("\n"),
    });
  });
});
