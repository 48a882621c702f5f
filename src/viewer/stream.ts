import type { ServerResponse } from "node:http";
import type { Page } from "./page.ts";

/** Milliseconds between two looks, at least. */
const EVERY_MS = 1000;
/** One reading may take this fraction of the time: slow readings are made less often. */
const SHARE = 20;
/** Milliseconds of silence after which a sign of life is sent. */
const SIGN_OF_LIFE_MS = 15_000;

/**
 * Keeps a window up to date by server-sent events: the page's inside whenever it is another one, and an end when it will not change any
 * more. A browser that reads slowly is sent less, never a backlog.
 */
export async function streamPage(
  response: ServerResponse,
  look: () => Promise<Page | undefined>,
  everyMs = EVERY_MS,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" });
  response.write("retry: 2000\n\n");
  let isOpen = true;
  let wake = (): void => {};
  response.on("close", () => {
    isOpen = false;
    wake();
  });
  let sent = "";
  let sentAt = 0;
  while (isOpen) {
    const begun = performance.now();
    const page = response.writableNeedDrain ? "busy" : await look();
    const tookMs = performance.now() - begun;
    if (!isOpen) return;
    if (page === undefined) break;
    if (page !== "busy") {
      const data = JSON.stringify({ title: page.title, html: page.main.text });
      if (data !== sent) {
        response.write(`event: page\ndata: ${data}\n\n`);
        sent = data;
        sentAt = begun;
      } else if (begun - sentAt > SIGN_OF_LIFE_MS) {
        response.write(": still here\n\n");
        sentAt = begun;
      }
      if (!page.live) break;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(everyMs, SHARE * tookMs));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  if (isOpen) response.end("event: end\ndata: {}\n\n");
}
