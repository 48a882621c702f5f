import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export const conditions = ["crucible-harness-source"];

/** Whole runs whose actors die at every event, simulations, golden values: from the sources alone, and seconds each. */
const laws = [
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
/** Those of `onXState` that take half a minute: with the oldest version in `npm run test:long`. */
export const slowOnXState = ["test/supervisors/otp/{conformance,properties}.test.ts"];
/** Calibrations and soak tests: `npm run test:long`. */
const long = ["test/**/*.long.test.ts"];
const scratch = "test/.scratch/**";
/** What stands on XState itself; run with the oldest version in the range of `peerDependencies` too. */
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

export default defineConfig({
  test: {
    ...common,
    projects: [
      {
        ...sources,
        extends: true,
        test: {
          ...sources.test,
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: [scratch, ...laws, ...real, ...long],
        },
      },
      { ...sources, extends: true, test: { ...sources.test, name: "laws", include: laws } },
      {
        ...oldestXState,
        extends: true,
        test: { ...sources.test, name: "oldest xstate", include: onXState, exclude: slowOnXState },
      },
      {
        extends: true,
        test: {
          // of what is built, as users have it: processes start in half the time
          name: "real",
          include: real,
          exclude: [scratch],
          globalSetup: "./test/build.ts",
          server: { deps: { external: [/\/dist\/(src|actors|supervisors)\//] } },
        },
      },
    ],
  },
});
