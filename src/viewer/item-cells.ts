import { amount } from "#src/reports/cell";
import type { ItemEntry, Report, ReportItem } from "#src/reports/report";

/** Which items are listed. */
export const itemKinds = ["all", "differ", "fail"] as const;
export type ItemKind = (typeof itemKinds)[number];
export const kindWords: Readonly<Record<ItemKind, string>> = {
  all: "all items",
  differ: "conditions differ",
  fail: "not all succeeded",
};

/** Whether the item is one of those that were asked for. */
export const isOfKind = ({ entries }: ReportItem, kind: ItemKind): boolean =>
  kind === "all" ||
  (kind === "differ"
    ? new Set(entries.map(({ values: [value] }) => value ?? null)).size > 1
    : entries.some(({ status }) => status !== "success"));

/** Whether one condition is ahead of another on the item, by the first field. */
export function leads({ entries }: ReportItem, ahead: string, behind: string, better: string | undefined): boolean {
  if (!ahead || !behind) return true;
  const valueUnder = (name: string): number | null =>
    entries.find(({ condition }) => condition === name)?.values[0] ?? null;
  const [a, b] = [valueUnder(ahead), valueUnder(behind)];
  return a !== null && b !== null && (better === "lower" ? a < b : a > b);
}

/** Whether a text is in its id, its input, its target or an answer. @param wanted in lower case */
export const has = ({ id, input = "", target = "", entries }: ReportItem, wanted: string): boolean =>
  wanted === "" ||
  [id, input, target, ...entries.map(({ text }) => text)].some((text) => text.toLowerCase().includes(wanted));

/** The class of a value: `best` and `worst` are the ends of all values of the first field. */
export function gradeOf({ items, directions }: Report["items"]): (value: number | null | undefined) => string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { entries } of items)
    for (const { values } of entries) {
      const value = values[0];
      if (value === null || value === undefined) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  const way = directions?.[0] ?? "none";
  return (value) => {
    if (value === null || value === undefined || way === "none" || !(high > low)) return "";
    const share = way === "lower" ? (high - value) / (high - low) : (value - low) / (high - low);
    return share > 0.999 ? "best" : share < 0.001 ? "worst" : share >= 0.5 ? "upper" : "lower";
  };
}

/** Said in words too, since colour alone says nothing to some. */
const marks: Readonly<Record<string, string>> = { best: "✓", worst: "✗" };

/** A value in a cell: a mark at the ends of a yes or no, else the number; how the task ended where it has none. */
export const shown = ({ values: [value], status }: ItemEntry, grade: string): string =>
  value === null || value === undefined
    ? status.replaceAll("_", " ")
    : value === 0 || value === 1
      ? (marks[grade] ?? String(value))
      : amount(value);
