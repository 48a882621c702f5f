import type { Analysis } from "#src/analysis/analysis";
import type { Direction } from "#src/experiment/direction";
import type { Manifest } from "#src/experiment/manifest";
import { cut } from "#src/reports/cut";
import { readItemResults } from "#src/reports/drill-down";
import type { ItemEntry, ReportItem } from "#src/reports/report";
import type { RunStore } from "#src/store/store";
import { itemTexts } from "./item-texts.ts";

/** What the second of two runs made of an item under one condition. */
export const changeKinds = ["better", "worse", "higher", "lower", "answer", "alone"] as const;
/** `higher` and `lower` where it is not known which way is better; `answer` where only the answer is another one; `alone` where one run has a value only. */
export type ChangeKind = (typeof changeKinds)[number];

/** One side of a change. */
export interface ItemSide {
  /** Mean over repeats of the first metric; null without one. */
  readonly value: number | null;
  /** The answer or the error, cut. */
  readonly text: string;
  readonly status: string;
  /** Place of its first task in the plan of its run. */
  readonly ordinal?: number;
}

/** An item under one condition in two runs, where they differ. */
export interface ItemChange {
  readonly item: string;
  readonly condition: string;
  readonly kind: ChangeKind;
  /** The second value minus the first; absent where one of them is. */
  readonly by?: number;
  readonly sides: readonly [ItemSide | undefined, ItemSide | undefined];
  readonly input?: string;
  readonly target?: string;
}

/** How many items of a condition changed, and how. */
export type ChangeCounts = { readonly condition: string; readonly same: number } & Readonly<Record<ChangeKind, number>>;

/** Item by item over two runs. */
export interface ItemChanges {
  readonly metric: string;
  readonly direction: Direction;
  readonly counts: readonly ChangeCounts[];
  /** Those that changed most first, then those of which only the answer is another one. At most 1,000. */
  readonly changes: readonly ItemChange[];
  /** Changes beyond these. */
  readonly omitted: number;
  /** Items that were not read, beyond 10,000 of a run. */
  readonly unread: number;
}

interface Side {
  readonly manifest: Manifest;
  readonly store: RunStore;
}

const MOST_CHANGES = 1000;
/** Characters kept of a text. */
const CHARACTERS = 200;

/**
 * Holds two runs against each other item by item, on the first metric of both.
 *
 * @param conditions names that both have, or a pair of names
 */
export async function itemChanges(
  sides: readonly [Side, Side],
  analysis: Analysis,
  conditions: readonly (readonly [string, string])[],
): Promise<ItemChanges | undefined> {
  const first = analysis.metrics.find(({ kind }) => kind !== "custom")?.metric;
  if (!first) return undefined;
  const [a, b] = [await readSide(sides[0], analysis), await readSide(sides[1], analysis)];
  const field = a.fields.indexOf(first.from);
  const others = new Map(b.items.map((item) => [item.id, item]));
  const known = new Set(a.items.map(({ id }) => id));
  const pairs: [ReportItem | undefined, ReportItem | undefined][] = [
    ...a.items.map((item): [ReportItem, ReportItem | undefined] => [item, others.get(item.id)]),
    ...b.items.filter(({ id }) => !known.has(id)).map((item): [undefined, ReportItem] => [undefined, item]),
  ];
  const counts = conditions.map(([condition]) => ({
    condition,
    same: 0,
    ...(Object.fromEntries(changeKinds.map((kind) => [kind, 0])) as Record<ChangeKind, number>),
  }));
  const changes: ItemChange[] = [];
  for (const [before, after] of pairs)
    for (const [c, names] of conditions.entries()) {
      const change = changeOf([before, after], names, field, first.direction);
      if (change === undefined) continue;
      counts[c]![change === "same" ? "same" : change.kind] += 1;
      if (change !== "same") changes.push(change);
    }
  changes.sort((x, y) => weightOf(y) - weightOf(x));
  return {
    metric: first.name,
    direction: first.direction,
    counts,
    changes: changes.slice(0, MOST_CHANGES),
    omitted: Math.max(0, changes.length - MOST_CHANGES),
    unread: Math.max(a.omitted, b.omitted),
  };
}

async function readSide({ manifest, store }: Side, analysis: Analysis) {
  const conditions = manifest.experiment.conditions.map(({ name }) => ({ ...analysis.conditions[0]!, name }));
  const { items } = await readItemResults(
    store.outcomes(),
    { ...analysis, conditions },
    { characters: CHARACTERS },
    itemTexts(store, CHARACTERS),
  );
  return items;
}

/** Values that differ before answers that do, and those before items of one run alone. */
const weightOf = ({ by, kind }: ItemChange): number =>
  by !== undefined && by !== 0 ? 1 + Math.abs(by) : kind === "answer" ? 0.5 : 0;

function changeOf(
  items: readonly [ReportItem | undefined, ReportItem | undefined],
  names: readonly [string, string],
  field: number,
  direction: Direction,
): ItemChange | "same" | undefined {
  const [a, b] = items.map((item, run) =>
    sideOf(
      item?.entries.find(({ condition }) => condition === cut(names[run]!, 120)),
      field,
    ),
  );
  if (!a && !b) return undefined;
  const { id, input, target } = (items[1] ?? items[0])!;
  const by = a && b && a.value !== null && b.value !== null ? b.value - a.value : undefined;
  const kind = kindOf(a, b, by, direction);
  if (kind === undefined) return "same";
  return {
    item: id,
    condition: names[0],
    kind,
    ...(by === undefined ? {} : { by }),
    sides: [a, b],
    ...(input === undefined ? {} : { input }),
    ...(target === undefined ? {} : { target }),
  };
}

function sideOf(entry: ItemEntry | undefined, field: number): ItemSide | undefined {
  if (!entry) return undefined;
  const { values, text, status, ordinal } = entry;
  return { value: values[field] ?? null, text, status, ...(ordinal === undefined ? {} : { ordinal }) };
}

/** @returns nothing where neither value nor answer differ */
function kindOf(
  a: ItemSide | undefined,
  b: ItemSide | undefined,
  by: number | undefined,
  direction: Direction,
): ChangeKind | undefined {
  if (!a || !b || (by === undefined && a.value !== b.value)) return "alone";
  if (by !== undefined && by !== 0) {
    if (direction === "none") return by > 0 ? "higher" : "lower";
    return by > 0 === (direction === "higher") ? "better" : "worse";
  }
  return a.text === b.text ? undefined : "answer";
}
