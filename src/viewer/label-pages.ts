import type { AnswerToLabel, LabelDesk } from "#src/app/label-desk";
import { ConfigError, StoreError } from "#src/kernel/errors";
import { type Door, openDoor } from "./door.ts";
import { link, numberIn } from "./links.ts";
import { html, type Markup } from "./markup.ts";
import { type Page, type PageReply, page, problem } from "./page.ts";
import { progressBar, table, th } from "./parts.ts";
import { files } from "./static-files.ts";
import { count, plural } from "./words.ts";

/** What the first page is filled in with. */
export interface LabelDefaults {
  readonly rater?: string | undefined;
  readonly rubric?: string | undefined;
}

/** The labels that have a key. */
const verdicts = [
  ["C", "Right", "c"],
  ["I", "Wrong", "i"],
  ["P", "Partly right", "p"],
  ["N", "No answer", "n"],
] as const;

/** Serves the answers of a run to raters of this machine: on 127.0.0.1 only, with a token. @param port any free one when 0 */
export const openLabelPages = (desk: LabelDesk, defaults: LabelDefaults = {}, port = 0): Promise<Door> =>
  openDoor(
    {
      command: "crucible label",
      route: (url) => saying(async () => routeOf(url, desk, defaults)),
      post: (url, form) => saying(() => take(url, form, desk)),
    },
    port,
  );

async function saying<T>(work: () => Promise<T>): Promise<T | PageReply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof StoreError)
      return { page: problem(422, "It was not taken", error.message, "Start") };
    throw error;
  }
}

async function routeOf(
  { pathname, searchParams: query }: URL,
  desk: LabelDesk,
  defaults: LabelDefaults,
): Promise<PageReply> {
  const file = files[pathname];
  if (file) return { file };
  if (pathname === "/") return { page: startPage(desk, defaults) };
  if (pathname !== "/label") return { page: problem(404, "Not found", `There is nothing at ${pathname}.`, "Start") };
  const who = { rater: (query.get("rater") ?? "").trim(), rubric: (query.get("rubric") ?? "").trim() };
  if (who.rater === "" || who.rubric === "") return { page: startPage(desk, { ...defaults, ...who }) };
  return { page: await answerPage(desk, who, numberIn(query, "at"), numberIn(query, "from") ?? 0) };
}

/** A label goes where one in a file goes. */
async function take({ pathname }: URL, form: URLSearchParams, desk: LabelDesk): Promise<PageReply | { goTo: string }> {
  if (pathname !== "/label" && pathname !== "/undo")
    return { page: problem(404, "Not found", `There is nothing at ${pathname}.`, "Start") };
  const [task, label, rater, rubric] = ["task", "label", "rater", "rubric"].map((name) =>
    (form.get(name) ?? "").trim(),
  );
  const given = { task: task!, label: label!, rater: rater!, rubric: rubric! };
  if (pathname === "/undo") {
    await desk.takeBack(given);
    return { goTo: link(["label"], { rater, rubric, at: numberIn(form, "place") }) };
  }
  await desk.give(given);
  return { goTo: link(["label"], { rater, rubric, from: numberIn(form, "place") }) };
}

const title = ({ title: name }: LabelDesk): string => `Labels: ${name}`;

function startPage(desk: LabelDesk, { rater, rubric }: LabelDefaults): Page {
  const raters = desk.raters();
  const rows = raters.map(
    (own) =>
      html`<tr><td dir="auto"><a href="${link(["label"], { rater: own.rater, rubric: own.rubric })}">${own.rater}</a></td><td class="right">${count(own.labels)} of ${count(desk.answers)}</td><td dir="auto">${own.rubric}</td></tr>`,
  );
  const asked = rubric ?? raters.at(-1)?.rubric ?? "";
  const main = html`<header><h1 dir="auto">${title(desk)}</h1></header>
<section><p>${plural(desk.answers, "answer")}, each alone: question, reply and target, in an order by seed and without a word of the condition that gave it. Each label is stored when it is given; a rater who comes back continues with the next one.</p>
<form class="labeller" action="/label" method="get">
<p><label>Your name <input name="rater" required maxlength="100" value="${rater ?? ""}" autocomplete="off"></label></p>
<p><label>Rubric: when is an answer right? <input name="rubric" required maxlength="2000" value="${asked}" autocomplete="off"></label></p>
<p><button type="submit">Begin</button></p>
</form></section>
<section><h2>Raters</h2>${table("Raters", [th("Rater"), th("Labelled", true), th("Rubric")], rows, "None yet.")}</section>`;
  return page(title(desk), main);
}

