import { ConfigError } from "#src/kernel/errors";
import type { ExecutorName } from "../executors.ts";
import type { SuiteEntry } from "./load-suite.ts";
import type { SuiteFile } from "./suite-file.ts";
import type { SuiteOptions } from "./suite-handle.ts";

/** The entries that a stored suite was begun with. @throws ConfigError where they were given in code */
export function entriesOf({ suiteId, paths, hasCode }: SuiteFile): readonly SuiteEntry[] {
  if (!hasCode) return paths;
  throw new ConfigError(
    "experiments",
    `must be given again: those of ${suiteId} were given in code`,
    undefined,
    "Call runSuite with them and the same id",
  );
}

/** What was asked before holds, where it is not said again. */
export function withStored(options: SuiteOptions, { suite, settings, executor }: SuiteFile): SuiteOptions {
  const { commandLine = {} } = options;
  const said = new Set([
    ...Object.keys(options),
    ...Object.entries(commandLine).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  ]);
  const before = Object.fromEntries(Object.entries({ ...settings, ...suite }).filter(([name]) => !said.has(name)));
  const isElsewhere = options.executor !== undefined || options.executorNamed !== undefined;
  return {
    ...before,
    ...(executor && !isElsewhere ? { executorNamed: { ...executor, name: executor.name as ExecutorName } } : {}),
    ...options,
  } as SuiteOptions;
}
