import { defineConfig } from "vitest/config";

const conditions = ["crucible-harness-source"]; // tests read the sources, never a stale build

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/.scratch/**"],
    reporters: ["default", "./test/reporter.ts"],
    testTimeout: 120_000, // a busy machine is slow, and a hang is found all the same,
    hookTimeout: 120_000,
  },
});
