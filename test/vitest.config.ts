import { defineConfig } from "vitest/config";

const conditions = ["crucible-harness-source"]; // tests read the sources, never a stale build

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/.scratch/**"],
    reporters: ["default", "./test/reporter.ts"],
    testTimeout: 120_000, // a busy machine is slow, and a hang is found all the same
    hookTimeout: 120_000,
    // XState's development build says this of itself: a machine that is restarted below somebody's action makes its context by `assign`
    onConsoleLog: (text) => !/^(Custom actions should not call `assign\(\)` directly.*\n*)+$/.test(text),
  },
});
