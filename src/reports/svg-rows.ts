import { scaleLinear, scaleLog } from "d3-scale";
import { mapInSteps, type Steps } from "#src/kernel/steps";
import type { Chart, DistributionRow, IntervalRow } from "./chart.ts";
import {
  axis,
  type Drawing,
  extent,
  fitted,
  label,
  logTicks,
  NARROW,
  num,
  palette,
  ROW,
  rule,
  text,
  WIDTH,
  widthOf,
} from "./svg-parts.ts";

interface Placed<R> {
  readonly row: R;
  readonly y: number;
}

/** Rows from top to bottom, a heading before each group. */
function place<R extends { readonly group?: string }>(
  rows: readonly R[],
  top: number,
): { placed: Placed<R>[]; headings: { text: string; y: number }[]; bottom: number } {
  const placed: Placed<R>[] = [];
  const headings: { text: string; y: number }[] = [];
  let y = top;
  let group: string | undefined;
  for (const row of rows) {
    if (row.group !== undefined && row.group !== group) {
      if (placed.length > 0) y += 8;
      headings.push({ text: row.group, y: y + ROW / 2 });
      y += ROW;
      group = row.group;
    }
    placed.push({ row, y: y + ROW / 2 });
    y += ROW;
  }
  return { placed, headings, bottom: y };
}

/** Width of a name beside a narrow drawing. */
const LONGEST_NAME = 150;

export function* drawIntervals({
  rows,
  unit,
  reference,
  narrow = false,
}: Extract<Chart, { type: "intervals" }>): Steps<Drawing> {
  const width = narrow ? NARROW : WIDTH;
  const nameOf = ({ label: name }: IntervalRow): string => (narrow ? fitted(name, LONGEST_NAME) : label(name));
  const { placed, headings, bottom } = place(rows, 6);
  const labels = yield* mapInSteps(rows, (row) => widthOf(nameOf(row)));
  const texts = yield* mapInSteps(rows, (row) => widthOf(row.text));
  const left = Math.min(300, Math.max(60, ...labels) + 14);
  const right = width - Math.max(narrow ? 30 : 60, ...texts) - 14;
  const x = scaleLinear(
    extent([
      ...rows.flatMap(({ low, high, value }) => [low, high, value]),
      ...(reference === undefined ? [] : [reference]),
    ]),
    [left, right],
  );
  const marks = yield* mapInSteps(placed, ({ row, y }) =>
    intervalMark(row, nameOf(row), y, x, left, width, reference !== undefined),
  );
  return {
    width,
    height: bottom + 40,
    body: [
      ...axis(x, 4, bottom, unit, right),
      ...(reference === undefined ? [] : [rule(x(reference), 4, x(reference), bottom, "reference", palette.ink, 1)]),
      ...headings.map(({ text: heading, y }) => text(0, y + 4, heading, ' font-weight="600" class="group"')),
      ...marks.flat(),
    ],
  };
}

function intervalMark(
  row: IntervalRow,
  name: string,
  y: number,
  x: (value: number) => number,
  left: number,
  width: number,
  compared: boolean,
): string[] {
  const tone = row.tone ?? (compared ? "none" : "up");
  const hollow = tone === "none";
  const colour = palette[tone];
  const [domainLow, domainHigh] = [
    Number.isFinite(row.low) ? row.low : row.value,
    Number.isFinite(row.high) ? row.high : row.value,
  ];
  return [
    text(left - 10, y + 4, name, ' text-anchor="end" class="label"'),
    ...(row.alone && Number.isFinite(row.alone.low) && Number.isFinite(row.alone.high)
      ? [rule(x(row.alone.low), y, x(row.alone.high), y, `alone ${tone}`, colour, 5)]
      : []),
    rule(x(domainLow), y, x(domainHigh), y, `interval ${tone}`, colour, 2),
    rule(x(domainLow), y - 4, x(domainLow), y + 4, `interval ${tone}`, colour, 2),
    rule(x(domainHigh), y - 4, x(domainHigh), y + 4, `interval ${tone}`, colour, 2),
    `<circle class="mark ${tone}${hollow ? " hollow" : ""}" cx="${num(x(row.value))}" cy="${num(y)}" r="4.2" fill="${hollow ? "#ffffff" : colour}" stroke="${colour}" stroke-width="2"/>`,
    text(
      width,
      y + 4,
      row.text.replaceAll("-", "−"),
      ' text-anchor="end" class="value" font-variant-numeric="tabular-nums"',
    ),
  ];
}

export function drawDistribution({ rows, unit }: Extract<Chart, { type: "distribution" }>): Drawing {
  const { placed, headings, bottom } = place(rows, 6);
  const left = Math.min(300, Math.max(60, ...rows.map((row) => widthOf(label(row.label)))) + 14);
  const right = WIDTH - 16;
  const log =
    rows.every(({ min }) => min > 0) &&
    Math.max(...rows.map(({ max }) => max)) > 50 * Math.min(...rows.map(({ min }) => min));
  const values = rows.flatMap(({ min, max }) => [min, max]);
  const x = log
    ? scaleLog([Math.min(...values) * 0.9, Math.max(...values) * 1.1], [left, right])
    : scaleLinear(extent(values), [left, right]);
  const ticks = log ? { ...logTicks(x as ReturnType<typeof scaleLog<number, number>>) } : undefined;
  return {
    height: bottom + 40,
    body: [
      ...(ticks
        ? axis(ticks.axis, 4, bottom, `${unit}${unit ? ", " : ""}logarithmic`, right)
        : axis(x, 4, bottom, unit, right)),
      ...headings.map(({ text: heading, y }) => text(0, y + 4, heading, ' font-weight="600" class="group"')),
      ...placed.flatMap(({ row, y }) => quantileDots(row, y, x, left)),
    ],
  };
}

/** Pixels within which dots stand over one another, and the height that these may take. */
const [TOUCHING, STACK] = [5, 15];
const DOT = 2.6;

/** Dots of equal weight: where many stand over one another, many values are. */
function quantileDots(
  { label: name, min, median, max, dots }: DistributionRow,
  y: number,
  x: (value: number) => number,
  left: number,
): string[] {
  const stacks: number[][] = [];
  for (const at of dots.map(x)) {
    const last = stacks.at(-1);
    if (last && at - last[0]! < TOUCHING) last.push(at);
    else stacks.push([at]);
  }
  const circles = stacks.flatMap((stack) => {
    const step = Math.min(TOUCHING, STACK / Math.max(1, stack.length - 1));
    return stack.map((at, i) => {
      const height = y + (i - (stack.length - 1) / 2) * step;
      return `M${num(at - DOT)} ${num(height)}a${DOT} ${DOT} 0 1 0 ${2 * DOT} 0a${DOT} ${DOT} 0 1 0 ${-2 * DOT} 0`;
    });
  });
  return [
    text(left - 10, y + 4, label(name), ' text-anchor="end" class="label"'),
    rule(x(min), y, x(max), y, "whisker", palette.rule, 1),
    ...[min, max].map((end) => rule(x(end), y - 3, x(end), y + 3, "whisker", palette.rule, 1.5)),
    `<path class="quantile" d="${circles.join("")}" fill="${palette.up}" fill-opacity="0.6"/>`, // one element a row: of fifty conditions a page takes as much
    rule(x(median), y - 9, x(median), y + 9, "median", palette.ink, 2),
  ];
}
