import { digestText } from "#src/kernel/digest";
import { documentOf, type Page } from "./page.ts";
import { route } from "./routes.ts";
import type { Runs } from "./runs.ts";

/** A site of files. */
export interface ExportedSite {
  readonly pages: number;
  /** Addresses that were linked and are in no file. */
  readonly leftOut: number;
}

export interface ExportOptions {
  /** Where to begin: `/` for all runs, `/run/<id>` for one. */
  readonly start: string;
  /** Writes one file. @param path relative to the folder, with forward slashes */
  readonly write: (path: string, text: string) => void;
  /** Pages beyond which links lead nowhere. 10,000 when absent. */
  readonly most?: number;
}

/** Names in the query of a list that are followed: its further pages, the tasks of one condition, the runs that have a tag, the trend of a metric. */
const followed: ReadonlySet<string> = new Set(["offset", "condition", "tag", "name", "metric"]);

/**
 * Writes the pages of the viewer as files that open from disk or from any host, with relative links: what is reached from the start, page by page.
 * Reports are made first, so no page says that it waits for one. Links to what is not among the files become plain text.
 */
export async function exportSite(runs: Runs, { start, write, most = 10_000 }: ExportOptions): Promise<ExportedSite> {
  const found = new Map<string, string>([[start, "index.html"]]);
  for (const asset of ["/style.css", "/script.js"]) found.set(asset, asset.slice(1));
  const left = new Set<string>();
  const waiting = [...found.keys()];
  const isOneRun = start !== "/";
  const within = (address: string): boolean => !isOneRun || address === start || address.startsWith(`${start}/`);
  const seen = (address: string): string | undefined => {
    const known = found.get(address);
    if (known !== undefined) return known;
    if (!within(address) || !isFollowed(address) || found.size >= most) return void left.add(address);
    const path = fileOf(address);
    found.set(address, path);
    waiting.push(address);
    return path;
  };
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const path = found.get(next)!;
    const reply = await settled(next, runs);
    if ("file" in reply) write(path, reply.file.body);
    else write(path, staticPage(reply.page, path, seen));
  }
  return { pages: found.size, leftOut: left.size };
}

/** The page at an address, once all that it shows is made. */
async function settled(address: string, runs: Runs): Promise<Awaited<ReturnType<typeof route>>> {
  for (;;) {
    const reply = await route(new URL(address, "http://localhost"), runs);
    if ("file" in reply || !reply.page.isWaiting) return reply;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const LOOK_EVERY_MS = 20;

/** Whether an address is a page that does not depend on what a reader types: of a comparison the whole of two runs, and its further pages. */
function isFollowed(address: string): boolean {
  const { pathname, searchParams } = new URL(address, "http://localhost");
  const names = [...searchParams.keys()];
  if (pathname === "/compare")
    return searchParams.getAll("run").length === 2 && names.every((name) => name === "run" || name === "offset");
  return names.every((name) => followed.has(name));
}

/** Where the page of an address is written: readable where that is possible, and another one for every address. */
function fileOf(address: string): string {
  const { pathname, search } = new URL(address, "http://localhost");
  const parts = pathname.split("/").filter(Boolean).map(safe);
  const last = parts.at(-1) ?? "";
  const isFile = /^report\.[a-z]+$/.test(last) && search === "";
  const plain = isFile
    ? parts.join("/")
    : [...parts, search === "" ? "index.html" : `page-${digestText(search).slice(0, 12)}.html`].join("/");
  return plain;
}

/** A part of a path that every file system takes. */
const safe = (part: string): string =>
  /^[\w.-]{1,80}$/.test(part) && !/^\.+$/.test(part) ? part : `x-${digestText(part).slice(0, 16)}`;

/** A page with relative links, without what only a server can answer. */
function staticPage(page: Page, path: string, seen: (address: string) => string | undefined): string {
  const up = "../".repeat(path.split("/").length - 1);
  const text = documentOf({ ...page, live: false }, { isStatic: true }).text;
  return text.replace(/ (href|src|action)="(\/[^"]*)"/g, (_, name: string, address: string) => {
    const [whole, fragment] = address.replaceAll("&amp;", "&").split("#", 2);
    const target = name === "action" ? undefined : seen(whole!);
    if (target === undefined) return "";
    return ` ${name}="${up}${target}${fragment === undefined ? "" : `#${fragment}`}"`;
  });
}
