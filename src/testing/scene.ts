import type { InspectionEvent } from "xstate";
import type { Clock } from "#src/kernel/clock";
import type { Aims } from "./sim-aims.ts";
import type { Coverage } from "./sim-coverage.ts";

/** What the parts of a simulation need of its world. */
export interface Scene {
  readonly clock: Clock;
  readonly coverage: Coverage;
  readonly aims: Aims;
  int(label: string, bound: number): number;
  chance(label: string, probability: number): boolean;
  /** @param what a line of the trace, or what makes it if it is read */
  note(who: string, what: string | (() => string)): void;
  /** Called with whatever XState tells an inspector of; absent where no caller asked for it. */
  readonly inspected: ((event: InspectionEvent) => void) | undefined;
}
