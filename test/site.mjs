/**
 * The documentation as a site: static pages with a search that needs no network and no server, from the Markdown of README and docs. The order of
 * pages, their names and sentences are those of llms.txt.
 *
 *     npm run site                    # to site/
 *     npm run site -- --to ../pages
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, normalize, posix, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import MarkdownIt from "markdown-it";
import { machineCharts } from "#src/app/observe/charts";
import { themeScript } from "#src/reports/theme-script";
import { headings } from "#src/text/headings";
import { chartSvg } from "#src/viewer/chart-svg";
import { style as viewerStyle } from "#src/viewer/style";

const root = resolve(import.meta.dirname, "..");
const read = (path) => readFileSync(join(root, path), "utf8");
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Groups of pages with what llms.txt says of each. */
function contents() {
  const groups = [];
  for (const line of read("llms.txt").split("\n")) {
    const [, group] = /^## (.*)$/.exec(line) ?? [];
    if (group) groups.push({ group, pages: [] });
    const [, title, path, about] = /^- \[([^\]]+)\]\(([^)]+)\)(?:: (.*))?$/.exec(line) ?? [];
    if (path?.endsWith(".md")) groups.at(-1).pages.push({ title, path, about: about ?? "" });
  }
  return groups.filter(({ pages }) => pages.length > 0);
}

/** Where a document of the repository stands in the site: README.md is the first page, docs/ci.md is ci.html. */
const addressOf = (path) =>
  path === "README.md"
    ? "index.html"
    : `${path
        .replace(/^docs\//, "")
        .replace(/\.md$/, "")
        .toLowerCase()}.html`;

/** Where a file that is no document stands: sources as pages, pictures and data as they are. */
const isCopied = (path) => /\.(png|svg|json|xml|pdf)$/.test(path);
const addressOfFile = (path) => (isCopied(path) ? `files/${path}` : `files/${path}.html`);

const groups = contents();
const documents = groups.flatMap(({ pages }) => pages);
const isDocument = new Set(documents.map(({ path }) => path));
const files = new Set();

/** A link of a document, as it is in the site. */
function linked(to, from) {
  if (/^[a-z]+:/.test(to)) return to;
  const [path, slug] = to.split("#", 2);
  const hash = slug === undefined ? "" : `#${slug}`;
  if (path === "") return hash;
  const target = normalize(join(dirname(from), path)).replaceAll("\\", "/");
  if (!existsSync(join(root, target))) throw new Error(`${from} links to ${to}, which is not there`);
  if (isDocument.has(target)) return relativeTo(from, addressOf(target)) + hash;
  if (statSync(join(root, target)).isDirectory()) throw new Error(`${from} must link to a file, got the folder ${to}`);
  files.add(target);
  return relativeTo(from, addressOfFile(target));
}
const relativeTo = (from, address) => posix.relative(posix.dirname(addressOf(from)), address);

const charts = machineCharts();

