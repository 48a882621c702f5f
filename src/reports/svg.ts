import { finish, type Steps } from "#src/kernel/steps";
import type { Chart } from "./chart.ts";
import { escapeXml } from "./escape.ts";
import type { Figure } from "./report.ts";
import { drawLines } from "./svg-lines.ts";
import { type Drawing, num, WIDTH } from "./svg-parts.ts";
import { drawHeatmap, drawProgress, drawScatter } from "./svg-plane.ts";
import { drawDistribution, drawIntervals } from "./svg-rows.ts";

/** Draws a figure as SVG: the same bytes for the same figure, with title and description for screen readers. */
export const drawSvg = (figure: Figure): string => finish(drawSvgInSteps(figure));

/** `drawSvg` of figures with a thousand rows. */
export function* drawSvgInSteps({ id, title, description, chart }: Figure): Steps<string> {
  const { height, width = WIDTH, body } = yield* draw(chart);
  yield;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart chart-${chart.type}" viewBox="0 0 ${num(width)} ${num(height)}" width="${num(width)}" height="${num(height)}" role="img" aria-labelledby="${id}-title ${id}-description" font-family="system-ui, sans-serif" font-size="12" fill="currentColor">`,
    `<title id="${id}-title">${escapeXml(title)}</title>`,
    `<desc id="${id}-description">${escapeXml(description)}</desc>`,
    ...body,
    "</svg>",
  ].join("\n");
}

function* draw(chart: Chart): Steps<Drawing> {
  switch (chart.type) {
    case "intervals":
      return yield* drawIntervals(chart);
    case "distribution":
      return drawDistribution(chart);
    case "heatmap":
      return drawHeatmap(chart);
    case "scatter":
      return drawScatter(chart);
    case "lines":
      return drawLines(chart);
    case "progress":
      return drawProgress(chart);
  }
}
