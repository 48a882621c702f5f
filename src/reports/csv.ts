import { joinInSteps, mapInSteps, type Steps } from "#src/kernel/steps";
import { plain } from "./cell.ts";
import { growthWords, valueWords } from "./decided.ts";
import { csvField } from "./escape.ts";
import { atOnce, type Cell, type Renderer, type Report, type ReportTable, type RowKey, tablesOf } from "./report.ts";

const header = "table,row,group,metric,field,condition,against,item,test,column,value,low,high,text".split(",");

/**
 * Every cell of every table as one line, then every item: `table` says where it stands, `column` what it is. Numbers have all their
 * digits in `value`, `low` and `high`; `text` is what the other formats print. A difference whose interval holds together with those of its
 * family has a second line, `difference_alone`, with that of the pair by itself. Read it with pandas and pivot.
 */
export const csv: Renderer = atOnce(csvSteps);

/** `csv` in steps. */
export function* csvSteps(report: Report): Steps<string> {
  const { fields, items } = report.items;
  const lines = [header.join(","), ...changeLines(report)];
  for (const table of tablesOf(report)) for (const row of yield* tableLines(table)) lines.push(...row);
  for (const row of yield* mapInSteps(items, (item, place) => itemLines(item, place, fields))) lines.push(...row);
  return `${yield* joinInSteps(lines, "\r\n")}\r\n`;
}

/** Options that are another one than was decided before the first task, or that the experiment file has otherwise. */
const changeLines = ({ decided: { recorded, changes, growth, unused } }: Report): string[] => {
  const line = (row: number, option: string, column: string, text: string): string =>
    [
      "decided",
      row,
      ...["", "", option, "", "", "", "", column].map((word) => csvField(word)),
      "",
      "",
      "",
      csvField(text),
    ].join(",");
  return [
    line(0, "", "before_first_task", recorded ? "recorded" : "not recorded"),
    ...growth.map((grown, i) =>
      line(i + 1, "", "grown", `${growthWords(grown)}, after ${grown.ended} tasks had ended`),
    ),
    ...[...changes, ...unused].flatMap(({ path, decided, now }, i) => [
      line(i + 1, path, "decided", valueWords(decided)),
      line(i + 1, path, i < changes.length ? "now" : "now_in_file", valueWords(now)),
    ]),
  ];
};

const tableLines = ({ id, columns, rows }: ReportTable): Steps<string[][]> =>
  mapInSteps(rows, ({ key, group, cells }, r) =>
    cells.flatMap((cell, c) => {
      const of = { ...key, ...metricOf(columns[c]!) };
      const own = cellLine(id, r, group, of, columns[c]!.id, cell);
      return cell.kind === "estimate" && cell.alone
        ? [own, cellLine(id, r, group, of, `${columns[c]!.id}_alone`, aloneCell(cell.value, cell.alone))]
        : [own];
    }),
  );

/** The interval of a pair by itself: its family's is the line before. */
const aloneCell = (value: number, { level, ...interval }: NonNullable<Estimated["alone"]>): Cell => ({
  kind: "estimate",
  text: `${plain(100 * level)} %, this pair alone`,
  value,
  ...interval,
});

type Estimated = Extract<Cell, { kind: "estimate" }>;

const metricOf = ({ metric }: ReportTable["columns"][number]): RowKey => (metric === undefined ? {} : { metric });

function cellLine(
  table: string,
  row: number,
  group: string | undefined,
  key: RowKey,
  column: string,
  cell: Cell,
): string {
  const { value, low, high } = numbersOf(cell);
  const { metric, field, condition, against, test } = key;
  const names = [group, metric, field, condition, against, undefined, test, column].map((text) => csvField(text ?? ""));
  return [table, row, ...names, value, low, high, csvField(cell.text, cell.kind !== "text")].join(",");
}

const numbersOf = (cell: Cell): { value: string; low: string; high: string } =>
  cell.kind === "estimate"
    ? { value: String(cell.value), low: String(cell.low), high: String(cell.high) }
    : { value: cell.kind === "number" ? String(cell.value) : "", low: "", high: "" };

/** An item of the item-by-item part: one line per condition and number. */
const itemLines = (
  { id, entries }: Report["items"]["items"][number],
  row: number,
  fields: readonly string[],
): string[] =>
  entries.flatMap(({ condition, values, status }) =>
    fields.map((field, i) => {
      const value = values[i];
      const names = ["", "", field, condition, "", id, "", "value"].map((text) => csvField(text));
      return [
        "items",
        row,
        ...names,
        value ?? "",
        "",
        "",
        csvField(value === null ? status : String(value), value !== null),
      ].join(",");
    }),
  );
