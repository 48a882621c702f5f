import { numberIn } from "#src/viewer/links";
import { type File, type PageReply, problem } from "#src/viewer/page";
import { script } from "#src/viewer/script";
import { actorPage } from "./actor-page.ts";
import { actorsPage } from "./actors-page.ts";
import { eventsPage } from "./events-page.ts";
import type { History } from "./history.ts";
import { sequencePage } from "./sequence-page.ts";
import { storyPage } from "./story-page.ts";
import { style } from "./style.ts";

const files: Readonly<Record<string, File>> = {
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/script.js": { type: "text/javascript; charset=utf-8", body: script },
};

/** What there is at an address of the inspector. @param feed where apps connect */
export function route({ pathname, searchParams: query }: URL, history: History, feed: string): PageReply {
  const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
  if (file) return { file };
  const at = numberIn(query, "at");
  const [branch, key, ...more] = partsOf(pathname);
  if (branch === undefined) return { page: actorsPage(history, feed, at) };
  if (branch === "actor" && key !== undefined && more.length === 0) {
    const actor = history.actor(key);
    if (actor) return { page: actorPage(history, actor, at) };
    return { page: problem(404, "Not found", "This actor has not connected, or is no longer kept.", "All actors") };
  }
  if (branch === "story" && key === undefined && history.recording)
    return { page: storyPage(history, history.recording, at) };
  if (branch === "events" && key === undefined) return { page: eventsPage(history, query) };
  if (branch === "sequence" && key === undefined) {
    const wanted = numberIn(query, "app");
    const app = history.apps.find(({ number }) => number === wanted) ?? history.apps.at(-1);
    return { page: sequencePage(history, app, at) };
  }
  return { page: problem(404, "Not found", `There is nothing at ${pathname}.`, "All actors") };
}

/** The parts of a path; one that cannot be read has none that are known. */
function partsOf(pathname: string): string[] {
  try {
    return pathname.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    return ["invalid"];
  }
}
