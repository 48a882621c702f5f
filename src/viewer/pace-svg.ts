import { html, type Markup } from "./markup.ts";
import type { PaceSpan } from "./pace.ts";
import { duration, perSecond } from "./words.ts";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [1104, 150, 4, 22] as const;

/** Ended tasks per second over the time of the run; nothing before there is any time. */
export function paceSvg(spans: readonly PaceSpan[]): Markup | undefined {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return undefined;
  const top = spans.reduce((most, { tasksPerSecond }) => Math.max(most, tasksPerSecond), 1e-9);
  const x = (t: number): string => (LEFT + ((t - first.from) / (last.to - first.from)) * (WIDTH - 2 * LEFT)).toFixed(1);
  const y = (rate: number): string => (18 + (1 - rate / top) * (HEIGHT - BOTTOM - 18)).toFixed(1);
  const floor = y(0);
  const line = spans
    .map(({ from, to, tasksPerSecond }, i) => {
      const gap = i > 0 && from > spans[i - 1]!.to ? `${x(spans[i - 1]!.to)} ${floor}L${x(from)} ${floor}L` : "";
      return `${gap}${x(from)} ${y(tasksPerSecond)}L${x(to)} ${y(tasksPerSecond)}`;
    })
    .join("L");
  return html`<figure class="pace"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Ended tasks per second over time, at most ${perSecond(top)}">
<path class="area" d="M${x(first.from)} ${floor}L${line}L${x(last.to)} ${floor}z"/><path class="line" d="M${line}"/>
<line class="axis" x1="0" x2="${WIDTH}" y1="${floor}" y2="${floor}"/>
<text x="${LEFT}" y="12">tasks per second, at most ${perSecond(top)}</text>
<text x="${LEFT}" y="${HEIGHT - 5}">begin</text><text x="${WIDTH - LEFT}" y="${HEIGHT - 5}" text-anchor="end">after ${duration(last.to - first.from)}</text>
</svg></figure>`;
}
