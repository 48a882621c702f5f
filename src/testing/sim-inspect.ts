import {
  type Actor,
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type InspectionEvent,
} from "xstate";
import { tapActors } from "#src/app/fault-actors";
import { parentOf, replaceLogger } from "#src/xstate-internals";
import type { ActorRule, FaultRule, LiveRule } from "./fault-schedule.ts";
import type { Scene } from "./scene.ts";

interface Chart {
  readonly id?: string;
  readonly states?: Record<string, ChartState>;
}
interface ChartState {
  readonly on?: Record<string, unknown>;
  readonly states?: Record<string, ChartState>;
}
interface Watched {
  readonly path: string;
  readonly chart: string | undefined;
  state: string | undefined;
}

const logicOf = (actor: AnyActorRef): unknown => (actor as { logic?: unknown }).logic;

/** Writes down what the actors of a tree do, counts what of their charts is covered, and has their events meet faults. */
export function inspectorOf(world: Scene, rules: readonly LiveRule<FaultRule>[] = [], isTraced = true) {
  const tap = tapActors(rules.filter(isActorRule), world.clock, world.aims.seen);
  const log = (...told: unknown[]): void =>
    world.note("log", told.map((each) => String(each).split("\n", 1)[0]).join(" "));
  const watched = new WeakMap<AnyActorRef, Watched>();
  const { coverage } = world;

  const watch = (actor: AnyActorRef): Watched => {
    const parent = parentOf(actor);
    const above = parent && (watched.get(parent) ?? watch(parent)).path;
    const path = above === undefined ? actor.id : `${above}/${actor.id}`;
    const { config } = (logicOf(actor) ?? {}) as { readonly config?: Chart };
    const chart = config?.states ? (config.id ?? actor.id) : undefined;
    if (chart !== undefined && config) countChart(config, chart);
    const found: Watched = { path, chart, state: undefined };
    watched.set(actor, found);
    return found;
  };
  const counted = new Set<object>();
  const countChart = (config: Chart, name: string): void => {
    if (counted.has(config)) return;
    counted.add(config);
    const visit = (states: Record<string, ChartState> | undefined, prefix: string): void => {
      for (const [key, state] of Object.entries(states ?? {})) {
        const place = `${prefix}.${key}`;
        coverage.add(coverage.states, place, 0);
        for (const event of Object.keys(state.on ?? {})) coverage.add(coverage.transitions, `${place} ${event}`, 0);
        visit(state.states, place);
      }
    };
    visit(config.states, name);
  };

  const seeSnapshot = (actor: AnyActorRef, type: string, snapshot: { value?: unknown; status?: string }): void => {
    const own = watched.get(actor) ?? watch(actor);
    const before = own.state;
    own.state = snapshot.value === undefined ? undefined : stateText(snapshot.value);
    if (own.chart !== undefined && own.state !== undefined) {
      if (before !== own.state)
        for (const place of placesOf(own.chart, own.state)) coverage.add(coverage.states, place);
      for (const place of before === undefined ? [] : placesOf(own.chart, before)) {
        const name = `${place} ${type}`;
        if (coverage.transitions.has(name)) coverage.add(coverage.transitions, name);
      }
    }
    if (!isTraced) return;
    const state = own.state !== undefined && own.state !== before ? ` -> ${own.state}` : "";
    const status = snapshot.status === "active" || snapshot.status === undefined ? "" : ` (${snapshot.status})`;
    world.note(own.path, `${type}${state}${status}`);
  };

  let isQuiet = false;
  const next = (event: InspectionEvent): void => {
    world.inspected?.(event);
    const { actorRef } = event;
    if (!isQuiet) {
      isQuiet = true;
      replaceLogger((actorRef as AnyActorRef).system, log);
    }
    if (event.type === "@xstate.actor") {
      const { path } = watch(actorRef as AnyActorRef);
      if (rules.length > 0 && parentOf(actorRef as AnyActorRef)) {
        const tapped = actorRef as unknown as { logic: AnyActorLogic };
        tapped.logic = tap(path, tapped.logic);
      }
    } else if (event.type === "@xstate.snapshot")
      seeSnapshot(actorRef as AnyActorRef, event.event.type, event.snapshot as object);
  };

  return {
    next,
    start<L extends AnyActorLogic>(logic: L, options: Partial<ActorOptions<L>>): { actor: Actor<L>; stop: () => void } {
      const { inspect, ...rest } = options;
      const logger = rest.logger ?? log;
      const actor = createActor(logic, {
        clock: world.clock,
        id: "app",
        ...rest,
        logger,
        inspect: next,
      } as never) as Actor<L>;
      if (typeof inspect === "function") actor.system.inspect({ next: inspect });
      else if (inspect) actor.system.inspect(inspect as never);
      actor.subscribe({ error: (error) => world.note(actor.id, `ended with an error: ${String(error)}`) });
      actor.start();
      return { actor, stop: () => void actor.stop() };
    },
  };
}

const isActorRule = (one: LiveRule<FaultRule>): one is LiveRule<ActorRule> => one.rule.target === "actor";

/** `a.b.c` for `{ a: { b: "c" } }`. */
const stateText = (value: unknown): string => leaves(value).join(" & ");

const leaves = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => {
        const below = leaves(inner);
        return below.length === 0 ? [key] : below.map((leaf) => `${key}.${leaf}`);
      })
    : [String(value)];

const known = new Map<string, readonly string[]>();

/** The states that a value is in, outer ones too. A chart has few, and they are asked for at every event. */
function placesOf(chart: string, text: string): readonly string[] {
  const key = `${chart}.${text}`;
  const before = known.get(key);
  if (before) return before;
  const found = new Set<string>();
  for (const leaf of text.split(" & ")) {
    let place = chart;
    for (const key of leaf.split(".")) {
      place = `${place}.${key}`;
      found.add(place);
    }
  }
  const places = [...found];
  known.set(key, places);
  return places;
}
