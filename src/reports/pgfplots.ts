import type { Chart, IntervalRow } from "./chart.ts";
import { cut } from "./cut.ts";
import { escapeLatex } from "./escape.ts";
import { noWider } from "./latex-table.ts";
import type { Figure } from "./report.ts";

/** A figure drawn by pgfplots from the same numbers; those that need colour and room stay in the HTML report. */
export function figureTex({ id, title, chart }: Figure): string {
  const drawn = draw(chart);
  if (drawn === undefined) return "";
  return [
    "\\begin{figure}[htbp]\\centering",
    ...noWider(drawn),
    `\\caption{${escapeLatex(title)}}\\label{fig:${id}}`,
    "\\end{figure}",
  ].join("\n");
}

function draw(chart: Chart): string | undefined {
  if (chart.type === "intervals")
    return chart.rows.length <= MOST_ROWS ? intervals(chart.rows, chart.unit, chart.reference) : undefined;
  if (chart.type === "scatter") return scatter(chart);
  if (chart.type === "lines") return lines(chart);
  return undefined;
}

/** More rows would not fit on a page. */
const MOST_ROWS = 45;
const number = (value: number): string => String(Number(value.toPrecision(8)));

function intervals(rows: readonly IntervalRow[], unit: string, reference: number | undefined): string {
  const labels = rows.map(({ label, group }) => `{${escapeLatex(cut(group ? `${group}: ${label}` : label, 48))}}`);
  const finite = (value: number, instead: number): number => (Number.isFinite(value) ? value : instead);
  const points = rows.map(
    ({ value, low, high }, i) =>
      `(${number(value)},${i}) += (${number(finite(high, value) - value)},0) -= (${number(value - finite(low, value))},0)`,
  );
  return [
    "\\begin{tikzpicture}",
    "\\begin{axis}[width=0.62\\linewidth,scale only axis,y dir=reverse,enlarge y limits={abs=0.6},xmajorgrids,axis line style={gray},",
    `height=${number(Math.max(2, rows.length * 0.42))}cm,ytick={0,...,${rows.length - 1}},yticklabels={${labels.join(",")}},yticklabel style={font=\\footnotesize},xticklabel style={font=\\footnotesize,/pgf/number format/fixed},xlabel={${escapeLatex(unit)}}]`,
    ...(reference === undefined
      ? []
      : [
          `\\addplot[black,dashed,forget plot] coordinates {(${number(reference)},-0.6) (${number(reference)},${rows.length - 0.4})};`,
        ]),
    "\\addplot+[only marks,mark=*,mark size=1.6pt,black,mark options={fill=black},error bars/.cd,x dir=both,x explicit] coordinates {",
    ...points,
    "};",
    "\\end{axis}",
    "\\end{tikzpicture}",
  ].join("\n");
}

function lines({ x, y, lines: drawn }: Extract<Chart, { type: "lines" }>): string {
  const dashes = ["solid", "densely dashed", "densely dotted", "dash dot", "loosely dashed", "dash dot dot", "dotted"];
  return [
    "\\begin{tikzpicture}",
    `\\begin{axis}[width=0.8\\linewidth,height=7cm,grid=major,${x.log ? "xmode=log," : ""}xlabel={${escapeLatex(x.label)}},ylabel={${escapeLatex(y.label)}},legend style={font=\\footnotesize,at={(0.5,-0.22)},anchor=north,draw=none},legend columns=2,legend cell align=left]`,
    ...drawn.flatMap(({ label, points }, i) => [
      `\\addplot+[black,${dashes[i % dashes.length]},mark options={solid,fill=black},mark size=1.4pt,error bars/.cd,y dir=both,y explicit] coordinates {`,
      ...points.map(({ x: px, y: py, low, high }) => {
        const ends =
          low === undefined || high === undefined ? "" : ` += (0,${number(high - py)}) -= (0,${number(py - low)})`;
        return `(${number(px)},${number(py)})${ends}`;
      }),
      `}; \\addlegendentry{${escapeLatex(cut(label, 40))}}`,
    ]),
    "\\end{axis}",
    "\\end{tikzpicture}",
  ].join("\n");
}

function scatter({ x, y, points }: Extract<Chart, { type: "scatter" }>): string {
  return [
    "\\begin{tikzpicture}",
    `\\begin{axis}[width=0.8\\linewidth,height=7cm,grid=major,${x.log ? "xmode=log," : ""}xlabel={${escapeLatex(x.label)}},ylabel={${escapeLatex(y.label)}},enlargelimits=0.12]`,
    "\\addplot+[only marks,mark=*,black,mark options={fill=black},nodes near coords,point meta=explicit symbolic,every node near coord/.style={font=\\scriptsize,anchor=west,black}] coordinates {",
    ...points.map((point) => `(${number(point.x)},${number(point.y)}) [{${escapeLatex(cut(point.label, 32))}}]`),
    "};",
    "\\end{axis}",
    "\\end{tikzpicture}",
  ].join("\n");
}
