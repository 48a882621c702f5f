import type { PacePoint } from "#src/app/observe/run-digest";
import { html, type Markup } from "./markup.ts";
import { duration, perSecond } from "./words.ts";

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [1104, 150, 4, 22] as const;

/** Ended tasks per second over the time of the run; nothing before there are two looks at it. */
export function paceSvg(points: readonly PacePoint[]): Markup | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first.t === last.t) return undefined;
  const top = Math.max(...points.map(({ tasksPerSecond }) => tasksPerSecond), 1e-9);
  const x = (t: number): number => LEFT + ((t - first.t) / (last.t - first.t)) * (WIDTH - 2 * LEFT);
  const y = (rate: number): number => 18 + (1 - rate / top) * (HEIGHT - BOTTOM - 18);
  const at = ({ t, tasksPerSecond }: PacePoint): string => `${x(t).toFixed(1)} ${y(tasksPerSecond).toFixed(1)}`;
  const line = points.map(at).join("L");
  const floor = y(0);
  return html`<figure class="pace"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Ended tasks per second over time, at most ${perSecond(top)}">
<path class="area" d="M${x(first.t)} ${floor}L${line}L${x(last.t)} ${floor}z"/><path class="line" d="M${line}"/>
<line class="axis" x1="0" x2="${WIDTH}" y1="${floor}" y2="${floor}"/>
<text x="${LEFT}" y="12">tasks per second, at most ${perSecond(top)}</text>
<text x="${LEFT}" y="${HEIGHT - 5}">begin</text><text x="${WIDTH - LEFT}" y="${HEIGHT - 5}" text-anchor="end">after ${duration(last.t - first.t)}</text>
</svg></figure>`;
}
