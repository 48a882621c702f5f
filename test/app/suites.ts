import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  type Condition,
  defineExperiment,
  type ExperimentInput,
  type SuiteExperimentResult,
  type SuiteOptions,
  type SuiteReport,
} from "crucible-harness";
import { temporaryFolder } from "../support.ts";

const root = temporaryFolder();
let folders = 0;
/** A folder of its own. */
export function folder(): string {
  const path = join(root, String(folders++));
  mkdirSync(path);
  return path;
}

export interface Calls {
  readonly of: string[];
  running: number;
  peak: number;
}
export const calls = (): Calls => ({ of: [], running: 0, peak: 0 });

export type Run = NonNullable<Condition<{ id: string }>["run"]>;
type Changes = Partial<Omit<ExperimentInput<{ id: string }>, "conditions">> & {
  readonly items?: number;
  readonly estimate?: number;
};

/** An experiment of one condition whose tasks are counted. */
export function counted(here: Calls, name: string, run: Run = () => ({ accuracy: 1 }), changes: Changes = {}) {
  const { items = 4, estimate, ...more } = changes;
  return defineExperiment({
    name,
    dataset: Array.from({ length: items }, (_, i) => ({ id: `${name}${i}` })),
    conditions: [
      {
        name: "c",
        run: async (item: { id: string }, context) => {
          here.of.push(item.id);
          here.peak = Math.max(here.peak, ++here.running);
          try {
            await new Promise(setImmediate);
            return await run(item, context);
          } finally {
            here.running -= 1;
          }
        },
        ...(estimate === undefined ? {} : { estimatedCost: estimate }),
      },
    ],
    metrics: ["accuracy"],
    ...more,
  });
}

export const denied: Run = () => {
  throw Object.assign(new Error("no such key"), { status: 401 });
};

export const quiet = (more: SuiteOptions = {}): SuiteOptions => ({
  checkpointDir: folder(),
  formats: [],
  observe: false,
  durability: "process",
  ...more,
});
export const statuses = ({ experiments }: SuiteReport): Record<string, SuiteExperimentResult["status"]> =>
  Object.fromEntries(experiments.map(({ name, status }) => [name, status]));
export const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `e${i}`);
