import { cut } from "./cut.ts";
import { escapeXml } from "./escape.ts";

/** Okabe and Ito's colours that differ for every kind of colour vision; styles of a page may replace them by class. */
export const palette = {
  up: "#0072b2",
  down: "#d55e00",
  none: "#7a7a7a",
  ink: "currentColor",
  rule: "#9a9a9a",
} as const;

export const WIDTH = 760;
export const NARROW = 400;
export const ROW = 22;
export const num = (value: number): string => String(Math.round(value * 100) / 100);

/** What is drawn of a chart, inside its frame. */
export interface Drawing {
  readonly height: number;
  /** The common width when absent. */
  readonly width?: number;
  readonly body: readonly string[];
}

export const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${num(x)}" y="${num(y)}"${more}>${escapeXml(content)}</text>`;
export const rule = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  className = "rule",
  stroke: string = palette.rule,
  width = 1,
): string =>
  `<line class="${className}" x1="${num(x1)}" y1="${num(y1)}" x2="${num(x2)}" y2="${num(y2)}" stroke="${stroke}" stroke-width="${width}"/>`;

/** Width of a text at 12 px, near enough for placing. */
export const widthOf = (content: string): number =>
  [...content].reduce(
    (sum, c) => sum + (/[ -~]/.test(c) ? (/[MWmw@%]/.test(c) ? 10.5 : /[iljtf.,:;'|! []/.test(c) ? 4.2 : 7.4) : 10),
    0,
  );

/** A name cut in its middle to a width: its end tells it from others as often as its beginning. */
export function fitted(content: string, width: number): string {
  if (widthOf(content) <= width) return content;
  const characters = [...content];
  let kept = characters.length;
  const shown = (): string =>
    `${characters.slice(0, Math.ceil(kept / 2)).join("")}…${characters.slice(characters.length - Math.floor(kept / 2)).join("")}`;
  while (kept > 4 && widthOf(shown()) > width)
    kept = Math.min(kept - 1, Math.ceil((kept * width) / widthOf(shown())) + 1);
  return shown();
}

export const label = (content: string): string => cut(content, 40).replace(/ … .*/, "…");

/** A horizontal axis with its grid, from `top` to `bottom`. */
export function axis(
  x: { ticks(count: number): number[]; tickFormat(count: number): (value: number) => string; (value: number): number },
  top: number,
  bottom: number,
  unit: string,
  right: number,
): string[] {
  const ticks = x.ticks(6);
  const format = x.tickFormat(6);
  return [
    ...ticks.map((tick) => rule(x(tick), top, x(tick), bottom, "grid", palette.rule, 0.4)),
    ...ticks.map((tick) =>
      text(
        x(tick),
        bottom + 16,
        format(tick).replace("−", "-").replace("-", "−"),
        ' text-anchor="middle" class="tick" fill-opacity="0.75"',
      ),
    ),
    ...(unit ? [text(right, bottom + 32, unit, ' text-anchor="end" class="unit" fill-opacity="0.75"')] : []),
  ];
}

export const extent = (values: readonly number[]): [number, number] => {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [
    finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  if (!(low <= high)) return [0, 1];
  const pad = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
};

/** Powers of ten only, in plain digits. */
export function logTicks(x: { (value: number): number; domain(): number[] }): {
  axis: { ticks(): number[]; tickFormat(): (value: number) => string; (value: number): number };
} {
  const [low, high] = x.domain() as [number, number];
  const ticks: number[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    const tick = 10 ** e;
    if (tick >= low && tick <= high) ticks.push(tick);
  }
  const format = (value: number): string =>
    value >= 1e-4 && value < 1e6 ? String(Number(value.toPrecision(1))) : value.toExponential(0);
  return { axis: Object.assign((value: number) => x(value), { ticks: () => ticks, tickFormat: () => format }) };
}
