import { type Backend, backendOf } from "#src/backends/backend";
import type { Executor } from "#src/execute/executor";
import { wrapExecutor } from "#src/execute/wrap-executor";
import type { Clock } from "#src/kernel/clock";
import type { RunStore } from "#src/store/store";
import { wrapStore } from "#src/store/wrap-store";
import type { World } from "./simulate.ts";
import type { ProcessTime } from "./virtual-time.ts";

/** What a killed process waits for. Each time another one: a promise keeps everything that waits for it. */
const never = (): Promise<never> => new Promise(() => {});

/** How long things take at most, in virtual milliseconds; each time is drawn below that. */
export interface Durations {
  readonly attemptMs: number;
  readonly modelCallMs: number;
  readonly commitMs: number;
}

/**
 * The edges of one simulated process: what it does to the world takes time, is counted, and has no effect any more once the process is killed.
 * Only what the store has committed outlives it.
 */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly killed: Promise<"killed">;
  isDead = false;
  readonly #world: World;
  readonly #durations: Durations;
  readonly #time: ProcessTime;
  readonly #each: (edge: Edge) => void;
  #sayKilled: (word: "killed") => void = () => {};

  /** @param each called at every edge; it may kill the process there */
  constructor(world: World, durations: Durations, each: (edge: Edge) => void) {
    this.#time = world.process();
    this.clock = this.#time.clock;
    this.#world = world;
    this.#durations = durations;
    this.#each = each;
    this.killed = new Promise((resolve) => {
      this.#sayKilled = resolve;
    });
  }

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#time.kill();
    this.#sayKilled("killed");
  }

  /** Milliseconds of the timers that the process has set and that have not fired. */
  get pending(): readonly number[] {
    return this.#time.pending();
  }

  executor(inner: Executor): Executor {
    return {
      ...wrapExecutor(inner, (task, attempt, late) => {
        if (!this.isDead) this.#each("attempt");
        if (this.isDead) return { result: never(), cancel: () => {} };
        const running = inner.run(task, attempt, late);
        const result = running.result.then(async (ended) => {
          await this.#takes("how long an attempt takes", this.#durations.attemptMs);
          return this.isDead ? never() : ended;
        });
        return { result, cancel: () => running.cancel() };
      }),
    };
  }

  backend(inner: Backend): Backend {
    return {
      ...backendOf(inner.name, async (messages, config, context) => {
        await this.#takes("how long a model call takes", this.#durations.modelCallMs);
        return this.isDead ? never() : inner.generate(messages, config, context);
      }),
    };
  }

  /** A store whose writes are edges, before and after the commit. */
  store(inner: RunStore): RunStore {
    const write = <Args extends unknown[], T>(commit: (...args: Args) => T) => {
      return (...args: Args): T => {
        if (this.isDead) return never() as T;
        this.#each("before a commit");
        if (this.isDead) return never() as T;
        const answer = commit(...args);
        this.#each("after a commit");
        return this.isDead ? (never() as T) : answer;
      };
    };
    const read = <Args extends unknown[], T>(ask: (...args: Args) => T) => {
      return (...args: Args): T => (this.isDead ? (never() as T) : ask(...args));
    };
    const edges: Record<string, unknown> = {};
    const edge = (names: readonly Edged[], around: typeof write): void => {
      for (const name of names) {
        const ask = inner[name] as ((...args: unknown[]) => unknown) | undefined;
        if (ask) edges[name] = around(ask.bind(inner));
      }
    };
    edge(WRITES, write);
    edge(READS, read);
    const { entries } = inner;
    return wrapStore(inner, {
      ...edges,
      location: "the simulated disk", // a folder of its own has another name in every simulation, and sentences tell it
      append: write((outcomes) => {
        const added = inner.append(outcomes);
        const ms = this.#draw("how long a commit takes", this.#durations.commitMs);
        return ms === 0 ? added : this.#after(ms).then(() => (this.isDead ? never() : added));
      }),
      ...(entries && {
        entries: {
          lists: () => entries.lists(),
          all: (list) => entries.all(list),
          one: (list, number) => entries.one(list, number),
          add: write((list, added) => entries.add(list, added)),
          write: write((changes) => entries.write(changes)),
        },
      }),
    });
  }

  #draw(label: string, most: number): number {
    return most > 0 ? this.#world.int(label, most + 1) : 0;
  }

  async #takes(label: string, most: number): Promise<void> {
    const ms = this.#draw(label, most);
    if (ms > 0) await this.#after(ms);
  }

  /** Of the world, and not of the process: it is not the process that waits. */
  #after(ms: number): Promise<void> {
    return this.#world.sleep(ms);
  }
}

type Edged = Exclude<keyof RunStore, "location" | "entries">;
const WRITES: readonly Edged[] = [
  "putManifest",
  "putItems",
  "putAnswers",
  "reserve",
  "settle",
  "abandon",
  "lose",
  "closeReservations",
  "forget",
  "replan",
  "putSession",
];
const READS: readonly Edged[] = ["manifest", "summary", "sessions", "close"];

/** Where a process meets the world. */
export type Edge = "attempt" | "before a commit" | "after a commit";
