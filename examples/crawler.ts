/**
 * A crawler: pages are fetched two at a time with a pause between requests, a fetcher that crashes is tried again alone, and a page that stays broken
 * costs nothing but itself. It starts the site that it reads, on the loopback. Run it: `npx tsx examples/crawler.ts`. It ends by itself.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { dynamicSupervisor, exited, supervisor, up } from "crucible-harness/supervision";
import { type AnyActorRef, assign, createActor, enqueueActions, fromPromise, setup } from "xstate";

const SITE: Record<string, string[]> = {
  "/": ["/news", "/about"],
  "/news": ["/", "/busy", "/broken"],
  "/about": ["/", "/news"],
  "/busy": ["/archive"],
  "/archive": [],
};
let refusals = 0;
const site = createServer(({ url = "" }, response) => {
  if (url === "/busy" && ++refusals < 3) response.writeHead(503).end();
  else if (SITE[url]) response.end(SITE[url].map((path) => `<a href="${path}">${path}</a>`).join("\n"));
  else response.destroy();
});
await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

const PAUSE_MS = 20;
let nextMs = 0;
/** Waits until the site may be asked once more. */
function turn(signal: AbortSignal): Promise<void> {
  const at = Math.max(Date.now(), nextMs);
  nextMs = at + PAUSE_MS;
  return sleep(at - Date.now(), undefined, { signal });
}

const fetcher = fromPromise<void, string>(async ({ input: path, signal, system }) => {
  await turn(signal);
  const response = await fetch(origin + path, { signal });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const links = [...(await response.text()).matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
  system.get("frontier").send({ type: "page.read", path, links });
});

const fetchers = dynamicSupervisor<string>({
  start: fetcher,
  restart: "transient",
  restartBudget: 2, // three attempts a page
  restartDelayMs: (_, { restarts }) => 10 * 2 ** restarts,
  intensity: Infinity,
  maxChildren: 2,
  whenFull: "wait",
  onFact: (fact) => {
    if (fact.type === "child.exited" && fact.exit.kind === "crash" && !fact.willRestart)
      app.system.get("frontier").send({ type: "page.lost", path: fact.args });
  },
});

/** Knows each page once, and is done when none is left. */
const frontier = setup({
  types: {
    context: {} as { pages: Record<string, "waiting" | "read" | "lost"> },
    events: {} as { type: "page.read"; path: string; links: string[] } | { type: "page.lost"; path: string },
  },
  actions: {
    visit: enqueueActions(({ context, enqueue }, paths: string[]) => {
      const found = [...new Set(paths)].filter((path) => !(path in context.pages));
      enqueue.assign({
        pages: { ...context.pages, ...Object.fromEntries(found.map((path) => [path, "waiting"])) } as never,
      });
      for (const path of found)
        enqueue(({ system }) => system.get("fetchers").send({ type: "child.start", args: path }));
    }),
    mark: assign({
      pages: ({ context, event: { type, path } }) =>
        ({ ...context.pages, [path]: type === "page.read" ? "read" : "lost" }) as const,
    }),
  },
}).createMachine({
  context: { pages: {} },
  initial: "crawling",
  entry: { type: "visit", params: ["/"] },
  states: {
    crawling: {
      on: {
        "page.read": { actions: ["mark", { type: "visit", params: ({ event }) => event.links }] },
        "page.lost": { actions: "mark" },
      },
      always: { guard: ({ context }) => !Object.values(context.pages).includes("waiting"), target: "done" },
    },
    done: { type: "final" },
  },
});

const app = createActor(
  supervisor({
    strategy: "rest_for_one", // new fetchers need a new frontier
    autoShutdown: "any_significant", // and the end of the frontier is the end
    children: [
      { id: "fetchers", name: "fetchers", start: fetchers },
      { id: "frontier", name: "frontier", start: frontier, restart: "transient", significant: true },
    ],
  }),
  { id: "crawler" },
);
await up(app);
const found = app.system.get("frontier") as AnyActorRef;
await exited(app);
site.close();

/** What became of each page. */
export const pages = found.getSnapshot().context.pages as Record<string, string>;
for (const [path, state] of Object.entries(pages)) console.log(path.padEnd(10), state);
