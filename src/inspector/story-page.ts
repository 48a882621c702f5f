import { html } from "#src/viewer/markup";
import type { Page } from "#src/viewer/page";
import { framed } from "./frame.ts";
import type { History, Recorded } from "./history.ts";

/** The story of a recording: who did what when, to the end. */
export const storyPage = (history: History, { story }: Recorded, at: number | undefined): Page =>
  framed(
    history,
    "story",
    "Story",
    at,
    html`<section><h2>Who did what when</h2><pre tabindex="0">${story.join("\n")}</pre></section>`,
  );
