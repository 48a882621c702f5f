import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { built, common, oldestXState, onXState, sources } from "./vitest.config.ts";

/** Calibrations and soak tests, and the laws that are tried more often where there is time: whoever asks how often. */
const long = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((path) => /(?<!\.scratch.*)\.test\.ts$/.test(path))
  .filter((path) => path.endsWith(".long.test.ts") || /\/(runs|killing)\.ts"/.test(readFileSync(path, "utf8")));

const env = { CRUCIBLE_TEST_LONG: "1" };
const isReal = (path: string): boolean => path.startsWith("test/real/");

export default defineConfig({
  test: {
    ...common,
    projects: [
      {
        ...sources,
        extends: true,
        test: { ...sources.test, name: "long", include: long.filter((path) => !isReal(path)), env },
      },
      { ...built, test: { ...built.test, name: "long, real", include: long.filter(isReal), exclude: [], env } },
      { ...oldestXState, extends: true, test: { ...sources.test, name: "oldest xstate", include: onXState } },
    ],
  },
});
