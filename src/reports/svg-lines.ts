import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import type { Chart, ChartLine, LinePoint } from "./chart.ts";
import { escapeXml } from "./escape.ts";
import { type Drawing, extent, fitted, num, palette, rule, text, WIDTH, widthOf } from "./svg-parts.ts";

/** Colours that differ for every kind of colour vision, dark enough for paper; styles of a page replace them by class. */
const colours = ["#0072b2", "#c2500a", "#00795a", "#a2437c", "#8a6100", "#4b5fc4", "#5f6368", "#1d1f21"] as const;
/** Lines that a drawing tells apart. */
export const MOST_LINES = colours.length;
/** Lines up to which intervals are shaded; of more they are thin strokes, since shades over each other hide all. */
const SHADED = 4;
const [LEFT, TOP, BOTTOM] = [64, 30, 320];
const LONGEST_NAME = 190;
/** Pixels from one name to the next. */
const STEP = 16;

/** Values over a number, a line for each series, its name at its end. */
export function drawLines({ x: xAxis, y: yAxis, lines }: Extract<Chart, { type: "lines" }>): Drawing {
  const names = lines.map(({ label }) => fitted(label, LONGEST_NAME));
  const right = WIDTH - Math.max(40, ...names.map(widthOf)) - 34;
  const all = lines.flatMap(({ points }) => points);
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const [first, last] = [xs[0]!, xs.at(-1)!];
  const x = xAxis.log ? scaleLog([first, last], [LEFT + 10, right]) : scaleLinear([first, last], [LEFT + 10, right]);
  const y = scaleLinear(extent(all.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y])), [BOTTOM, TOP]).nice();
  const [least, most] = y.domain() as [number, number];
  y.domain([yAxis.least === undefined ? least : Math.max(least, yAxis.least), Math.min(most, yAxis.most ?? most)]);
  const at = (point: LinePoint): [number, number] => [x(point.x), y(point.y)];
  const format = y.tickFormat(6);
  const nameOf = (value: number): string => xAxis.names?.[value] ?? String(value);
  const places = spread(
    lines.map(({ points }) => y(points.at(-1)!.y)),
    TOP,
    BOTTOM,
  );
  return {
    height: BOTTOM + 44,
    body: [
      ...ticksOf(xs, x, nameOf).flatMap((tick) => [
        rule(x(tick), TOP, x(tick), BOTTOM, "grid", palette.rule, 0.4),
        text(x(tick), BOTTOM + 16, nameOf(tick), ' text-anchor="middle" class="tick" fill-opacity="0.75"'),
      ]),
      text(
        right,
        BOTTOM + 34,
        `${xAxis.label}${xAxis.log ? ", logarithmic" : ""}`,
        ' text-anchor="end" class="unit" fill-opacity="0.75"',
      ),
      ...y
        .ticks(6)
        .flatMap((tick) => [
          rule(LEFT, y(tick), right, y(tick), "grid", palette.rule, 0.4),
          text(
            LEFT - 8,
            y(tick) + 4,
            format(tick).replace("-", "−"),
            ' text-anchor="end" class="tick" fill-opacity="0.75"',
          ),
        ]),
      text(0, 14, yAxis.label, ' class="unit" fill-opacity="0.75"'),
      ...lines.flatMap((one) => intervalsSvg(one, x, y, lines.length <= SHADED)),
      ...lines.map(({ points, colour, isDashed }) => {
        const path = line<LinePoint>(
          (point) => at(point)[0],
          (point) => at(point)[1],
        ).digits(2)(points);
        return `<path class="series s${colour + 1}" d="${path ?? ""}" fill="none" stroke="${colours[colour]}" stroke-width="2"${isDashed ? ' stroke-dasharray="6 4"' : ""}/>`;
      }),
      ...lines.flatMap(({ points, colour, isFlat, label }) =>
        isFlat ? [] : points.map((point) => mark(colour, ...at(point), `${label}: ${point.y} at ${nameOf(point.x)}`)),
      ),
      ...lines.flatMap(({ points, colour }, i) => {
        const [endX, endY] = at(points.at(-1)!);
        const placed = places[i]!;
        return [
          `<path class="leader" d="M${num(endX + 6)} ${num(endY)}L${num(right + 14)} ${num(placed)}" fill="none" stroke="${palette.rule}" stroke-width="0.8"/>`,
          mark(colour, right + 20, placed),
          text(right + 30, placed + 4, names[i]!, ' class="label"'),
        ];
      }),
    ],
  };
}

/** Shades between the ends of intervals, or strokes at each point; a point without an interval has neither. */
function intervalsSvg(
  { points, colour, isFlat }: ChartLine,
  x: (value: number) => number,
  y: (value: number) => number,
  isShaded: boolean,
): string[] {
  if (isFlat) return [];
  const known = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (!isShaded)
    return known.map(({ x: px, low, high }) =>
      rule(x(px), y(low!), x(px), y(high!), `series s${colour + 1}`, colours[colour], 1),
    );
  const shape = area<LinePoint>(
    (point) => x(point.x),
    (point) => y(point.low!),
    (point) => y(point.high!),
  )
    .defined(({ low, high }) => low !== undefined && high !== undefined)
    .digits(2)(points);
  return shape
    ? [`<path class="band s${colour + 1}" d="${shape}" fill="${colours[colour]}" fill-opacity="0.14"/>`]
    : [];
}

/** Every value that was tried, but those whose numbers would touch the one before. */
function ticksOf(xs: readonly number[], x: (value: number) => number, nameOf: (value: number) => string): number[] {
  const kept: number[] = [];
  for (const value of xs) {
    const before = kept.at(-1);
    const room =
      before === undefined || x(value) - x(before) > (widthOf(nameOf(value)) + widthOf(nameOf(before))) / 2 + 8;
    if (room) kept.push(value);
  }
  return kept;
}

/** Heights moved apart until names under each other do not touch, as near to where they belong as that allows. */
export function spread(wanted: readonly number[], top: number, bottom: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  let floor = top;
  for (const i of order) {
    placed[i] = Math.max(wanted[i]!, floor);
    floor = placed[i]! + STEP;
  }
  let ceiling = Math.max(bottom, top + (wanted.length - 1) * STEP);
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i]!, ceiling);
    ceiling = placed[i]! - STEP;
  }
  return placed;
}

/** A mark whose form says the series as its colour does. */
function mark(colour: number, x: number, y: number, title?: string): string {
  const shapes = [
    "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
    "M-3.6 -3.6H3.6V3.6H-3.6Z",
    "M0 -4.6L4.4 3.4H-4.4Z",
    "M0 -5L5 0L0 5L-5 0Z",
    "M0 4.6L4.4 -3.4H-4.4Z",
    "M-4.5 -1.3H-1.3V-4.5H1.3V-1.3H4.5V1.3H1.3V4.5H-1.3V1.3H-4.5Z",
    "M-4.6 -2.4H4.6V2.4H-4.6Z",
    "M-2.4 -4.6H2.4V4.6H-2.4Z",
  ];
  const said = title === undefined ? "" : `<title>${escapeXml(title)}</title>`;
  return `<path class="dot s${colour + 1}" transform="translate(${num(x)} ${num(y)})" d="${shapes[colour]}" fill="${colours[colour]}">${said}</path>`;
}
