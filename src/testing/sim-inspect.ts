import {
  type Actor,
  type ActorOptions,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type InspectionEvent,
} from "xstate";
import { tapActors } from "#src/app/fault-actors";
import { listenDirectly, parentOf, replaceLogger } from "#src/xstate-internals";
import type { ActorRule, FaultRule, LiveRule } from "./fault-schedule.ts";
import type { Scene } from "./scene.ts";
import type { Chart, Place } from "./sim-coverage.ts";

interface Watched {
  readonly path: string;
  readonly chart: string | undefined;
  state: string | undefined;
  /** Where it is in its chart. */
  place: Place | undefined;
}

const logicOf = (actor: AnyActorRef): unknown => (actor as { logic?: unknown }).logic;

/** Writes down what the actors of a tree do, counts what of their charts is covered, and has their events meet faults. */
export function inspectorOf(
  world: Scene,
  rules: readonly LiveRule<FaultRule>[] = [],
  isTraced = true,
  each: ((event: InspectionEvent) => void) | undefined = undefined,
) {
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
    if (chart !== undefined && config) coverage.chart(config, chart);
    const found: Watched = { path, chart, state: undefined, place: undefined };
    watched.set(actor, found);
    return found;
  };

  const seeSnapshot = (actor: AnyActorRef, type: string, snapshot: { value?: unknown; status?: string }): void => {
    const own = watched.get(actor) ?? watch(actor);
    const before = own.state;
    const { value } = snapshot;
    own.state = value === undefined || typeof value === "string" ? value : stateText(value);
    if (own.chart !== undefined && own.state !== undefined) {
      if (own.place) own.place.told.set(type, (own.place.told.get(type) ?? 0) + 1);
      if (before !== own.state) {
        own.place = coverage.place(own.chart, own.state);
        own.place.entered += 1;
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
    each?.(event);
    const { actorRef } = event;
    if (!isQuiet) {
      isQuiet = true;
      const { system } = actorRef as AnyActorRef;
      replaceLogger(system, log);
      if (!world.inspected) listenDirectly(system, next);
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
