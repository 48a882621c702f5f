/** Experiments as tests of Vitest, and what a report must say as an assertion. Importing it adds the matchers to `expect`. */
import { expect, test } from "vitest";
import { run } from "#src/app/run";
import type { RunOptions } from "#src/app/run-options";
import type { RunReport } from "#src/app/run-report";
import type { SettingsInput } from "#src/app/setting-options";
import type { Experiment } from "#src/experiment/define";
import { memoryStore } from "#src/store/memory";
import { gatesVerdict } from "./verdict.ts";

/** What `expect` can do besides, once this module is imported. */
export interface CrucibleMatchers<R = unknown> {
  /** The run completed, it has gates that were decided before its first task, and all of them are passed. */
  toPassGates(): R;
}

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters of a merged interface must be those of Vitest
  interface Matchers<T = any> extends CrucibleMatchers<T> {}
}

expect.extend({
  toPassGates(report: unknown) {
    const { passed, sentence } = gatesVerdict(report);
    return { pass: passed, message: () => sentence };
  },
});

/** Options of an experiment that is a test. */
export interface ExperimentTestOptions extends RunOptions {
  /** Milliseconds after which the test has failed: running tasks may end, no new ones start. 5 minutes when absent. */
  readonly testTimeoutMs?: number;
  /** Limits of this test, stronger than the experiment's own: `{ maxTotal: 0.5, sample: 20 }`. */
  readonly overrides?: SettingsInput;
}

const FIVE_MINUTES = 300_000;

/**
 * A test that runs an experiment and expects it to pass its gates. Rows are kept in memory and no reports are written unless `store` or
 * `formats` says otherwise.
 *
 * @returns nothing; the report is given to `also`
 * @example
 * testExperiment(experiment, { overrides: { maxTotal: 0.5 }, testTimeoutMs: 60_000 }, (report) => expect(report.cost).toBeLessThan(0.5));
 */
export function testExperiment(
  experiment: Experiment,
  { testTimeoutMs = FIVE_MINUTES, ...options }: ExperimentTestOptions = {},
  also: (report: RunReport) => unknown = () => {},
): void {
  test(experiment.name, { timeout: testTimeoutMs }, async ({ signal }) => {
    const report = await run(experiment, { store: () => memoryStore(), formats: [], signal, ...options });
    expect(report).toPassGates();
    await also(report);
  });
}
