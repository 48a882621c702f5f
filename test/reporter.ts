import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

const SHOWN = 10;

/** Prints the slowest files, and the closing line that continuous integration reads: `tests: N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === "pending") continue;
        count[state] += 1;
        own += 1;
      }
      if (own === 0 && module.state() === "failed") count.failed += 1; // a file that could not be loaded
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    process.on("exit", () => {
      for (const line of slowest(modules)) console.log(line);
      console.log(`tests: ${count.passed} passed, ${count.failed} failed${skipped}`);
    });
  }
}

/** Seconds to load a file and to run its tests, slowest first. */
function slowest(modules: readonly TestModule[]): string[] {
  if (modules.length <= SHOWN) return [];
  const timed = modules.map((module) => {
    const { prepareDuration, environmentSetupDuration, setupDuration, collectDuration, duration } = module.diagnostic();
    const loadMs = prepareDuration + environmentSetupDuration + setupDuration + collectDuration;
    return { path: relative(process.cwd(), module.moduleId), loadMs, duration, ms: loadMs + duration };
  });
  const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(6);
  return [
    "slowest files: seconds to load and to run",
    ...timed
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SHOWN)
      .map(({ path, loadMs, duration }) => `${seconds(loadMs)} ${seconds(duration)}  ${path}`),
  ];
}
