import type { InspectionEvent } from "xstate";
import { openInspector } from "#src/inspector/inspector";
import { openFeed } from "./bridges/feed.ts";
import { runMessages } from "./bridges/run-messages.ts";

/** A run that an inspector shows. */
export interface Shown {
  readonly inspect: (event: InspectionEvent) => void;
  /** The run has ended. */
  close(): void;
}

/**
 * Shows a run in an inspector of its own, whose address is printed, or in one that waits.
 *
 * @param where `local`, or the `ws:` address that `crucible inspect` printed
 * @param tasks of the plan
 * @throws Error when no port can be opened, or nothing waits at the address
 */
export async function showRun(where: string, tasks: number): Promise<Shown> {
  if (where !== "local") {
    const feed = await openFeed(where);
    const { inspect } = runMessages(tasks, (message) => feed.send(message()));
    return { inspect, close: feed.close };
  }
  const inspector = await openInspector();
  const show = inspector.connect();
  console.error(`inspector: ${inspector.url} (this machine only; it ends with the process)`);
  const { inspect } = runMessages(tasks, (message) => show(message()));
  return { inspect, close: () => {} };
}
