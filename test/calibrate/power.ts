import { type AnalyseOptions, analyse, type PlainRow } from "#src/analysis/index";
import { type Random, stream } from "#src/kernel/random";
import { planSampleSize } from "#src/stats/index";
import type { Cell, Law } from "./cell.ts";
import { FEW_DRAWS, gauss, isFound, lognormals, normals, rowsOf, type Values } from "./data.ts";

const POWER = 0.8;

/** How data come about that differ by so much. */
interface Powered {
  readonly name: string;
  readonly sets?: number;
  readonly rows: (random: Random, difference: number) => PlainRow[];
  readonly options?: Partial<AnalyseOptions>;
  /** Difference of those that "could detect" is asked about. */
  readonly law?: Law;
}

const analysed = (rows: readonly PlainRow[], options: Partial<AnalyseOptions> = {}) =>
  analyse(rows, {
    metrics: [{ name: "y", direction: "higher" }],
    conditions: ["c0", "c1"],
    resamples: FEW_DRAWS,
    ...options,
  }).metrics[0]!.comparisons[0]!;

const PILOTS = 201;

/** The smallest difference that a report says it could detect, the middle one of several, is then found as often as it says. */
function detectableCell({ name, rows, options, sets = 300, law = { atLeast: POWER } }: Powered): Cell {
  let known: number | undefined;
  const detectable = (): number => {
    const told = Array.from({ length: PILOTS }, (_, pilot) => {
      const { detectable } = analysed(rows(stream(1, "pilot", name, pilot), 0), options);
      return detectable.ok ? detectable.value : Number.NaN;
    }).filter(Number.isFinite);
    return told.sort((a, b) => a - b)[Math.floor(told.length / 2)] ?? Number.NaN;
  };
  return {
    name: `could detect: ${name}`,
    sets,
    once: (random) => {
      known ??= detectable();
      return { power: Number.isNaN(known) ? undefined : Number(isFound(analysed(rows(random, known), options))) };
    },
    laws: { power: law },
  };
}

const pairedOf =
  (values: Values, n: number) =>
  (random: Random, difference: number): PlainRow[] =>
    rowsOf(random, { values, k: 2, n, rho: 0.5, shift: (c) => c * difference });

const apartOf =
  (values: Values, n: number) =>
  (random: Random, difference: number): PlainRow[] =>
    [0, 1].flatMap((c) =>
      Array.from({ length: n }, (_, i) => ({
        condition: `c${c}`,
        itemId: `${c} ${i}`,
        y: values.of(gauss(random)) + c * difference,
      })),
    );

/** Pass or fail on the same items: a share of them is passed by one alone. */
const passesOf =
  (discordant: number, n: number) =>
  (random: Random, difference: number): PlainRow[] =>
    Array.from({ length: n }, (_, itemId) => {
      const u = random();
      const won = (Math.max(discordant, difference) + difference) / 2;
      const [a, b] = u < won ? [0, 1] : u < Math.max(discordant, difference) ? [1, 0] : [1, 1];
      return [a, b].map((y, c) => ({ condition: `c${c}`, itemId, y: y! }));
    }).flat();

const sharesApart =
  (n: number, share: number) =>
  (random: Random, difference: number): PlainRow[] =>
    [share, share + difference].flatMap((rate, c) =>
      Array.from({ length: n }, (_, i) => ({ condition: `c${c}`, itemId: `${c} ${i}`, y: Number(random() < rate) })),
    );

const clusteredOf =
  (clusters: number) =>
  (random: Random, difference: number): PlainRow[] =>
    Array.from({ length: clusters }, (_, cluster) => {
      const effects = [Math.SQRT1_2 * gauss(random), Math.SQRT1_2 * gauss(random)];
      return Array.from({ length: 5 }, (__, i) =>
        effects.map((effect, c) => ({
          condition: `c${c}`,
          itemId: 5 * cluster + i,
          cluster,
          y: effect + Math.SQRT1_2 * gauss(random) + c * difference,
        })),
      ).flat();
    }).flat();

const midP = { mcnemar: "mid-p" } as const;

/** Told from the spread of few skewed values, which is below the true one more often than above it. */
const skewed: Law = "shown";

export const detectableCells: readonly Cell[] = [
  ...[10, 30, 100].map((n) => detectableCell({ name: `means, normal, ${n} items`, rows: pairedOf(normals, n) })),
  ...[30, 100].map((n) =>
    detectableCell({ name: `means, lognormal, ${n} items`, rows: pairedOf(lognormals, n), law: skewed }),
  ),
  ...[10, 30].map((n) => detectableCell({ name: `means apart, normal, ${n} items each`, rows: apartOf(normals, n) })),
  ...[
    [30, 0.3],
    [50, 0.2],
    [100, 0.3],
    [200, 0.15],
  ].flatMap(([n, share]) => [
    detectableCell({ name: `pass rates, ${n} items, ${share} differ`, rows: passesOf(share!, n!) }),
    detectableCell({
      name: `pass rates, ${n} items, ${share} differ, mid-p`,
      rows: passesOf(share!, n!),
      options: midP,
    }),
  ]),
  ...[30, 100].map((n) => detectableCell({ name: `pass rates apart, ${n} items each`, rows: sharesApart(n, 0.3) })),
  ...[10, 20].map((clusters) =>
    detectableCell({ name: `means, ${clusters} clusters of 5`, rows: clusteredOf(clusters) }),
  ),
];

/** As many items as were planned find the difference as often as was asked for. */
const plannedCell = (name: string, rows: (random: Random) => PlainRow[], options?: Partial<AnalyseOptions>): Cell => ({
  name: `planned: ${name}`,
  sets: 400,
  once: (random) => ({ power: Number(isFound(analysed(rows(random), options))) }),
  laws: { power: { atLeast: POWER } },
});

const plannedPasses = (p10: number, p01: number): Cell => {
  const { items } = planSampleSize({ kind: "paired-binary", p10, p01 });
  return plannedCell(`pass rates, p10 ${p10}, p01 ${p01}`, (random) => passesOf(p10 + p01, items)(random, p10 - p01));
};
const plannedApart = (p1: number, p2: number): Cell => {
  const { items } = planSampleSize({ kind: "independent-binary", p1, p2 });
  return plannedCell(`pass rates apart, ${p1} and ${p2}`, (random) => sharesApart(items, p1)(random, p2 - p1));
};

export const plannedCells: readonly Cell[] = [
  plannedPasses(0.1, 0.05),
  plannedPasses(0.2, 0.05),
  plannedPasses(0.3, 0.1),
  plannedPasses(0.05, 0),
  plannedApart(0.5, 0.7),
  plannedApart(0.5, 0.9),
  plannedApart(0.02, 0.1),
  ...[0.5, 1].map((delta) =>
    plannedCell(`means, ${delta} standard deviations`, (random) =>
      pairedOf(normals, planSampleSize({ kind: "paired", delta, sd: 1 }).items)(random, delta),
    ),
  ),
  plannedCell("means apart, 0.7 standard deviations", (random) =>
    apartOf(normals, planSampleSize({ kind: "independent", delta: 0.7, sd: 1 }).items)(random, 0.7),
  ),
  plannedCell("means, clusters of 5", (random) => {
    const { clusters } = planSampleSize(
      { kind: "paired", delta: 0.5, sd: Math.SQRT2 },
      { clusters: { size: 5, icc: 0.5 } },
    );
    return clusteredOf(clusters!)(random, 0.5);
  }),
];
