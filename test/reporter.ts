import type { Reporter, TestModule } from "vitest/node";

/** Prints the closing line that continuous integration reads: `tests: N passed, N failed`. */
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
    process.on("exit", () => console.log(`tests: ${count.passed} passed, ${count.failed} failed${skipped}`));
  }
}
