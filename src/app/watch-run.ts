import type { InspectionEvent } from "xstate";
import type { FactSink } from "#actors/messages";
import { ConfigError } from "#src/kernel/errors";
import type { Telemetry } from "./bridges/telemetry.ts";
import type { Prepared } from "./prepare.ts";
import { type Inspect, inspectPlaces, isInspectPlace, type RunOptions } from "./run-options.ts";
import type { Shown } from "./show-run.ts";

/** Who watches a run from inside the process, because its options say so. */
export interface Watchers {
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  readonly telemetry: Telemetry | undefined;
  /** The tree has ended. */
  close(): void;
}

/**
 * Checks that who is to watch can, before anything is written.
 *
 * @throws ConfigError when telemetry is wanted and its package is not installed, or the run is to be shown at an unknown place
 */
export async function requireWatchers({ settings }: Prepared, { inspect }: Pick<RunOptions, "inspect">): Promise<void> {
  if (typeof inspect === "string" && !isInspectPlace(inspect))
    throw new ConfigError("inspect", `must be ${inspectPlaces}`, inspect);
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
  if (typeof inspect !== "string") return { inspect: inspect && contained(inspect), telemetry, close: () => {} };
  const shown = await tryToShow(inspect, plan.size);
  return { inspect: shown && contained(shown.inspect), telemetry, close: () => shown?.close() };
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

/** A run that cannot be shown runs all the same. */
async function tryToShow(where: string, tasks: number): Promise<Shown | undefined> {
  try {
    if (where !== "stately") return await (await import("./show-run.ts")).showRun(where, tasks);
    const { connectingPage } = await import("./bridges/stately-page.ts");
    const bridge = await (await import("./bridges/stately-bridge.ts")).openStatelyBridge(tasks);
    console.error(`Stately Inspector: ${bridge.url} (this machine only; the page itself needs the internet)`);
    console.error(`or: ${connectingPage(bridge.url)}`);
    return bridge;
  } catch (error) {
    console.error(`no inspector: ${(error as Error).message}`);
    return undefined;
  }
}
