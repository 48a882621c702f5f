import type { InspectionEvent } from "xstate";
import type { Backend, Prices } from "#src/backends/backend";
import type { ExecutorFactory } from "#src/execute/scope";
import type { Clock } from "#src/kernel/clock";
import type { Share } from "#src/policy/share";
import type { RunStore } from "#src/store/store";
import type { ExecutorName } from "./executors.ts";
import type { FaultInjection } from "./fault-injection.ts";
import type { SettingsInput } from "./setting-options.ts";

/** What XState's own `inspect` takes. */
export type Inspect = ((event: InspectionEvent) => void) | { next?(event: InspectionEvent): void };

/** What `inspect` takes as a word. */
export const inspectPlaces = "local, stately, or the address ws://127.0.0.1:... that crucible inspect printed";

/** Whether a word says where a run is shown. Only this machine is sent what a run does. */
export const isInspectPlace = (text: string): boolean =>
  text === "local" || text === "stately" || /^ws:\/\/(127\.0\.0\.1|localhost):\d+\/[\w-]+$/.test(text);

/** Options of `run` and `start`: settings of `runOptions`, and plugs. */
export interface RunOptions extends SettingsInput {
  /** Limits set by this call, stronger than the experiment's own. */
  readonly overrides?: SettingsInput;
  /** Limits set on the command line. */
  readonly commandLine?: SettingsInput;
  /** Draining begins when it is aborted. */
  readonly signal?: AbortSignal;
  /** Where tasks run; the experiment's `config.executor`, else this event loop, when absent. */
  readonly executor?: ExecutorFactory;
  /** The same by name: kept with the run, so that it is resumed there. */
  readonly executorNamed?: { readonly name: ExecutorName; readonly redis?: string };
  /** Where solvers of conditions without a backend of their own send their calls. */
  readonly backend?: Backend;
  /** What model calls cost: a reply without a cost is priced by it, and so is the estimate. */
  readonly prices?: Prices;
  /** Where rows are kept; a SQLite file in `checkpointDir` when absent. */
  readonly store?: (experimentId: string) => RunStore | Promise<RunStore>;
  readonly clock?: Clock;
  /** Lets parts of the run misbehave to order: `faults()` of `crucible-harness/testing`. The run is stamped with them. */
  readonly faults?: FaultInjection;
  /**
   * XState's inspection events of the whole tree; or who shows the run's machines: `"local"` prints the address of an inspector of this machine,
   * `ws://...` sends them to one that waits (`crucible inspect`), `"stately"` prints the address of a page that needs the internet.
   */
  readonly inspect?: Inspect | "local" | "stately" | `ws://${string}`;
  /** Id of the run: 1 to 128 letters, digits, `.`, `-` and `_`. One that is stored is resumed, and grows where more is planned now. A new one when absent. */
  readonly id?: string;
  /** Options that may differ from those of the stored run that `id` names, although they change what results mean; `true` for all. */
  readonly acceptChanged?: readonly string[] | true;
  /** The experiment file: relative paths start from its folder, and `resume` finds it again. */
  readonly file?: string;
  /** What `-T key=value` gave. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Asked before money is spent, when `confirm` is set; without it the run is refused. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Asked for the value of a `-T` parameter that is a secret when the run is resumed; without it, and without its variable, the run is refused. */
  readonly askSecret?: (question: string) => Promise<string>;
  /** @internal What it shares with the other runs of a suite. */
  readonly share?: Share;
}

/** The settings among the options of a call; what else there is are plugs. */
export function settingsOf(options: RunOptions): SettingsInput {
  const {
    overrides,
    commandLine,
    signal,
    executor,
    executorNamed,
    backend,
    prices,
    store,
    clock,
    faults,
    inspect,
    id,
    acceptChanged,
    file,
    parameters,
    ask,
    askSecret,
    share,
    ...settings
  } = options;
  return settings;
}
