import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export const conditions = ["crucible-harness-source"];

/**
 * Whole runs whose actors die at every event, simulations, golden values: from the sources alone, and seconds each, so that
 * `npm run test:fast` leaves them out.
 */
export const laws = [
  "test/laws/*.test.ts",
  "test/store/damage.test.ts",
  "test/analysis/{agreement,best-group,bootstrap,equivalence,failed-both-ways,simultaneous,skewed,slices}.test.ts",
  "test/stats/{golden,power,sequential}.test.ts",
];
/** Tests that start processes, browsers, servers or threads, or read the whole house. */
const real = [
  "test/real/**/*.test.ts",
  "test/examples.test.ts",
  "test/linear-time.test.ts",
  "test/supervisors/supervision-node.test.ts",
  "test/app/environment.test.ts",
  "test/architecture/floors.test.ts",
  "test/backends/{end-to-end,fault-matrix,server-runs}.test.ts",
  "test/contracts/{executors,stores}.test.ts",
  "test/execute/*.test.ts",
  "test/viewer/*.test.ts",
];
/** Calibrations and soak tests: `npm run test:long`. */
const long = ["test/**/*.long.test.ts"];
const scratch = "test/.scratch/**";
/** What stands on XState itself: `npm run test:long` runs it with the oldest version in the range of `peerDependencies` too. */
export const onXState = [
  "test/xstate-internals.test.ts",
  "test/supervisors/otp/*.test.ts",
  "test/actors/!(finite-state-machine).test.ts",
];

/** What all tests have in common. */
export const common = {
  reporters: ["default", "./test/reporter.ts"],
  testTimeout: 300_000, // a busy machine is slow, and a hang is found all the same
  hookTimeout: 300_000,
  maxWorkers: availableParallelism(),
  // XState's development build says this of itself: a machine that is restarted below somebody's action makes its context by `assign`
  onConsoleLog: (text: string) => !/^(Custom actions should not call `assign\(\)` directly.*\n*)+$/.test(text),
};

/** Of tests that need nothing but the sources: they share their workers, whose modules are loaded once. */
export const sources = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { pool: "threads", isolate: false, setupFiles: "./test/seed.ts" },
} as const;

/** Of tests that run with the oldest XState in our range. */
export const oldestXState = { ...sources, resolve: { ...sources.resolve, alias: { xstate: "xstate-oldest" } } };

/** Of what is built, as users have it: processes start in half the time. They share their workers, as those of the sources do. */
export const built = {
  extends: true as const,
  test: {
    isolate: false,
    maxWorkers: availableParallelism() + 1, // one of them mostly waits for its processes
    sequence: { groupOrder: 1 }, // after those of the sources, which have a worker a core
    name: "real",
    include: real,
    exclude: [scratch, ...long],
    globalSetup: "./test/build.ts",
    server: { deps: { external: [/\/dist\/(src|actors|supervisors)\//] } },
  },
};

/**
 * What is tested from the sources alone: one project, and so one set of workers, each of which loads the sources once.
 *
 * @param except what is left out
 */
export const sourcesProject = (except: readonly string[] = []) => ({
  ...sources,
  extends: true as const,
  test: {
    ...sources.test,
    name: "sources",
    include: ["test/**/*.test.ts"],
    exclude: [scratch, ...real, ...long, ...except],
  },
});

export default defineConfig({ test: { ...common, projects: [sourcesProject(), built] } });
