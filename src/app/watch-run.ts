import type { InspectionEvent } from "xstate";
import type { FactSink } from "#actors/messages";
import type { StatelyBridge } from "./bridges/stately-bridge.ts";
import type { Telemetry } from "./bridges/telemetry.ts";
import type { Prepared } from "./prepare.ts";
import type { Inspect, RunOptions } from "./run-options.ts";

/** Who watches a run from inside the process, because its options say so. */
export interface Watchers {
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  readonly telemetry: Telemetry | undefined;
  /** The tree has ended. */
  close(): void;
}

/** Checks that telemetry can be had, where it is wanted, before anything is written. @throws ConfigError when its package is not installed */
export async function requireTelemetry({ settings }: Prepared): Promise<void> {
  if (settings.telemetry) await (await import("./bridges/telemetry.ts")).loadApi();
}

/**
 * Opens the inspector and the telemetry that a run was asked for. Both are loaded only then.
 *
 * @throws ConfigError when telemetry is wanted and its package is not installed
 */
export async function watchRun(
  { experiment, experimentId, manifest, plan, settings }: Prepared,
  { inspect }: Pick<RunOptions, "inspect">,
  listen: (sink: FactSink) => () => void,
): Promise<Watchers> {
  const telemetry = settings.telemetry
    ? await (await import("./bridges/telemetry.ts")).openTelemetry({
        experimentId,
        name: experiment.name,
        version: manifest.environment.crucible,
        plan,
        currency: experiment.costBudget.currency,
      })
    : undefined;
  if (telemetry) listen(telemetry.fact);
  if (inspect !== "stately") return { inspect: inspect && contained(inspect), telemetry, close: () => {} };
  const bridge = await tryBridge(plan.size);
  return { inspect: bridge && contained(bridge.inspect), telemetry, close: () => bridge?.close() };
}

/** An observer that throws would lose the event it was shown (XState inspects before it delivers). */
const contained =
  (inspect: Inspect) =>
  (event: InspectionEvent): void => {
    try {
      if (typeof inspect === "function") inspect(event);
      else inspect.next?.(event);
    } catch {
      // the observer's problem
    }
  };

/** Where no port can be opened, the run has no inspector. */
async function tryBridge(tasks: number): Promise<StatelyBridge | undefined> {
  try {
    const bridge = await (await import("./bridges/stately-bridge.ts")).openStatelyBridge(tasks);
    console.error(`Stately Inspector: ${bridge.url} (this machine only; the page itself needs the internet)`);
    return bridge;
  } catch (error) {
    console.error(`no Stately Inspector: ${(error as Error).message}`);
    return undefined;
  }
}
