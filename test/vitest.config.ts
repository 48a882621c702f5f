import { defineConfig } from "vitest/config";

const conditions = ["crucible-harness-source"]; // tests read the sources, never a stale build

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/.scratch/**"],
    reporters: ["default", "./test/reporter.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
