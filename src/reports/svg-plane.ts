import { scaleBand, scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { count } from "./cell.ts";
import type { Chart, ScatterPoint } from "./chart.ts";
import { escapeXml } from "./escape.ts";
import { axis, type Drawing, extent, label, logTicks, num, palette, rule, text, WIDTH, widthOf } from "./svg-parts.ts";

export function drawHeatmap({ labels, cells }: Extract<Chart, { type: "heatmap" }>): Drawing {
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

export function drawScatter({ x: xAxis, y: yAxis, points }: Extract<Chart, { type: "scatter" }>): Drawing {
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
      ...frontLine(points, x, y),
      ...placeLabels(
        [...points]
          .sort((a, b) => Number(b.isFront ?? false) - Number(a.isFront ?? false))
          .map(({ label: name, x: px, y: py }) => ({ name: label(name), x: x(px), y: y(py) })),
        left,
        right,
        bottom,
      ),
      ...points.map(
        (point) =>
          `<circle class="mark ${point.isFront === false ? "hollow beaten" : "up"}" cx="${num(x(point.x))}" cy="${num(y(point.y))}" r="4" fill="${point.isFront === false ? "#ffffff" : palette.up}" stroke="${palette.up}"><title>${escapeXml(point.label)}</title></circle>`,
      ),
    ],
  };
}

/** A line through the points of the front, where there are two and more. */
function frontLine(
  points: readonly ScatterPoint[],
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  const front = points.filter(({ isFront }) => isFront).sort((a, b) => a.x - b.x);
  if (front.length < 2) return [];
  const path = line<ScatterPoint>(
    (point) => x(point.x),
    (point) => y(point.y),
  ).digits(2)(front);
  return [
    `<path class="line up front" d="${path}" fill="none" stroke="${palette.up}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
  ];
}

/** Labels beside their points, moved up or down until none covers another, with a line to the point where it is moved; without room, none. */
function placeLabels(
  points: readonly { name: string; x: number; y: number }[],
  left: number,
  right: number,
  bottom: number,
): string[] {
  const taken = points.map(({ x, y }) => ({ from: x - 4, to: x + 4, y: y + 4 }));
  return points.flatMap(({ name, x, y }) => {
    const width = widthOf(name) * 0.92;
    const places = [0, -13, 13, 26, -26, 39, -39, 52, -52].flatMap((dy) => [
      { from: x + 9, at: y + dy },
      { from: x - 9 - width, at: y + dy },
    ]);
    const free = places.find(
      ({ from, at }) =>
        from >= left &&
        from + width <= right &&
        at >= 12 &&
        at <= bottom + 2 &&
        taken.every((other) => Math.abs(other.y - at) > 12 || other.to < from || from + width < other.from),
    );
    if (!free) return [];
    const { from, at } = free;
    taken.push({ from, to: from + width, y: at });
    const end = from > x ? from - 2 : from + width + 2;
    return [
      ...(at === y ? [] : [rule(x, y, end, at - 6, "leader", palette.rule, 0.8)]),
      text(from, at - 4, name, ' class="label beside" font-size="11"'),
    ];
  });
}

export function drawProgress({ points, unit }: Extract<Chart, { type: "progress" }>): Drawing {
  const [left, right, top, bottom] = [64, WIDTH - 20, 24, 210];
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
      text(0, 12, "tasks ended", ' class="unit" fill-opacity="0.75"'),
      `<path class="line up" d="${path ?? ""}" fill="none" stroke="${palette.up}" stroke-width="2"/>`,
    ],
  };
}
