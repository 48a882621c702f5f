import { html, type Markup } from "./markup.ts";

/** Something that is sent as it is. */
export interface File {
  readonly type: string;
  readonly body: string;
  /** Under which name it is saved; shown in the window when absent. */
  readonly saveAs?: string;
  /** A page with a policy and a script of its own, kept apart from this server's. */
  readonly sandboxed?: boolean;
}

export type PageReply = { readonly page: Page } | { readonly file: File };

/** A page before it is sent: `main` alone is sent again while it is live. */
export interface Page {
  readonly status: number;
  /** Of the window. */
  readonly title: string;
  readonly main: Markup;
  /** Whether it will be another one soon: the browser then listens for the next. */
  readonly live: boolean;
  /** Whether it waits for an answer that is being made: as a file it is written once that is there. */
  readonly isWaiting: boolean;
}

export const page = (title: string, main: Markup, { live = false, isWaiting = false, status = 200 } = {}): Page => ({
  status,
  title,
  main,
  live: live || isWaiting,
  isWaiting,
});

/**
 * The whole document of a page. Everything it needs comes from this server, and nothing in it is inline.
 *
 * @param isStatic whether it is written to a file, where no server answers
 */
export const documentOf = ({ title, main, live }: Page, { isStatic = false } = {}): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/script.js" defer></${"script" /* in one piece a compiler makes a helper of it, in a package of its own */}>
</head>
<body${live && html` data-live`}${isStatic && html` data-static`}>
<a class="skip" href="#main">Skip to content</a>
<header class="bar"><a class="brand" href="/">crucible</a><span id="connection" role="status"></span><button type="button" id="theme" hidden>Theme: auto</button></header>
<main id="main" tabindex="-1">${main}</main>
</body>
</html>`;

/** A page that says in a sentence why there is no other. */
export const problem = (status: number, heading: string, sentence: string, start = "All runs"): Page =>
  page(heading, html`<h1>${heading}</h1><p>${sentence}</p><p><a href="/">${start}</a></p>`, { status });
