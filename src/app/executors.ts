import type { ExecutorFactory } from "#src/execute/scope";

/** Names of executors, as the command line knows them. In code they are values: `executor: threads()`. */
export const executorNames = ["inline", "threads", "queue"] as const;
export type ExecutorName = (typeof executorNames)[number];

/**
 * The executor of a name, whose code is loaded now; the experiment's own choice when no name is given.
 *
 * @param redis address for a queue
 */
export async function executorNamed(
  name: ExecutorName | undefined,
  redis?: string,
): Promise<ExecutorFactory | undefined> {
  switch (name) {
    case undefined:
      return undefined;
    case "inline":
      return (await import("#src/execute/inline")).inline();
    case "threads":
      return (await import("#src/execute/threads")).threads();
    case "queue":
      return (await import("#src/execute/queue")).queue(redis === undefined ? {} : { redis });
  }
}