interface Who {
  readonly rater: string;
  readonly rubric: string;
}

/** The answer at a place, or the next one from a place on that the rater has not labelled. */
async function answerPage(desk: LabelDesk, who: Who, at: number | undefined, from: number): Promise<Page> {
  const labelled = desk.labelled(who.rater, who.rubric);
  const place = at ?? nextOpen(desk.answers, labelled, from);
  const answer = place === undefined ? undefined : await desk.at(place);
  const done = labelled.size;
  const last = desk.last(who.rater, who.rubric);
  const words = `${count(done)} of ${count(desk.answers)} labelled`;
  const bar = progressBar({ planned: desk.answers, succeeded: done, failed: 0, unscored: 0, skipped: 0 }, words);
  const main = html`<header><h1 dir="auto">${title(desk)}</h1><p class="meta" dir="auto">${who.rater} · ${who.rubric}</p>${bar}<p class="notes" role="status">${words}</p></header>
${
  answer && place !== undefined
    ? answerSection(desk, who, answer, place, labelled.get(place), last)
    : html`<section><h2>All answers are labelled</h2><p>${plural(desk.answers, "answer")} by ${who.rater}. <code>crucible report ${desk.experimentId}</code> says what the labels make of the scores; another rater begins at the <a href="/">start</a>.</p>${last && undoForm(who, last)}</section>`
}`;
  return page(title(desk), main);
}

function nextOpen(answers: number, labelled: ReadonlyMap<number, string>, from: number): number | undefined {
  for (let i = 0; i < answers; i++) {
    const place = (from + i) % answers;
    if (!labelled.has(place)) return place;
  }
  return undefined;
}

function answerSection(
  { answers }: LabelDesk,
  who: Who,
  { task, input, target, reply }: AnswerToLabel,
  place: number,
  given: string | undefined,
  last: ReturnType<LabelDesk["last"]>,
): Markup {
  const before = place > 0 ? link(["label"], { ...who, at: place - 1 }) : undefined;
  const hidden = html`<input type="hidden" name="task" value="${task}">${inputs(who, place)}`;
  return html`<section><h2>Answer ${count(place + 1)} of ${count(answers)}</h2>
${text("Question", input)}${text("Reply", reply)}${target !== "" && text("Target", target)}
${
  given === undefined
    ? html`<form class="labeller" action="/label" method="post">${hidden}
<p class="verdicts">${verdicts.map(([value, name, key]) => html`<button type="submit" name="label" value="${value}" data-hotkey="${key}">${name} <kbd>${key}</kbd></button> `)}</p></form>
<form class="labeller" action="/label" method="post">${hidden}
<p><label>Another label <input name="label" required maxlength="200" autocomplete="off" data-hotkey="/"></label> <button type="submit">Give it</button></p></form>`
    : html`<p>Labelled: <b dir="auto">${given}</b>. What a second person thinks of it is that of another rater.</p>`
}
${given === undefined ? last && undoForm(who, last) : undoForm(who, { task, place, label: given }, true)}
<nav class="pager" aria-label="Answers">${before ? html`<a href="${before}" data-hotkey="b">Back <kbd>b</kbd></a>` : html`<span aria-disabled="true">Back</span>`} <a href="${link(["label"], { ...who, from: (place + 1) % answers })}" data-hotkey="s">${given === undefined ? "Skip" : "Next"} <kbd>s</kbd></a> <a href="/">Start</a></nav></section>`;
}

const inputs = ({ rater, rubric }: Who, place: number): Markup =>
  html`<input type="hidden" name="rater" value="${rater}"><input type="hidden" name="rubric" value="${rubric}"><input type="hidden" name="place" value="${place}">`;

/** Takes back the label of the answer that is shown, else the last one that was given. */
const undoForm = (
  who: Who,
  { task, place, label }: NonNullable<ReturnType<LabelDesk["last"]>>,
  isShown = false,
): Markup =>
  html`<form class="labeller" action="/undo" method="post"><input type="hidden" name="task" value="${task}"><input type="hidden" name="label" value="${label}">${inputs(who, place)}<p><button type="submit" data-hotkey="u">Take back <b dir="auto">${label}</b>${isShown ? "" : html` of answer ${count(place + 1)}`} <kbd>u</kbd></button></p></form>`;

const text = (name: string, value: string): Markup =>
  html`<h3>${name}</h3><pre tabindex="0" dir="auto" aria-label="${name}">${value}</pre>`;
