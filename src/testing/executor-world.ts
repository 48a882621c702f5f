import { scripted } from "#src/backends/scripted";
import type { ExperimentInput } from "#src/experiment/define";
import { exact } from "#src/scoring/exact";
import { generate } from "#src/solver/generate";

interface Row {
  readonly n: number;
  readonly question: string;
  readonly target: string;
}

/** Tasks of every kind, for the contract of executors: loaded by name in threads and by workers, so it stands in a file of its own. */
const world: ExperimentInput<Row> = {
  name: "executor contract",
  dataset: Array.from({ length: 6 }, (_, n) => ({ n, question: `What is ${n} + 1?`, target: String(n + 1) })),
  datasetConfig: { id: "question" },
  conditions: [
    {
      name: "draws",
      run: async ({ n }, context) => {
        context.log(`item ${n}`);
        await new Promise((resolve) => setTimeout(resolve, 1 + n));
        context.charge(0.25);
        return { accuracy: context.random() > 0.5, draw: context.random(), nested: { n }, answer: `${n}: ü ✓` };
      },
    },
    { name: "cheap", run: ({ n }, context) => ({ accuracy: n % 2, draw: context.random(), attempt: context.attempt }) },
    {
      name: "refuses",
      // one item meets too many requests: a run in which every item did would slow down for good, and tell nothing more
      run: ({ n }) => {
        const headers = { "retry-after-ms": "20" };
        throw n === 0
          ? Object.assign(new Error("too many"), { status: 429, headers })
          : Object.assign(new Error("overloaded"), { status: 503, headers });
      },
    },
    {
      name: "breaks",
      run: () => {
        throw new TypeError("a bug in the condition");
      },
    },
    { name: "hangs", run: () => new Promise<never>(() => {}) },
    {
      name: "listens",
      run: (_, { signal }) =>
        new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
    {
      name: "asks",
      solver: generate(),
      scorers: [exact()],
      backend: scripted((messages) => ({
        content: String(Number(/\d+/.exec(messages.at(-1)?.content ?? "")?.[0] ?? -1) + 1),
        usage: { promptTokens: 7, completionTokens: 1, totalTokens: 8 },
        cost: 0.5,
      })),
    },
    {
      name: "spins",
      run: () => {
        for (;;);
      },
    },
    { name: "exits", run: () => process.exit(3) },
    {
      name: "eats",
      run: () => {
        const eaten: number[][] = [];
        for (;;) eaten.push(Array.from({ length: 100_000 }, (_, i) => i));
      },
    },
    {
      name: "throws later",
      run: () =>
        new Promise<never>(() => {
          setTimeout(() => {
            throw new Error("a stray rejection");
          }, 1);
        }),
    },
  ],
  metrics: ["accuracy"],
  config: { timeoutMs: 600_000, errorHandling: { maxRetries: 1, initialDelayMs: 1, maxFailureRate: 1 } },
};

/** @param only names of conditions, with commas between; all when absent */
// biome-ignore lint/style/noDefaultExport: an experiment file
export default ({ only }: { readonly only?: string } = {}): ExperimentInput<Row> => ({
  ...world,
  conditions: world.conditions.filter(({ name }) => only === undefined || only.split(",").includes(name)),
});
