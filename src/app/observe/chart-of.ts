/** A machine as a picture needs it. A state is named by its path from the root: `door.open`. */
export interface MachineChart {
  readonly id: string;
  /** Empty where all states of the root are active at once. */
  readonly initial: string;
  readonly states: readonly ChartState[];
  /** Of all states, also nested ones. */
  readonly arrows: readonly ChartArrow[];
  /** What may happen in every state: the arrows that leave the machine's own frame. */
  readonly anywhere: readonly Omit<ChartArrow, "from">[];
}

export interface ChartState {
  readonly name: string;
  readonly isFinal: boolean;
  /** Names of the actions that entering it runs. */
  readonly entry: readonly string[];
  /** `parallel`: all its states are active at once; `history`: leads back to the state that was left. */
  readonly kind?: "parallel" | "history";
  /** The state within it that entering it enters. */
  readonly initial?: string;
  /** The states within it; absent where it has none. */
  readonly states?: readonly ChartState[];
}

export interface ChartArrow {
  readonly from: string;
  /** The state itself, or absent, where the machine stays. */
  readonly to?: string;
  /** Empty where no event is waited for. */
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
}

type Named = string | { readonly type: string };
type Actions = Named | readonly Named[] | undefined;
interface Transition {
  readonly target?: string | readonly string[];
  readonly guard?: Named;
  readonly actions?: Actions;
}
type Transitions = string | Transition | readonly (string | Transition)[] | undefined;
type ByEvent = Readonly<Record<string, Transitions>>;
interface Invoked {
  readonly id?: string;
  readonly src?: Named;
  readonly onDone?: Transitions;
  readonly onError?: Transitions;
}
interface Config {
  readonly id?: string;
  readonly type?: string;
  readonly initial?: string | { readonly target: string };
  readonly states?: Readonly<Record<string, Config>>;
  readonly entry?: Actions;
  readonly always?: Transitions;
  readonly on?: ByEvent;
  readonly after?: ByEvent;
  readonly onDone?: Transitions;
  readonly invoke?: Invoked | readonly Invoked[];
}

/** A state's configuration with its place in the machine. */
interface Placed {
  readonly path: string;
  readonly parent: string;
  readonly config: Config;
}

/**
 * The chart of a machine, read from its configuration.
 *
 * @param given configuration of an XState machine, also one that went through JSON
 * @throws TypeError for what is not one
 * @example chartOf({ id: "lamp", initial: "off", states: { off: { on: { press: "on" } }, on: {} } }).arrows // => [{ from: "off", to: "on", event: "press", actions: [] }]
 */
export function chartOf(given: unknown): MachineChart {
  const root = given as Config;
  const id = root.id ?? "machine";
  const places = placesOf(root, "");
  const resolve = resolver(id, places);
  const arrows = places.flatMap(({ path, parent, config }) =>
    arrowsOf(config, (target) => resolve(target, path, parent)).map((arrow) => ({ from: path, ...arrow })),
  );
  return {
    id,
    initial: root.type === "parallel" ? "" : initialOf(root),
    states: statesOf(root, ""),
    arrows,
    anywhere: arrowsOf(root, (target) => resolve(target, "", "")),
  };
}

const joined = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);
const initialOf = ({ initial = "" }: Config): string => (typeof initial === "string" ? initial : initial.target);

const placesOf = ({ states = {} }: Config, parent: string): Placed[] =>
  Object.entries(states).flatMap(([key, config]) => {
    const path = joined(parent, key);
    return [{ path, parent, config }, ...placesOf(config, path)];
  });

const statesOf = ({ states = {} }: Config, parent: string): ChartState[] =>
  Object.entries(states).map(([key, config]) => {
    const name = joined(parent, key);
    const inner = statesOf(config, name);
    const initial = initialOf(config);
    return {
      name,
      isFinal: config.type === "final",
      entry: namesOf(config.entry),
      ...(config.type === "parallel" || config.type === "history" ? { kind: config.type } : {}),
      ...(inner.length > 0 ? { states: inner } : {}),
      ...(inner.length > 0 && initial !== "" && config.type !== "parallel" ? { initial: joined(name, initial) } : {}),
    };
  });

type Resolve = (target: string) => string;

/** Finds the state that a target names, by XState's rules; one that names none stays as it is written. */
function resolver(machineId: string, places: readonly Placed[]) {
  const known = new Set(places.map(({ path }) => path));
  const byId = new Map(places.flatMap(({ path, config }) => (config.id === undefined ? [] : [[config.id, path]])));
  return (target: string, path: string, parent: string): string => {
    if (target.startsWith(".")) return joined(path, target.slice(1));
    if (!target.startsWith("#")) return known.has(joined(parent, target)) ? joined(parent, target) : target;
    const [id = "", ...rest] = target.slice(1).split(".");
    const within = rest.join(".");
    const named = byId.get(target.slice(1)) ?? (within === "" ? byId.get(id) : undefined);
    if (named !== undefined) return named;
    if (byId.has(id)) return joined(byId.get(id)!, within);
    if (id === machineId && known.has(within)) return within;
    return target.slice(1);
  };
}

function arrowsOf(
  { always, on = {}, after = {}, onDone, invoke }: Config,
  resolve: Resolve,
): Omit<ChartArrow, "from">[] {
  const each = (event: string, transitions: Transitions) => arrowsFor(event, transitions, resolve);
  const invoked = [invoke ?? []].flat() as Invoked[];
  return [
    ...each("", always),
    ...Object.entries(on).flatMap(([event, transitions]) => each(wordsOf(event), transitions)),
    ...Object.entries(after).flatMap(([delay, transitions]) => each(`after ${delay}`, transitions)),
    ...each("done", onDone),
    ...invoked.flatMap((one) => {
      const of = invoked.length > 1 ? `${one.id ?? nameOf(one.src ?? "")} ` : "";
      return [...each(`${of}done`, one.onDone), ...each(`${of}error`, one.onError)];
    }),
  ];
}

/** XState's own names for the end of a child in words. */
const wordsOf = (event: string): string => event.replace(/^xstate\.(done|error)\.actor\.(\w+)$/, "$2 $1");

const arrowsFor = (event: string, transitions: Transitions, resolve: Resolve): Omit<ChartArrow, "from">[] =>
  ([transitions ?? []].flat() as (string | Transition)[]).flatMap((one) => {
    const { target, guard, actions } = typeof one === "string" ? { target: one } : one;
    const targets: (string | undefined)[] = target === undefined ? [undefined] : [target].flat();
    return targets.map((to) => ({
      ...(to === undefined ? {} : { to: resolve(to) }),
      event,
      ...(guard === undefined ? {} : { guard: nameOf(guard) }),
      actions: namesOf(actions),
    }));
  });

const namesOf = (actions: Actions): string[] => ([actions ?? []].flat() as Named[]).map(nameOf);
const nameOf = (named: Named): string => (typeof named === "string" ? named : named.type) || "inline";
