import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import type { Cell } from "./cell.ts";
import { ALPHA, FEW_DRAWS, isFound, passes, rowsOf } from "./data.ts";

const methods = ["e_value", "confidence_sequence"] as const;

const watched = (rows: readonly PlainRow[], more: Partial<AnalyseOptions>) =>
  analyse(rows, { metrics: [{ name: "y", direction: "higher" }], resamples: FEW_DRAWS, ...more });

interface Watching {
  readonly method: (typeof methods)[number];
  readonly share: number;
  readonly k: number;
  readonly repeats?: number;
  readonly failing?: number;
  readonly sets: number;
}

/** Conditions that are alike, looked at after every one of 300 items: whether any pair was ever called different. */
const nullCell = ({ method, share, k, repeats = 1, failing = 0, sets }: Watching): Cell => ({
  name: `${method}, pass ${share}, k ${k}${repeats > 1 ? `, ${repeats} repeats` : ""}${failing > 0 ? `, ${failing} fail` : ""}`,
  sets,
  once: (random) => {
    const rows = rowsOf(random, { values: passes(share), k, n: 300, rho: 0.3, repeats }).filter(
      () => random() >= failing,
    );
    const found = watched(rows, { sequential: { method, alpha: ALPHA } });
    return { "ever decided": Number(found.sequential!.pairs.some(({ decision }) => decision === "different")) };
  },
  laws: { "ever decided": { atMost: ALPHA } },
});

/** The true difference lies at the margin. */
const marginCell = (method: (typeof methods)[number]): Cell => ({
  name: `${method}, equivalence within 0.1 at the margin`,
  sets: 150,
  once: (random) => {
    const low = passes(0.5);
    const rows = rowsOf(random, { values: { ...low, of: (z) => z }, k: 2, n: 1000, rho: 0.5 }).map((row) => ({
      ...row,
      y: passes(row.condition === "c0" ? 0.6 : 0.5).of(row.y as number),
    }));
    const found = watched(rows, { sequential: { method, alpha: ALPHA }, equivalenceMargin: { y: 0.1 } });
    return { "called equivalent": Number(found.sequential!.pairs[0]!.decision === "equivalent") };
  },
  laws: { "called equivalent": { atMost: ALPHA } },
});

/** Stops when decided, else is tested at the end: the report may err with both levels together. */
const wholeCell = (method: (typeof methods)[number], n: number): Cell => ({
  name: `${method}, whole run of ${n} items, then its report`,
  sets: 150,
  once: (random) => {
    const rows = rowsOf(random, { values: passes(0.6), k: 2, n, rho: 0.5 });
    const sequential = { method, alpha: ALPHA };
    let stop: number | undefined;
    for (let items = 20; items < n && stop === undefined; items += 20) {
      const { decision } = watched(rows.slice(0, 2 * items), { sequential }).sequential!.pairs[0]!;
      if (decision !== "open") stop = items;
    }
    const seen = stop === undefined ? rows : rows.slice(0, 2 * stop);
    const report = watched(seen, { sequential, stoppedEarly: stop !== undefined });
    return {
      stopped: Number(stop !== undefined),
      "false difference": Number(report.metrics[0]!.comparisons.some(isFound)),
    };
  },
  laws: { stopped: { atMost: ALPHA }, "false difference": { atMost: 2 * ALPHA } },
});

export const sequentialCells: readonly Cell[] = methods.flatMap((method) => [
  ...[0.5, 0.9, 0.98].map((share) => nullCell({ method, share, k: 2, sets: 300 })),
  nullCell({ method, share: 0.5, k: 4, sets: 150 }),
  nullCell({ method, share: 0.5, k: 2, repeats: 3, sets: 150 }),
  nullCell({ method, share: 0.5, k: 2, failing: 0.3, sets: 150 }),
  marginCell(method),
  wholeCell(method, 100),
]);
