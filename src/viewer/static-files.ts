import type { File } from "./page.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** What every page loads, by its address. */
export const files: Readonly<Record<string, File>> = {
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/script.js": { type: "text/javascript; charset=utf-8", body: script },
};
