import { inline } from "#src/execute/inline";
import type { ExecutorFactory } from "#src/execute/scope";
import { threads } from "#src/execute/threads";

/** Names of executors, as the command line knows them. In code they are values: `executor: threads()`. */
export const executorNames = ["inline", "threads"] as const;
export type ExecutorName = (typeof executorNames)[number];

/** The executor of a name; of the experiment's own choice when there is no name. */
export function executorNamed(name: ExecutorName | undefined): { readonly executor?: ExecutorFactory } {
  switch (name) {
    case undefined:
      return {};
    case "inline":
      return { executor: inline() };
    case "threads":
      return { executor: threads() };
  }
}
