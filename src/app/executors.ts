import { inline } from "#src/execute/inline";
import { queue } from "#src/execute/queue";
import type { ExecutorFactory } from "#src/execute/scope";
import { threads } from "#src/execute/threads";

/** Names of executors, as the command line knows them. In code they are values: `executor: threads()`. */
export const executorNames = ["inline", "threads", "queue"] as const;
export type ExecutorName = (typeof executorNames)[number];

/** The executor of a name; of the experiment's own choice when there is no name. @param redis address for a queue */
export function executorNamed(name: ExecutorName | undefined, redis?: string): { readonly executor?: ExecutorFactory } {
  switch (name) {
    case undefined:
      return {};
    case "inline":
      return { executor: inline() };
    case "threads":
      return { executor: threads() };
    case "queue":
      return { executor: queue(redis === undefined ? {} : { redis }) };
  }
}
