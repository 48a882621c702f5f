import { scaleBand, scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { count } from "./cell.ts";
import type { Chart, DistributionRow, IntervalRow } from "./chart.ts";
import { cut } from "./cut.ts";
import { escapeXml } from "./escape.ts";
import type { Figure } from "./report.ts";

/** Okabe and Ito's colours that differ for every kind of colour vision; styles of a page may replace them by class. */
export const palette = {
  up: "#0072b2",
  down: "#d55e00",
  none: "#7a7a7a",
  ink: "currentColor",
  rule: "#9a9a9a",
} as const;

const WIDTH = 760;
const ROW = 22;
const num = (value: number): string => String(Math.round(value * 100) / 100);

/** Draws a figure as SVG: the same bytes for the same figure, with title and description for screen readers. */
export function drawSvg({ id, title, description, chart }: Figure): string {
  const { height, width = WIDTH, body } = draw(chart);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-${chart.type}" viewBox="0 0 ${num(width)} ${num(height)}" width="${num(width)}" height="${num(height)}" role="img" aria-labelledby="${id}-title ${id}-description" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">`,
    `<title id="${id}-title">${escapeXml(title)}</title>`,
    `<desc id="${id}-description">${escapeXml(description)}</desc>`,
    ...body,
    "</svg>",
  ].join("\n");
}

interface Drawing {
  readonly height: number;
  /** The common width when absent. */
  readonly width?: number;
  readonly body: readonly string[];
}

function draw(chart: Chart): Drawing {
  switch (chart.type) {
    case "intervals":
      return drawIntervals(chart);
    case "distribution":
      return drawDistribution(chart);
    case "heatmap":
      return drawHeatmap(chart);
    case "scatter":
      return drawScatter(chart);
    case "progress":
      return drawProgress(chart);
  }
}

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${num(x)}" y="${num(y)}"${more}>${escapeXml(content)}</text>`;
const rule = (
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
const widthOf = (content: string): number =>
  [...content].reduce(
    (sum, c) => sum + (/[ -~]/.test(c) ? (/[MWmw@%]/.test(c) ? 10.5 : /[iljtf.,:;'|! []/.test(c) ? 4.2 : 7.4) : 10),
    0,
  );

const label = (content: string): string => cut(content, 40).replace(/ … .*/, "…");

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

/** A horizontal axis with its grid, from `top` to `bottom`. */
function axis(
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

const extent = (values: readonly number[]): [number, number] => {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [
    finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  if (!(low <= high)) return [0, 1];
  const pad = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
};

function drawIntervals({ rows, unit, reference }: Extract<Chart, { type: "intervals" }>): Drawing {
  const { placed, headings, bottom } = place(rows, 6);
  const left = Math.min(300, Math.max(60, ...rows.map((row) => widthOf(label(row.label)))) + 14);
  const right = WIDTH - Math.max(60, ...rows.map((row) => widthOf(row.text))) - 14;
  const x = scaleLinear(
    extent([
      ...rows.flatMap(({ low, high, value }) => [low, high, value]),
      ...(reference === undefined ? [] : [reference]),
    ]),
    [left, right],
  );
  return {
    height: bottom + 40,
    body: [
      ...axis(x, 4, bottom, unit, right),
      ...(reference === undefined ? [] : [rule(x(reference), 4, x(reference), bottom, "reference", palette.ink, 1)]),
      ...headings.map(({ text: heading, y }) => text(0, y + 4, heading, ' font-weight="600" class="group"')),
      ...placed.flatMap(({ row, y }) => intervalMark(row, y, x, left, reference !== undefined)),
    ],
  };
}

function intervalMark(
  row: IntervalRow,
  y: number,
  x: (value: number) => number,
  left: number,
  compared: boolean,
): string[] {
  const tone = compared ? (row.tone ?? "none") : "up";
  const hollow = tone === "none";
  const colour = palette[tone];
  const [domainLow, domainHigh] = [
    Number.isFinite(row.low) ? row.low : row.value,
    Number.isFinite(row.high) ? row.high : row.value,
  ];
  return [
    text(left - 10, y + 4, label(row.label), ' text-anchor="end" class="label"'),
    ...(row.alone && Number.isFinite(row.alone.low) && Number.isFinite(row.alone.high)
      ? [rule(x(row.alone.low), y, x(row.alone.high), y, `alone ${tone}`, colour, 5)]
      : []),
    rule(x(domainLow), y, x(domainHigh), y, `interval ${tone}`, colour, 2),
    rule(x(domainLow), y - 4, x(domainLow), y + 4, `interval ${tone}`, colour, 2),
    rule(x(domainHigh), y - 4, x(domainHigh), y + 4, `interval ${tone}`, colour, 2),
    `<circle class="mark ${tone}${hollow ? " hollow" : ""}" cx="${num(x(row.value))}" cy="${num(y)}" r="4.2" fill="${hollow ? "#ffffff" : colour}" stroke="${colour}" stroke-width="2"/>`,
    text(
      WIDTH,
      y + 4,
      row.text.replaceAll("-", "−"),
      ' text-anchor="end" class="value" font-variant-numeric="tabular-nums"',
    ),
  ];
}

function drawDistribution({ rows, unit }: Extract<Chart, { type: "distribution" }>): Drawing {
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
      ...placed.flatMap(({ row, y }) => box(row, y, x, left)),
    ],
  };
}

/** Powers of ten only, in plain digits. */
function logTicks(x: { (value: number): number; domain(): number[] }): {
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

function box(row: DistributionRow, y: number, x: (value: number) => number, left: number): string[] {
  const { min, p25, median, p75, p95, max } = row;
  return [
    text(left - 10, y + 4, label(row.label), ' text-anchor="end" class="label"'),
    rule(x(min), y, x(p25), y, "whisker", palette.rule, 1.5),
    rule(x(p75), y, x(p95), y, "whisker", palette.rule, 1.5),
    `<rect class="box up" x="${num(x(p25))}" y="${num(y - 6)}" width="${num(Math.max(1, x(p75) - x(p25)))}" height="12" rx="1.5" fill="${palette.up}" fill-opacity="0.35" stroke="${palette.up}"/>`,
    rule(x(median), y - 6, x(median), y + 6, "median", palette.ink, 2),
    rule(x(max), y - 3, x(max), y + 3, "whisker", palette.rule, 1.5),
  ];
}

function drawHeatmap({ labels, cells }: Extract<Chart, { type: "heatmap" }>): Drawing {
  const widest = Math.max(...labels.map((name) => widthOf(label(name))));
  const left = Math.min(240, Math.max(60, widest) + 14);
  const side = Math.min(Math.max(96, Math.min(120, widest + 10)), (WIDTH - left - 60) / labels.length);
  const rowHeight = Math.min(34, Math.max(20, side * 0.5));
  const crowded = side < 58;
  const slanted = crowded || widest + 4 > side;
  const top = slanted ? 20 + Math.min(120, widest * 0.75) : 24;
  const x = scaleBand(
    labels.map((_, i) => i),
    [left, left + side * labels.length],
  ).paddingInner(0.04);
  const y = scaleBand(
    labels.map((_, i) => i),
    [top, top + rowHeight * labels.length],
  ).paddingInner(0.06);
  const heading = (name: string, i: number): string => {
    const [cx, cy] = [x(i)! + x.bandwidth() / 2, top - 8];
    return slanted
      ? text(cx, cy, label(name), ` transform="rotate(-45 ${num(cx)} ${num(cy)})" class="label"`)
      : text(cx, cy, label(name), ' text-anchor="middle" class="label"');
  };
  return {
    height: top + rowHeight * labels.length + 6,
    width: left + side * labels.length + (slanted ? 60 : 0),
    body: [
      ...labels.map(heading),
      ...labels.map((name, i) =>
        text(left - 10, y(i)! + y.bandwidth() / 2 + 4, label(name), ' text-anchor="end" class="label"'),
      ),
      ...cells.flatMap(({ row, column, p, sign, text: shown }) => {
        const tone = sign === 1 ? "up" : sign === -1 ? "down" : "none";
        const opacity =
          sign === 0 ? 0.12 : Math.min(0.75, 0.25 + Math.min(12, -Math.log10(Math.max(p, 1e-12))) * 0.045);
        const mark = sign === 1 ? "+ " : sign === -1 ? "− " : "";
        return [
          `<rect class="cell ${tone}" x="${num(x(column)!)}" y="${num(y(row)!)}" width="${num(x.bandwidth())}" height="${num(y.bandwidth())}" rx="2" fill="${palette[tone]}" fill-opacity="${num(opacity)}"/>`,
          text(
            x(column)! + x.bandwidth() / 2,
            y(row)! + y.bandwidth() / 2 + 4,
            crowded ? mark.trim() : `${mark}${shown.replaceAll("-", "−")}`,
            ' text-anchor="middle" class="cell-text" font-size="11"',
          ),
        ];
      }),
    ],
  };
}

function drawScatter({ x: xAxis, y: yAxis, points }: Extract<Chart, { type: "scatter" }>): Drawing {
  const [left, right, top, bottom] = [64, WIDTH - 20, 28, 330];
  const xs = points.flatMap(({ x, xLow, xHigh }) => [x, xLow ?? x, xHigh ?? x]);
  const x = xAxis.log
    ? scaleLog([Math.min(...xs) * 0.8, Math.max(...xs) * 1.5], [left, right])
    : scaleLinear(extent(xs), [left, right]);
  const y = scaleLinear(extent(points.flatMap(({ y, yLow, yHigh }) => [y, yLow ?? y, yHigh ?? y])), [
    bottom,
    top,
  ]).nice();
  const [least, most] = y.domain() as [number, number];
  y.domain([least, Math.min(most, yAxis.most ?? most)]);
  const ticks = xAxis.log ? logTicks(x as ReturnType<typeof scaleLog<number, number>>).axis : x;
  const format = y.tickFormat(6);
  return {
    height: bottom + 44,
    body: [
      ...axis(ticks, top, bottom, `${xAxis.label}${xAxis.log ? ", logarithmic" : ""}`, right),
      ...y
        .ticks(6)
        .flatMap((tick) => [
          rule(left, y(tick), right, y(tick), "grid", palette.rule, 0.4),
          text(left - 8, y(tick) + 4, format(tick), ' text-anchor="end" class="tick" fill-opacity="0.75"'),
        ]),
      text(0, 14, yAxis.label, ' class="unit" fill-opacity="0.75"'),
      ...points.flatMap((point) => [
        ...(point.xLow === undefined
          ? []
          : [rule(x(point.xLow), y(point.y), x(point.xHigh ?? point.x), y(point.y), "interval up", palette.up, 1)]),
        ...(point.yLow === undefined
          ? []
          : [rule(x(point.x), y(point.yLow), x(point.x), y(point.yHigh ?? point.y), "interval up", palette.up, 1)]),
      ]),
      ...placeLabels(
        points.map(({ label: name, x: px, y: py }) => ({ name: label(name), x: x(px), y: y(py) })),
        right,
      ),
      ...points.map(
        (point) =>
          `<circle class="mark up" cx="${num(x(point.x))}" cy="${num(y(point.y))}" r="4" fill="${palette.up}" stroke="${palette.up}"/>`,
      ),
    ],
  };
}

/** Labels beside their points, moved down or up until none covers another. */
function placeLabels(points: readonly { name: string; x: number; y: number }[], right: number): string[] {
  const taken = points.map(({ x, y }) => ({ x: x - 4, y: y + 4, width: 8 }));
  return points.map(({ name, x, y }) => {
    const width = widthOf(name) * 0.92;
    const toLeft = x + 9 + width > right;
    const from = toLeft ? x - 9 - width : x + 9;
    const free =
      [0, -11, 13, 26, -24, 39, -37].find((dy) =>
        taken.every(
          (other) => Math.abs(other.y - (y + dy)) > 12 || other.x + other.width < from || from + width < other.x,
        ),
      ) ?? 0;
    taken.push({ x: from, y: y + free, width });
    return text(from, y + free - 4, name, ' class="label beside" font-size="11"');
  });
}

function drawProgress({ points, unit }: Extract<Chart, { type: "progress" }>): Drawing {
  const [left, right, top, bottom] = [64, WIDTH - 20, 14, 200];
  const last = points.at(-1)!;
  const x = scaleLinear([0, last.x], [left, right]);
  const y = scaleLinear([0, last.y], [bottom, top]);
  const path = line<{ x: number; y: number }>(
    (point) => x(point.x),
    (point) => y(point.y),
  ).digits(2)(points);
  return {
    height: bottom + 40,
    body: [
      ...axis(x, top, bottom, unit, right),
      ...y
        .ticks(4)
        .flatMap((tick) => [
          rule(left, y(tick), right, y(tick), "grid", palette.rule, 0.4),
          text(left - 8, y(tick) + 4, count(tick), ' text-anchor="end" class="tick" fill-opacity="0.75"'),
        ]),
      `<path class="line up" d="${path ?? ""}" fill="none" stroke="${palette.up}" stroke-width="2"/>`,
    ],
  };
}
