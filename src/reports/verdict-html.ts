import type { Steps } from "#src/kernel/steps";
import { minus } from "./cell.ts";
import { escapeXml } from "./escape.ts";
import { drawSvgInSteps } from "./svg.ts";
import type { VerdictLine, VerdictPanel } from "./verdict-panel.ts";
import { intervalsSentence, levelPhrase } from "./verdict-words.ts";

/** Levels that are drawn. */
const RANKS = 16;

/** Conditions of a best group that are written out. */
const NAMED = 6;

/** The verdict as the first screen of a page: what came out at the left, the ranked levels at the right, what it rests on below. */
export function* verdictHtml(verdict: VerdictPanel): Steps<string> {
  const { metric, better, corrected, lines, losses, omitted, intervals, notes, others, facts } = verdict;
  const text = [
    ...(lines.length > 0 ? [`<p class="about"><b>${escapeXml(metric)}</b> ${escapeXml(better)}</p>`] : []),
    ...corrected.map((sentence) => `<p class="corrected" dir="auto">${minus(escapeXml(sentence))}.</p>`),
    ...lines.map(lineHtml),
    ...(omitted > 0 ? [`<p class="notes">${omitted} more in the findings.</p>`] : []),
    ...(losses.length > 0 ? [listHtml(losses.map((sentence) => `${sentence}.`))] : []),
    ...(others.length > 0 ? [listHtml(others)] : []),
    ...[...intervalsSentence({ lines, intervals }), ...notes].map(
      (note) => `<p class="notes">${minus(escapeXml(note))}</p>`,
    ),
  ];
  const strip = facts.map(({ text: fact, warning }) => `<li${warning ? ' class="lost"' : ""}>${escapeXml(fact)}</li>`);
  return [
    '<section id="verdict" class="verdict" aria-label="Verdict">',
    `<ul class="strip">${strip.join("")}</ul>`,
    ...(text.length > 0
      ? [`<div class="panel"><div class="answers">`, ...text, "</div>", yield* ranksHtml(verdict), "</div>"]
      : []),
    "</section>",
  ].join("\n");
}

const listHtml = (sentences: readonly string[]): string =>
  `<ul class="others">${sentences.map((one) => `<li dir="auto">${minus(escapeXml(one))}</li>`).join("")}</ul>`;

function lineHtml({ group, heading, names, level, lead, detail, cost, time }: VerdictLine): string {
  const more = names.length - NAMED;
  const who = names.slice(0, NAMED).map((name) => `<b dir="auto">${escapeXml(name)}</b>`);
  const spent = [cost, time].filter((one) => one !== undefined).map((one) => `${escapeXml(one)} a task`);
  return [
    '<div class="line">',
    `<p class="heading">${group === undefined ? "" : `<span class="group">${escapeXml(group)}</span> `}${escapeXml(heading)}${names.length > 0 ? `: ${who.join(", ")}${more > 0 ? ` and ${more} more` : ""}` : ""}</p>`,
    ...(level
      ? [
          `<p class="level">${minus(escapeXml(levelPhrase(names, level)))}${spent.length > 0 ? ` <span class="spent">${spent.join(" · ")}</span>` : ""}</p>`,
        ]
      : []),
    ...(lead === undefined ? [] : [`<p class="lead">lead: ${minus(escapeXml(lead))}</p>`]),
    ...(detail === undefined ? [] : [`<p class="lead">${minus(escapeXml(detail))}</p>`]),
    "</div>",
  ].join("\n");
}

function* ranksHtml({ metric, ranks: all }: VerdictPanel): Steps<string> {
  if (all.length < 2) return "";
  const ranks = all.slice(0, RANKS);
  const more = all.length > RANKS ? ` ${all.length - RANKS} more in the table of results.` : "";
  const marked = ranks.some(({ tone }) => tone === "none") ? " Filled: may be the best." : "";
  const svg = yield* drawSvgInSteps({
    id: "figure-ranks",
    title: `${metric}, ranked`,
    description: `Levels of ${ranks.length} conditions with their intervals, the best observed first.`,
    chart: { type: "intervals", unit: metric, rows: ranks, narrow: true },
  });
  return `<figure class="ranks">${svg}<figcaption>${escapeXml(metric)} with intervals, ranked.${marked}${more}</figcaption></figure>`;
}