/** The HTML of a document, its headings, and its text by section for the search. */
function render(path) {
  const text = read(path);
  const known = headings(text);
  const markdown = new MarkdownIt({ html: false, linkify: false });
  let next = 0;
  markdown.renderer.rules.heading_open = (tokens, i) => {
    const { slug } = known[next++] ?? {};
    return `<${tokens[i].tag} id="${escaped(slug)}"><a class="anchor" href="#${escaped(slug)}" aria-hidden="true" tabindex="-1">#</a>`;
  };
  markdown.renderer.rules.table_open = () =>
    '<div class="scroll" tabindex="0" role="region" aria-label="table"><table>';
  markdown.renderer.rules.table_close = () => "</table></div>";
  const fence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, i, ...rest) =>
    tokens[i].meta
      ? `<div class="scroll" tabindex="0" role="region" aria-label="state machine">${chartSvg(charts[tokens[i].meta], { counts: {} }, `chart-${tokens[i].meta}`, tokens[i].meta).text}</div>`
      : fence(tokens, i, ...rest).replace("<pre>", '<pre tabindex="0">');
  const tokens = markdown.parse(text.replace(/^<!-- chart: ([\w-]+) -->\n```mermaid$/gm, "```mermaid $1"), {});
  for (const token of tokens) {
    const [language, name] = token.info.split(" ");
    if (token.type === "fence" && language === "mermaid" && name in charts) token.meta = name;
    for (const child of token.children ?? [])
      for (const attribute of ["href", "src"]) {
        const to = child.attrGet(attribute);
        if (to !== null) child.attrSet(attribute, linked(to, path));
      }
  }
  const html = markdown.renderer.render(tokens, markdown.options, {});
  if (next !== known.length)
    throw new Error(`${path} has ${next} headings as Markdown, ${known.length} as the links see it`);
  return { html, known, sections: sectionsOf(tokens, known, path) };
}

/** What the search looks through: a section at a time. */
function sectionsOf(tokens, known, path) {
  const sections = [];
  for (const [i, { type, content, children }] of tokens.entries()) {
    if (type === "inline" && tokens[i - 1]?.type === "heading_open") {
      const { title, slug, level } = known[sections.length];
      sections.push({ title, address: addressOf(path) + (level === 1 ? "" : `#${slug}`), text: "" });
    } else if (sections.length > 0) {
      const said = children ? children.map((child) => child.content).join(" ") : type === "fence" ? content : "";
      sections.at(-1).text += `${said} `;
    }
  }
  return sections.map(({ text, ...section }) => ({
    ...section,
    page: known[0].title,
    text: text.replace(/\s+/g, " "),
  }));
}

const style = `${viewerStyle}
.bar { flex-wrap: wrap; } .bar .find { position: relative; flex: 0 1 22rem; } .bar input { width: 100%; padding: .35rem .6rem; font-size: .875rem; }
#found { position: absolute; right: 0; top: 100%; width: min(34rem, calc(100vw - 2rem)); max-height: 70vh; overflow-y: auto; margin: .3rem 0 0; padding: .3rem; list-style: none; background: var(--paper); border: 1px solid var(--rule); border-radius: 6px; box-shadow: 0 6px 24px #0003; }
#found[hidden] { display: none; } #found a { display: block; padding: .4rem .6rem; border-radius: 4px; text-decoration: none; color: var(--ink); font-size: .875rem; line-height: 1.4; } #found a:hover, #found a:focus { background: var(--raised); } #found small { display: block; color: var(--soft); } #found p { margin: .4rem .6rem; color: var(--soft); font-size: .875rem; }
.columns { display: grid; grid-template-columns: 14rem minmax(0, 1fr) 12rem; gap: 0 3rem; max-width: 90rem; margin: 0 auto; padding: 1.5rem; } .columns > main { max-width: none; padding: 0 0 4rem; margin: 0; }
.columns nav { margin: 0; font-size: .875rem; } .columns nav ul { display: block; position: static; line-height: 1.45; } .columns nav li { margin: .25rem 0; } .columns nav p { margin: 1.1rem 0 .3rem; color: var(--faint); font-size: .75rem; letter-spacing: .06em; text-transform: uppercase; } .columns nav [aria-current] { color: var(--ink); font-weight: 600; }
.toc { align-self: start; position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto; } .toc .deep { padding-left: .8rem; }
main h1 code, main h2 code, main h3 code { font-size: .9em; } main h2 { scroll-margin-top: 3rem; } main img { max-width: 100%; height: auto; } main pre { max-height: none; white-space: pre; overflow-wrap: normal; } main table code { white-space: normal; } main td { min-width: 5rem; }
.anchor { float: left; margin-left: -1.1rem; width: 1.1rem; color: var(--faint); text-decoration: none; opacity: 0; } :is(h1, h2, h3, h4):hover > .anchor { opacity: 1; }
.steps { display: flex; justify-content: space-between; gap: 1rem; border-top: 1px solid var(--rule); margin-top: 3rem; padding-top: 1rem; font-size: .875rem; } details.all { display: none; }
@media (max-width: 75rem) { .columns { grid-template-columns: 14rem minmax(0, 1fr); } .toc { display: none; } }
@media (max-width: 52rem) { .columns { grid-template-columns: minmax(0, 1fr); padding: 1rem; } .columns > nav { display: none; } details.all { display: block; margin: 0 0 1rem; } .bar { padding: .55rem 1rem; } .bar .find { flex: 1 0 100%; order: 3; } .anchor { display: none; } }
@media print { .columns > nav, .steps, details.all { display: none; } .columns { display: block; } }
`;

/** A whole page. @param to the way from the page to the site's folder */
function page({ title, to, main, toc = [], current }) {
  const items = groups.map(({ group, pages }) => {
    const links = pages.map(({ title: name, path, about }) => {
      const mark = path === current ? ' aria-current="page"' : "";
      return `<li><a href="${to}${addressOf(path)}" title="${escaped(about)}"${mark}>${escaped(name)}</a></li>`;
    });
    return `<p>${escaped(group)}</p><ul>${links.join("")}</ul>`;
  });
  const here = toc.filter(({ level }) => level === 2 || level === 3);
  const inPage = here.map(
    ({ level, title: name, slug }) =>
      `<li${level === 3 ? ' class="deep"' : ""}><a href="#${escaped(slug)}">${escaped(name)}</a></li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}${title === "crucible-harness" ? "" : " · crucible-harness"}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${to}site.css"></head>
<body data-root="${to}"><a class="skip" href="#main">Skip to the text</a>
<header class="bar"><a class="brand" href="${to}index.html">crucible-harness</a>
<div class="find" role="search"><input id="search" type="search" placeholder="Search" aria-label="Search the documentation" aria-controls="found" autocomplete="off"><ul id="found" hidden></ul></div>
<button id="theme" type="button" hidden>Theme</button></header>
<div class="columns"><nav aria-label="All pages">${items.join("")}</nav>
<main id="main"><details class="all"><summary>All pages</summary><nav aria-label="All pages, folded">${items.join("")}</nav></details>
${main}</main>
<nav class="toc" aria-label="On this page">${inPage.length > 1 ? `<p>On this page</p><ul>${inPage.join("")}</ul>` : ""}</nav></div>
<script src="${to}site.js"></script></body></html>
`;
}

const way = (address) => "../".repeat(address.split("/").length - 1);

/** Writes the site. @returns how many pages it has */
function writeSite(folder) {
  const write = (address, text) => {
    mkdirSync(dirname(join(folder, address)), { recursive: true });
    writeFileSync(join(folder, address), text);
  };
  const sections = documents.flatMap(({ path, title }, i) => {
    const address = addressOf(path);
    const { html, known, sections: found } = render(path);
    const step = (other, word) =>
      other
        ? `<a href="${relativeTo(path, addressOf(other.path))}">${word} ${escaped(other.title)}</a>`
        : "<span></span>";
    const steps = `<nav class="steps" aria-label="Next pages">${step(documents[i - 1], "←")}${step(documents[i + 1], "→")}</nav>`;
    write(
      address,
      page({ title: known[0]?.title ?? title, to: way(address), main: html + steps, toc: known, current: path }),
    );
    return found;
  });
  for (const path of files) {
    const address = addressOfFile(path);
    if (isCopied(path)) {
      mkdirSync(dirname(join(folder, address)), { recursive: true });
      copyFileSync(join(root, path), join(folder, address));
    } else {
      const main = `<h1>${escaped(path)}</h1><pre tabindex="0"><code>${escaped(read(path))}</code></pre>`;
      write(address, page({ title: path, to: way(address), main }));
    }
  }
  const lunr = createRequire(import.meta.url).resolve("lunr/lunr.min.js");
  copyFileSync(lunr, join(folder, "lunr.js"));
  write("site.css", style);
  write("site.js", `(() => {${themeScript}})();\n${read("test/site/browser.js")}`);
  write("sections.js", `window.crucibleSections = ${JSON.stringify(sections).replaceAll("<", "\\u003c")};\n`);
  return documents.length + files.size;
}

const { values } = parseArgs({ options: { to: { type: "string", default: "site" } } });
const folder = resolve(values.to);
if (existsSync(folder) && !existsSync(join(folder, "sections.js")))
  throw new Error(`--to must be a folder that is not there, or an earlier site, got ${values.to}`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const count = writeSite(folder);
console.log(
  `site: ${count} pages and files in ${relative(process.cwd(), folder) || "."}; open ${join(folder, "index.html")}`,
);
